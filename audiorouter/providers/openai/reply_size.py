"""How much a server may say: a reply without end must not fill the memory."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

MAX_REPLY = 16 << 20
"""Bytes."""


class ReplyTooLargeError(ValueError):
    """The server said more than any answer needs."""


async def bounded(response: Any) -> None:
    """Event hook of the SDK's HTTP client: stop reading a body that grows beyond `MAX_REPLY`.

    Releases of the SDK are made of different HTTP libraries, whose responses look alike.
    """
    stream = response.stream

    class Bounded(type(stream)):  # type: ignore[misc]
        """The stream of the response, which ends where it has said too much."""

        def __init__(self) -> None:
            return

        async def __aiter__(self) -> AsyncIterator[bytes]:
            size = 0
            async for part in stream:
                size += len(part)
                if size > MAX_REPLY:
                    raise ReplyTooLargeError(f"a reply of more than {MAX_REPLY >> 20} MiB")
                yield part

        async def aclose(self) -> None:
            await stream.aclose()

    response.stream = Bounded()
