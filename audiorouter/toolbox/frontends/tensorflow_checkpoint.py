"""Variables of a TensorFlow checkpoint, read without TensorFlow.

A checkpoint is two files: `.index`, a table in LevelDB's format whose values are protocol buffers
(tensorflow/core/protobuf/tensor_bundle.proto: BundleEntryProto) that say where each variable lies,
and `.data-00000-of-00001`, the numbers. https://github.com/google/leveldb/blob/main/doc/table_format.md
has the table. Checksums are not compared: weights are known by their SHA-256.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from audiorouter.errors import WeightsError

_FOOTER = 48
_MAGIC = bytes.fromhex("57fb808b247547db")
_FLOAT = 1
"""Number of float32 among TensorFlow's types."""
_DTYPE, _SHAPE, _OFFSET, _SIZE = 1, 2, 4, 5
"""Fields of a BundleEntryProto."""
_VARINT, _DOUBLE, _BYTES, _SINGLE = 0, 1, 2, 5
"""Wire types of protocol buffers."""


def read_variables(index: Path, data: Path) -> dict[str, NDArray[np.float32]]:
    """Every float32 variable of a checkpoint by its name; others are left out.

    Raises:
        WeightsError: the index is none, or its table is compressed.
    """
    numbers = data.read_bytes()
    variables = {}
    for name, entry in _entries(index):
        fields = _message(entry)
        if not name or fields.get(_DTYPE) != _FLOAT:
            continue
        offset, size = _number(fields, _OFFSET), _number(fields, _SIZE)
        values = np.frombuffer(numbers, "<f4", size // 4, offset)
        variables[name.decode()] = values.reshape(_shape(fields)).astype(np.float32)
    return variables


def _entries(index: Path) -> Iterator[tuple[bytes, bytes]]:
    """Names and entries of all blocks, which the table's last block lists."""
    table = index.read_bytes()
    if table[-len(_MAGIC) :] != _MAGIC:
        raise WeightsError(f"{index} is no index of a TensorFlow checkpoint")
    handles = table[-_FOOTER:]
    _, place = _handle(handles, 0)
    blocks, _ = _handle(handles, place)
    for _, handle in _block(table, *blocks, index):
        yield from _block(table, *_handle(handle, 0)[0], index)


def _handle(data: bytes, place: int) -> tuple[tuple[int, int], int]:
    """Offset and size of a block, and where the handle ends."""
    offset, place = _varint(data, place)
    size, place = _varint(data, place)
    return (offset, size), place


def _block(table: bytes, offset: int, size: int, index: Path) -> Iterator[tuple[bytes, bytes]]:
    """Keys and values of a block; a key says how much of the one before it begins with."""
    if table[offset + size]:
        raise WeightsError(f"{index}: compressed checkpoints are not read")
    block = table[offset : offset + size]
    restarts = int.from_bytes(block[-4:], "little")
    end, place, key = size - 4 * (restarts + 1), 0, b""
    while place < end:
        shared, place = _varint(block, place)
        own, place = _varint(block, place)
        length, place = _varint(block, place)
        key = key[:shared] + block[place : place + own]
        place += own + length
        yield key, block[place - length : place]


def _message(data: bytes) -> dict[int, int | list[bytes]]:
    """Fields of a protocol buffer: a number, or every string of bytes of that field."""
    fields: dict[int, int | list[bytes]] = {}
    place = 0
    while place < len(data):
        tag, place = _varint(data, place)
        field, kind = tag >> 3, tag & 7
        if kind == _VARINT:
            fields[field], place = _varint(data, place)
        elif kind == _BYTES:
            length, place = _varint(data, place)
            texts = fields.setdefault(field, [])
            if isinstance(texts, list):
                texts.append(data[place : place + length])
            place += length
        elif kind in (_DOUBLE, _SINGLE):
            place += 8 if kind == _DOUBLE else 4
        else:
            raise WeightsError(f"a checkpoint's entry has a field of wire type {kind}")
    return fields


def _shape(fields: dict[int, int | list[bytes]]) -> tuple[int, ...]:
    """Sizes of the dimensions; a TensorShapeProto's field 2 lists them, each a message."""
    (shape,) = _texts(fields, _SHAPE) or (b"",)
    return tuple(_number(_message(dimension), 1) for dimension in _texts(_message(shape), 2))


def _number(fields: dict[int, int | list[bytes]], field: int) -> int:
    value = fields.get(field, 0)
    return value if isinstance(value, int) else 0


def _texts(fields: dict[int, int | list[bytes]], field: int) -> list[bytes]:
    value = fields.get(field, [])
    return value if isinstance(value, list) else []


def _varint(data: bytes, place: int) -> tuple[int, int]:
    """A number of seven bits a byte, lowest first, and where it ends."""
    value = shift = 0
    while True:
        byte = data[place]
        value |= (byte & 0x7F) << shift
        place, shift = place + 1, shift + 7
        if byte < 0x80:
            return value, place
