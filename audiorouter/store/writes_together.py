"""Keeping things in the store, those that are done at the same moment in one transaction."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from audiorouter.errors import StoreError

T = TypeVar("T")


class WritesTogether(Generic[T]):
    """Has `write` keep things, all of them or none; it is called once for those of everybody.

    One that cannot be kept costs the others nothing. Use it within one event loop.
    """

    def __init__(self, write: Callable[[Sequence[T]], None]):
        self._write = write
        self._waiting: list[tuple[T, asyncio.Future[None]]] = []

    async def put(self, item: T) -> None:
        """Keep it; who stops waiting has it kept all the same.

        Raises:
            StoreError: the store cannot be written, or cannot keep this.
        """
        loop = asyncio.get_running_loop()
        if not self._waiting:
            loop.call_soon(self._keep)  # once all that can run now has brought what it has
        kept: asyncio.Future[None] = loop.create_future()
        self._waiting.append((item, kept))
        await kept

    def _keep(self) -> None:
        waiting, self._waiting = self._waiting, []
        try:
            self._write([item for item, _ in waiting])
        except StoreError as error:
            if len(waiting) == 1:
                _tell(waiting[0][1], error)
                return
            for one in waiting:
                self._waiting = [one]
                self._keep()
        except Exception as error:  # noqa: BLE001 - a fault of ours, raised where somebody waits
            for _, kept in waiting:
                _tell(kept, error)
        else:
            for _, kept in waiting:
                _tell(kept)


def _tell(kept: asyncio.Future[None], problem: Exception | None = None) -> None:
    if kept.done():
        return  # who waited was told to stop
    if problem is None:
        kept.set_result(None)
    else:
        kept.set_exception(problem)
