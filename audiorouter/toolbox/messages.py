"""How host and worker talk: orders and replies of known length over a socket.

Orders are pickled, since they hold tools and come from the host. Replies are JSON, since whatever
a tool has done to its process must not be unpickled in the host. Bytes may follow a reply, which
says how many in `attached`.
"""

from __future__ import annotations

import json
import pickle
import struct
from typing import Any, BinaryIO

from audiorouter.decoding import MAX_DECODED_BYTES

MAX_REPLY = 64 << 20
"""Bytes of a reply; a worker that says more is stopped."""
MAX_ATTACHED = MAX_DECODED_BYTES
"""Bytes that may follow a reply."""

_LENGTH = struct.Struct(">Q")
HEADER = _LENGTH.size


def order(name: str, *arguments: Any) -> bytes:
    """An order as it is sent: `name` is that of a method of `audiorouter.toolbox.worker.Worker`."""
    return _framed(pickle.dumps((name, arguments)))


def reply(value: dict[str, Any]) -> list[bytes | memoryview]:
    """A reply as it is sent, piece by piece; what it has `attached` is a view of bytes."""
    attached = value.get("attached")
    if attached is None:
        return [_framed(_json(value))]
    return [_framed(_json({**value, "attached": attached.nbytes})), attached]


def attached_bytes(reply: Any) -> int:
    """How many bytes follow a reply that was read.

    Raises:
        ValueError: that is no number of bytes, or more than may follow.
    """
    size = reply.get("attached", 0) if isinstance(reply, dict) else 0
    if type(size) is not int or not 0 <= size <= MAX_ATTACHED:
        raise ValueError(f"{size} bytes attached")
    return size


def length(header: bytes) -> int:
    """Bytes that follow a header."""
    return int(_LENGTH.unpack(header)[0])


def read_order(stream: BinaryIO) -> tuple[str, tuple[Any, ...]] | None:
    """The next order; None where the host has hung up."""
    header = stream.read(HEADER)
    if len(header) < HEADER:
        return None
    body = stream.read(length(header))
    name, arguments = pickle.loads(body)
    return name, arguments


def _json(value: dict[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def _framed(body: bytes) -> bytes:
    return _LENGTH.pack(len(body)) + body
