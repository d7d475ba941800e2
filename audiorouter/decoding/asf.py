"""How long a WMA or other ASF file says it is: FFmpeg tells by its bytes how long it could be."""

from __future__ import annotations

import struct
from pathlib import Path

_HEADER = 65_536
_PROPERTIES = bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365")
"""The file properties object; Microsoft, "Advanced Systems Format Specification", 3.2."""
_FIELDS = struct.Struct("<16sQ16xQ8xQQQQ")


def claimed(path: Path) -> float | None:
    """Seconds by its header, None where that does not say it."""
    try:
        with path.open("rb") as file:
            header = file.read(_HEADER)
    except OSError:
        return None
    place = header.find(_PROPERTIES)
    if place < 0 or len(header) < place + _FIELDS.size:
        return None
    *_, played, _sent, preroll = _FIELDS.unpack_from(header, place)
    seconds = played / 1e7 - preroll / 1e3
    return seconds if seconds > 0 else None
