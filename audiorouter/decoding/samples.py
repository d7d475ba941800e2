"""What a reader gives."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from audiorouter.errors import ClipError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float32]

MAX_DECODED_BYTES = 4 << 30
"""Largest decoded clip: 4 GiB of float32, which is over three hours of 44.1 kHz stereo."""

LOWEST_RATE, HIGHEST_RATE = 500, 3_072_000
"""Hz. Recorders of infrasound, ultrasound and DSD lie between; a header beyond them is damaged, and
would have a small file resampled to thousands of times its size, or to next to nothing."""


class Samples(NamedTuple):
    """Decoded audio: `audio` is float32 `(channels, samples)`, `sample_rate` is in Hz."""

    audio: FloatArray
    sample_rate: int


class Reading(NamedTuple):
    """What one reader makes of a file."""

    samples: Samples
    claimed: float | None = None
    """Seconds that the file lasts by what is written in it, None where nothing is."""
    lost: float = 0.0
    """Seconds in which it is damaged, about, and which are left out."""
    cut: bool = False
    """Whether it ends in the midst of something."""
    compressed: bool = False
    """Whether its length is not simply that of its bytes."""
    track: int = 0
    """Which of the tracks of sound it is."""
    tracks: int = 1
    """How many there are."""

    @property
    def length(self) -> int:
        """Samples of a channel."""
        return int(self.samples.audio.shape[1])

    @property
    def seconds(self) -> float:
        """Length of what was decoded."""
        return self.length / self.samples.sample_rate


class UnreadableError(ClipError):
    """A reader can make nothing of a file.

    `known` says why where the reader knows that kind of file, and so knows better than another one.
    """

    def __init__(self, message: str, *, known: str | None = None):
        super().__init__(message)
        self.known = known


def check_rate(rate: float) -> None:
    """Make sure that sound can have been sampled at `rate` Hz.

    Raises:
        UnreadableError: it cannot.
    """
    if not LOWEST_RATE <= rate <= HIGHEST_RATE:
        why = f"{rate} Hz is no sample rate of sound: its header is damaged"
        raise UnreadableError(why, known=why)


class TooLongError(ClipError):
    """A file is longer than can be decoded at once."""

    def __init__(self, path: Path, hours: float, channels: int):
        super().__init__(
            f"{path}: {hours:.1f} h of {channels}-channel audio is too long "
            f"to decode at once (over {MAX_DECODED_BYTES >> 30} GiB); cut it into parts"
        )
