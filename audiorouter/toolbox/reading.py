"""Clips for models: decoded in worker processes, and handed over to other threads ready-made."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from audiorouter.clips import Clip, ClipFacts, FileStamp
from audiorouter.decoding import Samples
from audiorouter.errors import ClipError
from audiorouter.toolbox.pool import WorkerPool

if TYPE_CHECKING:
    from audiorouter.decoding.samples import FloatArray

Read = Callable[[int | None, float | None, float], Samples]
"""Gives the samples of a clip: mono at a rate (Hz) or all channels as they are; of so many seconds
or to its end; from a time (s) on."""


@dataclass(frozen=True)
class ReadClip(Clip):
    """A clip that is decoded elsewhere; what is known of it needs no decoding."""

    known: ClipFacts = field(kw_only=True)
    read: Read = field(kw_only=True, repr=False, compare=False)
    first: float = field(default=0.0, kw_only=True)
    """Seconds of the file at which it begins, where it is a part of it."""
    last: float | None = field(default=None, kw_only=True)
    """Those at which it ends."""

    @cached_property
    def samples(self) -> Samples:
        """Decoded audio, `(channels, samples)` float32, which cannot be written to."""
        return self.read(None, self._seconds(None), self.first)

    def mono(self, rate: int, *, longest: float | None = None) -> FloatArray:
        """As `Clip.mono`; no more than is asked for comes over."""
        return self.shared(
            f"mono {rate}",
            lambda: self.read(rate, self._seconds(longest), self.first).audio[0],
            of=longest,
        )

    def part(self, start: float, end: float) -> Clip:
        """The stretch from `start` to `end` (s), of which no more than that comes over.

        Raises:
            ClipError: nothing of the clip lies in it.
        """
        start, end = max(0.0, start), min(end, self.duration)
        if start >= end:
            raise ClipError(f"{self.path}: nothing lies from {start:g} to {end:g} s")
        known = replace(self.known, duration=end - start)
        return replace(self, known=known, first=self.first + start, last=self.first + end)

    def _seconds(self, longest: float | None) -> float | None:
        """Seconds that come over; None is all."""
        if self.last is None:
            return longest
        whole = self.last - self.first
        return whole if longest is None else min(longest, whole)

    @property
    def facts(self) -> ClipFacts:
        """Hashes, length, rate, channels and levels."""
        return self.known

    @property
    def audio_hash(self) -> str:
        """Hash of the decoded audio."""
        return self.known.audio_hash

    @property
    def sample_rate(self) -> int:
        """Rate of the file, Hz."""
        return self.known.sample_rate

    @property
    def duration(self) -> float:
        """Length in seconds."""
        return self.known.duration

    @property
    def remark(self) -> str | None:
        """What a user should know of how the file was heard, None where nothing is."""
        return self.known.remark


class ClipReader:
    """Opens clips that workers decode, within `timeout` s each.

    A worker of the `tools` that is idle does it: the last one is likely to have the clip. One that
    is not is never waited for, since who has it may be waiting for the reasoner; then one of its
    `own` does.
    """

    def __init__(self, *, tools: WorkerPool, own: WorkerPool, timeout: float):
        self._tools = tools
        self._own = own
        self._timeout = timeout

    def opens(self, path: Path, facts: ClipFacts, stamp: FileStamp | None) -> Callable[[], Clip]:
        """What opens the clip, on any thread but that of the event loop that this is called on.

        With the `stamp` that the file bore when its facts were taken, a changed one is refused.
        """
        loop = asyncio.get_running_loop()

        def read(rate: int | None, longest: float | None, start: float) -> Samples:
            reading = self._read(path, stamp, rate, longest, start)
            try:
                return asyncio.run_coroutine_threadsafe(reading, loop).result()
            except RuntimeError:
                reading.close()
                raise ClipError(f"{path}: it was wanted after its batch had ended") from None

        return lambda: ReadClip(path, known=facts, read=read)

    async def _read(
        self,
        path: Path,
        stamp: FileStamp | None,
        rate: int | None,
        longest: float | None,
        start: float,
    ) -> Samples:
        pool, worker = self._tools, self._tools.take_idle()
        if worker is None:
            pool, worker = self._own, await self._own.take()
        try:
            return await worker.read(path, stamp, rate, longest, self._timeout, start=start)
        finally:
            pool.give_back(worker)

    async def close(self) -> None:
        """Stop its own workers, in the middle of a clip if need be."""
        await self._own.close()
