"""A pool of workers: each is with one caller at a time, who has it until it is given back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from audiorouter.toolbox.isolation import IsolatedWorker


class WorkerPool:
    """Up to `most` workers, made by `make` when there is something to do.

    Use it within one event loop, and close it: from then on nobody is given a worker.
    """

    def __init__(self, most: int, make: Callable[[], IsolatedWorker]):
        self._most = most
        self._make = make
        self._workers: list[IsolatedWorker] = []
        self._free: asyncio.LifoQueue[IsolatedWorker | None] = asyncio.LifoQueue()
        """None tells who waits that the pool is closed."""
        self._closed = False

    async def take(self) -> IsolatedWorker:
        """A free worker; a new one while there are fewer than allowed.

        Raises:
            RuntimeError: the pool is closed, or was while a worker was waited for.
        """
        if not self._closed and self._free.empty() and len(self._workers) < self._most:
            self._workers.append(self._make())
            return self._workers[-1]
        if self._closed or (worker := await self._free.get()) is None:
            self._free.put_nowait(None)  # for the next who waits
            raise RuntimeError("the pool of workers is closed")
        return worker

    def take_idle(self) -> IsolatedWorker | None:
        """A worker that nobody has, None where there is none to be had at once."""
        return None if self._closed or self._free.empty() else self._free.get_nowait()

    def take_spare(self) -> IsolatedWorker | None:
        """An idle worker, or a new one while there are fewer than allowed; None without either."""
        if (idle := self.take_idle()) is not None or self._closed:
            return idle
        if len(self._workers) >= self._most:
            return None
        self._workers.append(self._make())
        return self._workers[-1]

    def give_back(self, worker: IsolatedWorker) -> None:
        """Let another caller have the worker."""
        if not self._closed:
            self._free.put_nowait(worker)

    async def close(self) -> None:
        """Stop all workers, in the middle of a call if need be."""
        self._closed = True
        self._free.put_nowait(None)
        workers, self._workers = self._workers, []
        await asyncio.gather(*(worker.close() for worker in workers))
