"""Whether a GGUF file is whole, told by its header: to read its vocabulary takes the reader of the
library gguf seconds (the format: docs/gguf.md of ggml-org/ggml)."""

from __future__ import annotations

import math
import struct
from pathlib import Path
from typing import BinaryIO

from gguf.constants import (
    GGML_QUANT_SIZES,
    GGUF_DEFAULT_ALIGNMENT,
    GGMLQuantizationType,
    GGUFValueType,
    Keys,
)

_MAGIC = b"GGUF"
_CODES = {
    GGUFValueType.UINT8: "B", GGUFValueType.INT8: "b", GGUFValueType.BOOL: "?",
    GGUFValueType.UINT16: "H", GGUFValueType.INT16: "h",
    GGUFValueType.UINT32: "I", GGUFValueType.INT32: "i", GGUFValueType.FLOAT32: "f",
    GGUFValueType.UINT64: "Q", GGUFValueType.INT64: "q", GGUFValueType.FLOAT64: "d",
}  # fmt: skip
"""Of values that have a size."""


def is_whole(path: Path) -> bool:
    """Whether a file is GGUF, and as long as its tensors need.

    Raises:
        OSError: it cannot be read.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        if file.read(len(_MAGIC)) != _MAGIC:
            return False
        try:
            return _end_of_tensors(_Header(file, size)) <= size
        except (ValueError, LookupError, RecursionError, struct.error):  # no header, or cut off
            return False


def _end_of_tensors(header: _Header) -> int:
    """Bytes of the file up to the end of its last tensor."""
    tensors, fields = header.number("Q"), header.number("Q")
    alignment = GGUF_DEFAULT_ALIGNMENT
    for _ in range(fields):
        key, kind = header.text(), GGUFValueType(header.number("I"))
        if key == Keys.General.ALIGNMENT.encode():
            alignment = header.number(_CODES[kind])
        else:
            header.skip(kind)
    if not tensors or not alignment:
        raise ValueError("it holds no tensor")
    ends: list[int] = []
    for _ in range(tensors):
        header.text()
        elements = math.prod(header.number("Q") for _ in range(header.number("I")))
        block, size = GGML_QUANT_SIZES[GGMLQuantizationType(header.number("I"))]
        ends.append(header.number("Q") + elements // int(block) * int(size))
    begin = -(-header.place // int(alignment)) * int(alignment)
    return begin + max(ends)


class _Header:
    """What stands before the tensors, read value by value."""

    def __init__(self, file: BinaryIO, size: int):
        self._file, self._size = file, size
        self._order = "<"
        if not self.number("I") & 0xFFFF:  # the version, which is small
            self._order = ">"

    @property
    def place(self) -> int:
        """Bytes that were read or passed over."""
        return self._file.tell()

    def number(self, code: str) -> int:
        """A number by its code in `struct`."""
        code = self._order + code
        return int(struct.unpack(code, self._file.read(struct.calcsize(code)))[0])

    def text(self) -> bytes:
        """A text that says how long it is."""
        return self._file.read(self._within(self.number("Q")))

    def skip(self, kind: GGUFValueType) -> None:
        """Pass a value over."""
        if kind is GGUFValueType.STRING:
            self._file.seek(self._within(self.number("Q")), 1)
        elif kind is GGUFValueType.ARRAY:
            inner, count = GGUFValueType(self.number("I")), self.number("Q")
            if inner in _CODES:
                width = struct.calcsize(_CODES[inner])
                self._file.seek(self._within(count * width), 1)
                return
            for _ in range(self._within(count)):
                self.skip(inner)
        else:
            self._file.seek(struct.calcsize(_CODES[kind]), 1)

    def _within(self, count: int) -> int:
        if count > self._size:
            raise ValueError("it says to be longer than it is")
        return count
