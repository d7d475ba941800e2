"""Clips as models and servers take them."""

from __future__ import annotations

import base64
import io
import logging
from pathlib import Path
from typing import TYPE_CHECKING

from audiorouter.clips import Clip

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_log = logging.getLogger(__name__)

SAMPLE_RATE = 16_000
"""Hz; with one channel of 16 bits, what every server is known to take."""


def wav_base64(path: Path, *, longest: float | None = None) -> str:
    """The clip as WAV in base64; only its first `longest` seconds, if that is given.

    Raises:
        ClipError: it cannot be decoded.
    """
    audio = cut(path, Clip(path).mono(SAMPLE_RATE), SAMPLE_RATE, longest)
    return as_wav(audio, SAMPLE_RATE, subtype="PCM_16")


def as_wav(audio: NDArray[np.float32], rate: int, *, subtype: str) -> str:
    """Samples `(samples,)` as WAV in base64; `subtype` is libsndfile's: PCM_16, FLOAT."""
    import soundfile

    stream = io.BytesIO()
    soundfile.write(stream, audio, rate, format="WAV", subtype=subtype)
    return base64.b64encode(stream.getvalue()).decode("ascii")


def cut(
    path: Path, audio: NDArray[np.float32], rate: int, longest: float | None
) -> NDArray[np.float32]:
    """The first `longest` seconds of a clip `(samples,)`, with a warning where that loses any."""
    if longest is None or len(audio) <= longest * rate:
        return audio
    _log.warning(
        "%s: %.0f s long; the model hears the first %.0f s", path, len(audio) / rate, longest
    )
    return audio[: int(longest * rate)]
