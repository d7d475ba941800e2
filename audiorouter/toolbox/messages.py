"""How host and worker talk: orders and replies of known length over a socket.

Orders are pickled, since they hold tools and come from the host. Replies are JSON, since whatever
a tool has done to its process must not be unpickled in the host.
"""

from __future__ import annotations

import json
import pickle
import struct
from typing import Any, BinaryIO

MAX_REPLY = 64 << 20
"""Bytes of a reply; a worker that says more is stopped."""

_LENGTH = struct.Struct(">Q")
HEADER = _LENGTH.size


def order(name: str, *arguments: Any) -> bytes:
    """An order as it is sent: `name` is that of a method of `audiorouter.toolbox.worker.Worker`."""
    return _framed(pickle.dumps((name, arguments)))


def reply(value: Any) -> bytes:
    """A reply as it is sent."""
    return _framed(json.dumps(value, ensure_ascii=False).encode())


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


def _framed(body: bytes) -> bytes:
    return _LENGTH.pack(len(body)) + body
