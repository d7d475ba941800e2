"""Whether an Ogg file has its end: what was cut off cannot be told otherwise."""

from __future__ import annotations

import os
from pathlib import Path

_LARGEST_PAGE = 65_307
_HEADER = 27
_LAST = 4
"""Flag of a stream's last page."""


def has_end(path: Path) -> bool | None:
    """Whether the last page is whole and marked as the last; None for other files."""
    try:
        with path.open("rb") as file:
            if file.read(4) != b"OggS":
                return None
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - 2 * _LARGEST_PAGE))
            end = file.read()
    except OSError:
        return None
    page = end.rfind(b"OggS")
    while page >= 0:
        header = end[page : page + _HEADER]
        if len(header) == _HEADER and header[5] & _LAST:
            segments = end[page + _HEADER : page + _HEADER + header[26]]
            whole = page + _HEADER + header[26] + sum(segments) <= len(end)
            return whole and len(segments) == header[26]
        page = end.rfind(b"OggS", 0, page)
    return False
