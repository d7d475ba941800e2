"""How many bytes of clips may be on their way at once: memory is not to end before patience."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

MOST_UNDER_WAY = 512 << 20
"""Bytes of encoded clips. A request holds up to three copies: the clip, its body, and what is being
sent of it."""


class Room:
    """`most` bytes for whoever sends a clip; one that is larger goes alone.

    Use it within one event loop.
    """

    def __init__(self, most: int = MOST_UNDER_WAY):
        self._most = most
        self._used = 0
        self._turn = asyncio.Lock()
        self._freed = asyncio.Condition()

    @asynccontextmanager
    async def of(self, size: int) -> AsyncIterator[None]:
        """Room for `size` bytes, waited for if need be."""
        # One after the other, so that a large clip is not passed by small ones for ever.
        async with self._turn, self._freed:
            await self._freed.wait_for(lambda: not self._used or self._used + size <= self._most)
            self._used += size
        try:
            yield
        finally:
            async with self._freed:
                self._used -= size
                self._freed.notify_all()
