"""The text of a questions file, whatever it was saved as, unless that cannot be told."""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import NamedTuple

_MARKS = (  # the longer first: the mark of UTF-32 begins with that of UTF-16
    (codecs.BOM_UTF32_LE, "utf-32-le", "UTF-32"),
    (codecs.BOM_UTF32_BE, "utf-32-be", "UTF-32"),
    (codecs.BOM_UTF16_LE, "utf-16-le", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16-be", "UTF-16"),
)


class DecodedText(NamedTuple):
    """A file's text, piece by piece; bytes that are not in its `encoding` stand as `\\udc80` …"""

    pieces: Iterator[str]
    encoding: str


def decode(content: Iterable[bytes]) -> DecodedText:
    """UTF-8, or what the mark at the start says, or UTF-16 where every other byte is NUL.

    UTF-8 is decoded as it is read. The others, which hardly any large file is in, are read whole:
    what of them cannot be decoded can be told only then.
    """
    rest = iter(content)
    start = next(rest, b"")
    while len(start) < 4 and (more := next(rest, b"")):
        start += more
    for mark, codec, name in _MARKS:
        if start.startswith(mark):
            return _wide(start[len(mark) :], rest, codec, name)
    if len(start) >= 4 and start[1] == start[3] == 0 and start[0] and start[2]:
        return _wide(start, rest, "utf-16-le", "UTF-16")
    if len(start) >= 4 and start[0] == start[2] == 0 and start[1] and start[3]:
        return _wide(start, rest, "utf-16-be", "UTF-16")
    return DecodedText(_utf8(chain([start], rest)), "UTF-8")


def _utf8(content: Iterable[bytes]) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder("utf-8-sig")("surrogateescape")
    for raw in content:
        yield decoder.decode(raw)
    yield decoder.decode(b"", final=True)


def _wide(start: bytes, rest: Iterable[bytes], codec: str, name: str) -> DecodedText:
    raw = b"".join([start, *rest])
    unit = 4 if name == "UTF-32" else 2
    over = len(raw) % unit
    try:
        text = raw[: len(raw) - over].decode(codec, "surrogatepass")
    except UnicodeDecodeError:
        text = raw[: len(raw) - over].decode(codec, "replace").replace("\ufffd", "\udcff")
    # A file that ends within a character is cut: whatever stands last says so.
    return DecodedText(iter([text + "\udcff" * bool(over)]), name)
