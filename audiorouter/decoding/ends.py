"""Whether a file has its end, where its kind says how that looks."""

from __future__ import annotations

import os
import struct
from pathlib import Path
from typing import BinaryIO

_LARGEST_PAGE = 65_307
_PAGE_HEADER = 27
_FIRST, _LAST = 2, 4
"""Flags of an Ogg stream's first and last page."""


def has_end(path: Path) -> bool | None:
    """Whether an Ogg, CAF or AVI file has its end; None for others, and where that is left open."""
    try:
        with path.open("rb") as file:
            start = file.read(8)
            if start[:4] == b"OggS":
                return _ogg_has_end(file)
            if start[:4] == b"RIFF" and file.read(4) == b"AVI ":
                (size,) = struct.unpack("<I", start[4:])
                return None if size == 0 else size + 8 <= file.seek(0, os.SEEK_END)
            return _caf_has_end(file) if start[:4] == b"caff" else None
    except (OSError, struct.error):
        return None


def _ogg_has_end(file: BinaryIO) -> bool:
    """Whether the last page is whole and marked as the last."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - 2 * _LARGEST_PAGE))
    end = file.read()
    page = end.rfind(b"OggS")
    while page >= 0:
        header = end[page : page + _PAGE_HEADER]
        if len(header) == _PAGE_HEADER and header[5] & _LAST:
            body = page + _PAGE_HEADER + header[26]
            segments = end[page + _PAGE_HEADER : body]
            return len(segments) == header[26] and body + sum(segments) <= len(end)
        page = end.rfind(b"OggS", 0, page)
    return False


def missing_pages(path: Path) -> int:
    """At how many places pages of an Ogg stream are missing, by their numbers; 0 for others."""
    places, last = 0, dict[bytes, int]()
    with path.open("rb") as file:
        while len(header := file.read(_PAGE_HEADER)) == _PAGE_HEADER and header[:4] == b"OggS":
            file.seek(sum(file.read(header[26])), os.SEEK_CUR)
            stream, number = header[14:18], int.from_bytes(header[18:22], "little")
            first = header[5] & _FIRST
            places += not first and stream in last and number > last[stream] + 1
            last[stream] = number
    return places


def _caf_has_end(file: BinaryIO) -> bool | None:
    """Whether the file holds as many bytes as the chunk of its samples is to have."""
    while True:
        name, size = struct.unpack(">4sq", file.read(12))
        if name == b"data":
            start = file.tell()
            return None if size <= 0 else start + size <= file.seek(0, os.SEEK_END)
        file.seek(size, os.SEEK_CUR)
