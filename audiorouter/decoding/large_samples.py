"""Samples that may be more than memory should hold: on disk from a size on, and read as an array.

What is small is an ordinary array. What is large goes into a file without a name, which the system
removes when the process ends however it ends, and is an array over that file: whoever slices it
reads from disk, and `forget` gives the memory back.
"""

from __future__ import annotations

import mmap
import tempfile
from collections.abc import Iterator
from typing import IO, TYPE_CHECKING, Any

from audiorouter.errors import ClipError
from audiorouter.machine.paths import scratch_folder

if TYPE_CHECKING:
    from audiorouter.decoding.samples import FloatArray

IN_MEMORY = 256 << 20
"""Bytes of samples that are held in memory: 70 minutes of 16 kHz mono, 11 of 48 kHz stereo."""
BLOCK = 1 << 20
"""Samples of a channel that are worked on at once."""


def fits(size: int) -> bool:
    """Whether so many bytes of samples are held in memory."""
    return size <= IN_MEMORY


class NoRoomError(ClipError):
    """The disk has no room for what is decoded."""


class GrowingSamples:
    """Takes blocks of samples one after the other, and gives them as one array."""

    def __init__(self) -> None:
        self._blocks: list[FloatArray] = []
        self._file: IO[bytes] | None = None
        self.bytes = 0
        """What was taken so far."""

    def add(self, block: FloatArray) -> None:
        """Take the next samples, float32 `(channels, samples)`.

        Raises:
            NoRoomError: they do not fit on the disk.
        """
        self._blocks.append(block)
        self.bytes += block.nbytes
        if fits(self.bytes):
            return
        try:
            if self._file is None:
                self._file = tempfile.TemporaryFile(  # noqa: SIM115 - closed by finish
                    dir=scratch_folder()
                )
            self._write()
        except OSError as error:
            raise NoRoomError(
                f"there is no room for its {self.bytes >> 20} MiB of samples in "
                f"{scratch_folder()} ({error.strerror}): set TMPDIR to a folder with more"
            ) from None

    def finish(self) -> FloatArray | None:
        """All of it, `(channels, samples)`, which may lie on disk; None where nothing was taken."""
        import numpy as np

        if self._file is None:
            blocks, self._blocks = self._blocks, []
            return np.concatenate(blocks, axis=1) if blocks else None
        channels = self._channels
        with self._file as file:
            file.flush()
            held = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self._file = None
        # Frame by frame, as they came: how many there would be was not known.
        return np.frombuffer(held, np.float32).reshape(-1, channels).T

    def _write(self) -> None:
        assert self._file is not None
        for block in self._blocks:
            self._channels = len(block)
            self._file.write(block.T.tobytes())
        self._blocks.clear()


def in_blocks(audio: FloatArray, length: int = BLOCK) -> Iterator[FloatArray]:
    """Stretches of `(…, samples)` of so many samples, in turn; none of them stays in memory."""
    for start in range(0, audio.shape[-1], length):
        yield audio[..., start : start + length]
        forget(audio)


def copied(audio: FloatArray) -> FloatArray:
    """A copy in memory, channel by channel."""
    import numpy as np

    copy = np.array(audio, order="C")
    forget(audio)
    return copy


def on_disk(audio: FloatArray) -> bool:
    """Whether an array lies on disk."""
    return _mapping(audio) is not None


def forget(audio: FloatArray) -> None:
    """Let go of the memory that an array on disk takes; it is read anew where it is needed."""
    if (held := _mapping(audio)) is not None:
        held.madvise(mmap.MADV_DONTNEED)


def _mapping(audio: FloatArray) -> mmap.mmap | None:
    base: Any = audio
    while base is not None and not isinstance(base, mmap.mmap):
        base = base.obj if isinstance(base, memoryview) else getattr(base, "base", None)
    return base
