"""Work on one clip: its facts, and calls on it, one after the other or side by side."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from audiorouter.clips import Clip, ClipFacts, FileStamp
from audiorouter.toolbox.interface import ToolCall
from audiorouter.toolbox.isolation import IsolatedWorker
from audiorouter.toolbox.results import CallResult, Counters

if TYPE_CHECKING:
    from audiorouter.toolbox.toolbox import Toolbox


class ClipSession:
    """Work on one clip; see `Toolbox.session`."""

    def __init__(self, toolbox: Toolbox, path: Path, counters: Counters):
        self.path = path
        self.counters = counters
        self.stamp: FileStamp | None = None
        """What the file bore when its facts were taken; findings are about that file."""
        self._toolbox = toolbox
        self._worker: IsolatedWorker | None = None
        self._taking = asyncio.Lock()

    async def facts(self) -> ClipFacts:
        """What the clip is; decoded only where the store does not know the file as it is.

        Raises:
            ClipError: it cannot be read or decoded.
        """
        self.stamp = stamp = FileStamp.of(self.path)
        known = await self._toolbox.known_clip(self.path, stamp)
        if known is not None:
            return known
        worker = await self.worker()
        # It may have been long until one was free, and others may work by the same store.
        known = await self._toolbox.known_clip(self.path, stamp)
        if known is not None:
            return known
        self.counters.begin()
        facts = await self._toolbox.decode(worker, self.path, stamp)
        self.counters.clips_decoded += 1
        return facts

    async def run(
        self,
        facts: ClipFacts,
        calls: Sequence[ToolCall],
        *,
        meanwhile: Callable[[], None] = lambda: None,
    ) -> dict[ToolCall, CallResult]:
        """What the (normalised) calls find on this clip; a failed call is a result as well.

        Where a worker has to run one `meanwhile` is called before.
        """
        wanted = list(dict.fromkeys(calls))
        results = await self._toolbox.stored_together(facts, wanted)
        self.counters.calls_cached += len(results)
        missing = [call for call in wanted if call not in results]
        if not missing:
            return results
        if any(self._toolbox.missing(call.tool) is None for call in missing):
            meanwhile()
        first, *others = self._toolbox.side_by_side(missing, facts)
        self.counters.waiting.update(call.tool for call in missing)
        done = await asyncio.gather(
            self._compute(facts, first),
            *(self._aside(facts, group) for group in others),
            return_exceptions=True,
        )
        for computed in done:
            if isinstance(computed, BaseException):
                raise computed
            results |= computed
        return results

    async def _compute(
        self, facts: ClipFacts, calls: Sequence[ToolCall], worker: IsolatedWorker | None = None
    ) -> dict[ToolCall, CallResult]:
        """Run calls one after the other, by the session's worker or another one."""
        waiting, results = self.counters.waiting, dict[ToolCall, CallResult]()
        for position, call in enumerate(calls):
            try:
                self.counters.begin()
                results[call] = await self._toolbox.compute(self, facts, call, worker)
            except BaseException:
                waiting.subtract(call.tool for call in calls[position:])
                raise
            waiting[call.tool] -= 1
        return results

    async def _aside(
        self, facts: ClipFacts, calls: Sequence[ToolCall]
    ) -> dict[ToolCall, CallResult]:
        """Run calls beside the session's own, where a worker is to be had for them at once."""
        await self.worker()  # the session's own comes first
        worker = self._toolbox.take_spare()
        if worker is None:
            return await self._compute(facts, calls)
        self.counters.busy_workers += 1
        try:
            return await self._compute(facts, calls, worker)
        finally:
            self._toolbox.give_back(worker)
            self.counters.busy_workers -= 1

    async def worker(self) -> IsolatedWorker:
        """Its worker. Questions of one clip may ask for it at once; it takes one only."""
        async with self._taking:
            if self._worker is None:
                self._worker = await self._toolbox.take_worker()
                self.counters.busy_workers += 1
            return self._worker

    def opens(self, facts: ClipFacts) -> Callable[[], Clip]:
        """What opens the clip for a reasoner, on its own thread: decoded in a worker process."""
        return self._toolbox.reader.opens(self.path, facts, self.stamp)

    def release(self) -> None:
        """Give the worker back, if one was taken."""
        if self._worker is not None:
            self._toolbox.give_back(self._worker)
            self.counters.busy_workers -= 1
            self._worker = None
