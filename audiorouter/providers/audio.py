"""Clips as models and servers take them."""

from __future__ import annotations

import base64
import io
import logging
from collections import OrderedDict
from typing import TYPE_CHECKING, Generic, TypeVar

from audiorouter.clips import Clip
from audiorouter.errors import ClipError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

T = TypeVar("T")
_log = logging.getLogger(__name__)

MOST_KEPT = 256 << 20
"""Bytes of clips that a reasoner keeps, since questions about one clip follow each other."""
SAMPLE_RATE = 16_000
"""Hz; with one channel of 16 bits, what every server is known to take."""
MOST_HEARD = 256 << 20
"""Bytes of float32 samples that a model gets at once: 70 minutes at 16 kHz."""


def wav_base64(clip: Clip, *, longest: float | None = None) -> str:
    """The clip as WAV in base64; only its first `longest` seconds, if that is given.

    Raises:
        ClipError: it cannot be decoded, or is too long.
    """
    return as_wav(heard(clip, SAMPLE_RATE, longest), SAMPLE_RATE, subtype="PCM_16")


def wav_base64_bytes(clip: Clip, *, longest: float | None = None) -> int:
    """How many bytes `wav_base64` gives, about, without encoding it."""
    seconds = clip.duration if longest is None else min(longest, clip.duration)
    return round(seconds * SAMPLE_RATE * 2 * 4 / 3)


def as_wav(audio: NDArray[np.float32], rate: int, *, subtype: str) -> str:
    """Samples `(samples,)` as WAV in base64; `subtype` is libsndfile's: PCM_16, FLOAT."""
    import numpy as np
    import soundfile

    # Integers clip: what lies beyond full scale would be bent into something else.
    if subtype.startswith("PCM") and (peak := float(np.max(np.abs(audio), initial=0.0))) > 1.0:
        audio = audio / np.float32(peak)
    stream = io.BytesIO()
    soundfile.write(stream, audio, rate, format="WAV", subtype=subtype)
    return base64.b64encode(stream.getvalue()).decode("ascii")


def heard(clip: Clip, rate: int, longest: float | None) -> NDArray[np.float32]:
    """A clip as a model hears it: mono `(samples,)` at `rate` Hz, its first `longest` seconds if
    that is given, with a warning where that loses any.

    Raises:
        ClipError: it cannot be decoded, or that is more than a model is given at once.
    """
    seconds = clip.duration if longest is None else min(longest, clip.duration)
    if seconds * rate * 4 > MOST_HEARD:
        raise ClipError(
            f"{clip.path}: {seconds / 60:.0f} minutes are more than a model is given at once "
            f"({MOST_HEARD / 4 / rate / 60:.0f} at {rate} Hz); cut it into parts"
        )
    if seconds < clip.duration:
        _log.warning(
            "%s: %.0f s long; the model hears the first %.0f s", clip.path, clip.duration, seconds
        )
    return clip.mono(rate, longest=longest)


class ClipCache(Generic[T]):
    """What was made of the clips that were used last, by their hash, `most` bytes of it.

    The last one stays however large it is.
    """

    def __init__(self, most: int = MOST_KEPT):
        self._most = most
        self._held = 0
        self._kept: OrderedDict[str, tuple[T, int]] = OrderedDict()

    def get(self, audio_hash: str) -> T | None:
        """What was made of that clip, None where it is not kept."""
        clip = self._kept.get(audio_hash)
        if clip is None:
            return None
        self._kept.move_to_end(audio_hash)
        return clip[0]

    def add(self, audio_hash: str, value: T, size: int) -> None:
        """Keep what is `size` bytes large, and let go of what was not used for longest."""
        self._held += size - self._kept.pop(audio_hash, (value, 0))[1]
        self._kept[audio_hash] = value, size
        while self._held > self._most and len(self._kept) > 1:
            self._held -= self._kept.popitem(last=False)[1][1]

    def clear(self) -> None:
        """Let go of everything."""
        self._kept.clear()
        self._held = 0
