"""The body of a reply as it comes in: bounded, unpacked, and without the secrets that were sent.

A reply without end must not fill the memory, nor one that unpacks to a thousand times its size; and
what a server repeats of a request's headers must reach neither the store nor a message.
"""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any

from audiorouter.machine.secrets import blanked, blanked_bytes

MAX_REPLY = 16 << 20
"""Bytes, unpacked."""
_PACKED = ("gzip", "x-gzip", "deflate")
"""What some servers and proxies send although it was not asked for."""


class UnreadableReplyError(ValueError):
    """The server said more than any answer needs, or in a form that was not asked for."""


def reading(secrets: Sequence[str]) -> Callable[[Any], Awaitable[None]]:
    """Event hook of the SDK's HTTP client: what it reads of a body is bounded and holds no secret.

    Releases of the SDK are made of different HTTP libraries, whose responses look alike.
    """

    async def hook(response: Any) -> None:
        stream = response.stream
        packed = blanked(response.headers.get("content-encoding", "identity"), secrets)
        # It is unpacked here: the library would do so without a limit.
        response.headers.pop("content-encoding", None)

        class Whole(type(stream)):  # type: ignore[misc]
            """The stream of the response, read to its end before any of it is given."""

            def __init__(self) -> None:
                return

            async def __aiter__(self) -> AsyncIterator[bytes]:
                # In one piece: a secret may lie across two.
                yield blanked_bytes(await _read(stream, packed.strip().lower()), secrets)

            async def aclose(self) -> None:
                await stream.aclose()

        response.stream = Whole()

    return hook


async def _read(stream: Any, packed: str) -> bytes:
    if packed not in ("identity", "", *_PACKED):
        raise UnreadableReplyError(f"a reply that is packed as {packed[:40]!r}")
    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 32) if packed in _PACKED else None
    body = bytearray()
    async for part in stream:
        if unpacker is not None:
            try:
                part = unpacker.decompress(part, MAX_REPLY + 1 - len(body))
            except zlib.error as error:
                raise UnreadableReplyError(f"a reply that cannot be unpacked ({error})") from None
        body += part
        if len(body) > MAX_REPLY:
            raise UnreadableReplyError(f"a reply of more than {MAX_REPLY >> 20} MiB")
    return bytes(body)
