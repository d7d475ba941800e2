"""A pool of workers: each is with one caller at a time, who has it until it is given back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from audiorouter.toolbox.isolation import IsolatedWorker


class WorkerPool:
    """Up to `most` workers, made by `make` when there is something to do.

    Use it within one event loop, and close it.
    """

    def __init__(self, most: int, make: Callable[[], IsolatedWorker]):
        self._most = most
        self._make = make
        self._workers: list[IsolatedWorker] = []
        self._free: asyncio.LifoQueue[IsolatedWorker] = asyncio.LifoQueue()

    async def take(self) -> IsolatedWorker:
        """A free worker; a new one while there are fewer than allowed."""
        if self._free.empty() and len(self._workers) < self._most:
            self._workers.append(self._make())
            return self._workers[-1]
        return await self._free.get()

    def take_idle(self) -> IsolatedWorker | None:
        """A worker that nobody has, None where there is none to be had at once."""
        return None if self._free.empty() else self._free.get_nowait()

    def take_spare(self) -> IsolatedWorker | None:
        """An idle worker, or a new one while there are fewer than allowed; None without either."""
        if (idle := self.take_idle()) is not None or len(self._workers) >= self._most:
            return idle
        self._workers.append(self._make())
        return self._workers[-1]

    def give_back(self, worker: IsolatedWorker) -> None:
        """Let another caller have the worker."""
        self._free.put_nowait(worker)

    async def close(self) -> None:
        """Stop all workers, in the middle of a call if need be."""
        workers, self._workers = self._workers, []
        await asyncio.gather(*(worker.close() for worker in workers))
