"""Looking things up in the store, those that are wanted at the same moment by one statement."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Generic, TypeVar

T = TypeVar("T")


class ReadsTogether(Generic[T]):
    """What `read` gives for keys; it is asked once for those of everybody who waits.

    Use it within one event loop.
    """

    def __init__(self, read: Callable[[Iterable[str]], Mapping[str, T]]):
        self._read = read
        self._waiting: list[tuple[Collection[str], asyncio.Future[Mapping[str, T]]]] = []

    async def get(self, keys: Collection[str]) -> Mapping[str, T]:
        """What there is under these keys; others may be among it.

        Raises:
            StoreError: the store cannot be read.
        """
        if not keys:
            return {}
        loop = asyncio.get_running_loop()
        if not self._waiting:
            loop.call_soon(self._look)  # once all that can run now has said what it wants
        found: asyncio.Future[Mapping[str, T]] = loop.create_future()
        self._waiting.append((keys, found))
        return await found

    def _look(self) -> None:
        waiting, self._waiting = self._waiting, []
        there: Mapping[str, T] = {}
        problem: Exception | None = None
        try:
            there = self._read(key for keys, _ in waiting for key in keys)
        except Exception as error:  # noqa: BLE001 - it is raised where somebody waits
            problem = error
        for _, future in waiting:
            if future.done():
                continue  # who waited was told to stop
            if problem is None:
                future.set_result(there)
            else:
                future.set_exception(problem)
