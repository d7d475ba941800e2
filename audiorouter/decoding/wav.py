"""What the chunks of a WAV file say; recorders that crash leave them unfinished."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import BinaryIO, NamedTuple

_CHUNK_HEADER = 8
_UNKNOWN = 0x7FFF_0000
"""Sizes from here on are written by programs that do not know yet how much they will write."""


class _Data(NamedTuple):
    byte_rate: int
    """Bytes a second; 0 where no chunk says it."""
    size: int
    """Bytes of samples, by the header."""
    trailing: bytes
    """What comes after them, its first kilobytes."""


def claimed(path: Path) -> float | None:
    """Seconds that a WAV file lasts by its header; None for other files, and where it is open."""
    data = _data(path)
    if data is None or not data.byte_rate or not 0 < data.size < _UNKNOWN:
        return None
    return data.size / data.byte_rate


def is_empty(path: Path) -> bool:
    """Whether it is a WAV file without samples, and not one whose recorder crashed: after the
    header comes nothing, or another chunk."""
    data = _data(path)
    if data is None or data.size:
        return False
    return not data.trailing or _is_chunk(data.trailing)


def is_followed(path: Path) -> bool:
    """Whether another WAV file was joined on."""
    data = _data(path)
    if data is None:
        return False
    return data.trailing.startswith(b"RIFF") and data.trailing[8:].startswith(b"WAVE")


def goes_on(path: Path) -> bool:
    """Whether samples go on after those that its header counts: what follows is no chunk."""
    data = _data(path)
    if data is None or not data.size or len(data.trailing) < _CHUNK_HEADER:
        return False
    padded = data.trailing[data.size % 2 :]
    return not _is_chunk(data.trailing) and not _is_chunk(padded) and not is_followed(path)


def has_more(path: Path) -> bool:
    """Whether a second chunk of samples follows, which nobody reads."""
    data = _data(path)
    return data is not None and data.trailing[data.size % 2 :].startswith(b"data")


def _is_chunk(start: bytes) -> bool:
    """Whether it begins as a chunk does: a name of four letters, and a size that is no text."""
    if len(start) < 8:
        return not start.strip(b"\0")
    name, size = struct.unpack("<4sI", start[:8])
    named = all(0x20 <= byte < 0x7F for byte in name)
    return named and int(size) < 1 << 24


def _data(path: Path) -> _Data | None:
    try:
        with path.open("rb") as file:
            return _find_data(file)
    except (OSError, struct.error):
        return None


def _find_data(file: BinaryIO) -> _Data | None:
    riff, _, kind = struct.unpack("<4sI4s", file.read(12))
    if riff != b"RIFF" or kind != b"WAVE":
        return None
    byte_rate = 0
    while True:
        name, size = struct.unpack("<4sI", file.read(8))
        if name == b"data":
            file.seek(size, 1)
            return _Data(byte_rate, size, file.read(4096))
        start = file.tell()
        if name == b"fmt ":
            (byte_rate,) = struct.unpack("<8xI", file.read(12))
        file.seek(start + size + size % 2)
