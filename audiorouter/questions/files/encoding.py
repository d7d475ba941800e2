"""The text of a questions file, whatever it was saved as, unless that cannot be told."""

from __future__ import annotations

import codecs
from typing import NamedTuple

_MARKS = (  # the longer first: the mark of UTF-32 begins with that of UTF-16
    (codecs.BOM_UTF32_LE, "utf-32-le", "UTF-32"),
    (codecs.BOM_UTF32_BE, "utf-32-be", "UTF-32"),
    (codecs.BOM_UTF16_LE, "utf-16-le", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16-be", "UTF-16"),
)


class DecodedText(NamedTuple):
    """A file's text; bytes that are not in its `encoding` stand as `\\udc80` … `\\udcff`."""

    text: str
    encoding: str


def decode(raw: bytes) -> DecodedText:
    """UTF-8, or what the mark at the start says, or UTF-16 where every other byte is NUL."""
    for mark, codec, name in _MARKS:
        if raw.startswith(mark):
            return _wide(raw[len(mark) :], codec, name)
    if len(raw) >= 4 and raw[1] == raw[3] == 0 and raw[0] and raw[2]:
        return _wide(raw, "utf-16-le", "UTF-16")
    if len(raw) >= 4 and raw[0] == raw[2] == 0 and raw[1] and raw[3]:
        return _wide(raw, "utf-16-be", "UTF-16")
    return DecodedText(raw.decode("utf-8-sig", "surrogateescape"), "UTF-8")


def _wide(raw: bytes, codec: str, name: str) -> DecodedText:
    unit = 4 if name == "UTF-32" else 2
    rest = len(raw) % unit
    try:
        text = raw[: len(raw) - rest].decode(codec, "surrogatepass")
    except UnicodeDecodeError:
        text = raw[: len(raw) - rest].decode(codec, "replace").replace("\ufffd", "\udcff")
    # A file that ends within a character is cut: whatever stands last says so.
    return DecodedText(text + "\udcff" * bool(rest), name)
