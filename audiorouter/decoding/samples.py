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


class TooLongError(ClipError):
    """A file is longer than can be decoded at once."""

    def __init__(self, path: Path, hours: float, channels: int):
        super().__init__(
            f"{path}: {hours:.1f} h of {channels}-channel audio is too long "
            f"to decode at once (over {MAX_DECODED_BYTES >> 30} GiB); cut it into parts"
        )
