"""How many requests may be on their way at once: found out, not configured.

Additive increase and multiplicative decrease after a slow start, as in TCP (Jacobson, "Congestion
Avoidance and Control", SIGCOMM 1988).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

START = 4
NARROWED = 0.7
"""What is left of the width; gentler than TCP's half, since servers also refuse at random."""


class AdaptiveLimit:
    """Lets in up to `width` requests; `width` follows what the server takes, `most` at most."""

    def __init__(self, most: int):
        self.most = most
        self.width = float(min(START, most))
        self._threshold = float(most)
        self._inside = 0
        self._resume_at = 0.0
        self._narrowed_at = 0.0
        self._free = asyncio.Condition()

    @asynccontextmanager
    async def place(self) -> AsyncIterator[float]:
        """Wait for a place, and for the end of a pause; gives the time of entry."""
        async with self._free:
            await self._free.wait_for(lambda: self._inside < int(self.width))
            self._inside += 1
        try:
            while (pause := self._resume_at - time.monotonic()) > 0:
                await asyncio.sleep(pause)
            yield time.monotonic()
        finally:
            async with self._free:
                self._inside -= 1
                # No more than may come in: hundreds may be waiting.
                self._free.notify(max(1, int(self.width) - self._inside))

    def succeeded(self) -> None:
        """Widen: twofold a round trip up to the last threshold, by one a round trip beyond."""
        step = 1.0 if self.width < self._threshold else 1.0 / self.width
        self.width = min(float(self.most), self.width + step)

    def refused(self, entered: float, retry_after: float | None) -> None:
        """Narrow, once for all the requests that were on their way together; pause if told to."""
        now = time.monotonic()
        if retry_after is not None:
            self._resume_at = max(self._resume_at, now + retry_after)
        if entered >= self._narrowed_at:
            self._threshold = self.width = max(1.0, self.width * NARROWED)
            self._narrowed_at = now
