"""Which parser reads a questions file, by the ending of its name."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

from audiorouter.errors import QuestionFileError
from audiorouter.questions.files.dataset import is_dataset, shards_of
from audiorouter.questions.files.embedded import KeepFile, keep_none
from audiorouter.questions.files.encoding import decode
from audiorouter.questions.files.json_records import parse_json
from audiorouter.questions.files.parquet import parse_arrow, parse_parquet
from audiorouter.questions.files.record import Record, RecordMaker, memory_of
from audiorouter.questions.files.table import parse_table

_PACKED: dict[str, Callable[[io.BytesIO], gzip.GzipFile | bz2.BZ2File | lzma.LZMAFile]] = {
    ".gz": lambda raw: gzip.GzipFile(fileobj=raw),
    ".bz2": bz2.BZ2File,
    ".xz": lzma.LZMAFile,
}
_NAMES = {".gz": "gzip", ".bz2": "bzip2", ".xz": "xz"}
_STARTS = {".gz": b"\x1f\x8b", ".bz2": b"BZh", ".xz": b"\xfd7zXZ\0"}
_CHUNK = 1 << 20

MOST_UNPACKED = 64 << 20
"""Bytes that a packed file may hold, unless it is large itself; see `_EXPANSION`."""
MOST_KEPT = 1 << 30
"""Bytes of memory that the rows of a packed file may take, unless it is large itself."""
_EXPANSION = 20
"""How many times its own size any packed file may hold: texts of questions pack to a tenth."""

_ZIP_MAGIC = b"PK\x03\x04"

_PARSERS: dict[str, Callable[[Path, str, RecordMaker], Iterator[Record]]] = {
    ".csv": partial(parse_table, delimiter=","),
    ".tsv": partial(parse_table, delimiter="\t"),
    ".jsonl": parse_json,
    ".ndjson": parse_json,
    ".json": parse_json,
}
_IN_PARTS = {".parquet": parse_parquet, ".arrow": parse_arrow}
"""Files that are not read whole: audio may stand in them."""
SUFFIXES = (*_PARSERS, *_IN_PARTS)
"""Endings of the names of questions files; also with `.gz`, `.bz2` or `.xz` after them."""


def read_records(path: Path, keep: KeepFile = keep_none) -> list[Record]:
    """All records of the file or data set at `path`; audio files in it are handed to `keep`.

    Raises:
        QuestionFileError: no such file, an unknown suffix, no table in it, or no row of it can be
            read.
    """
    try:
        records = [record for file in shards_of(path) for record in _records_of(file, keep)]
    except MemoryError:
        raise QuestionFileError(
            f"{path}: there is not enough memory to read it; cut it into several files"
        ) from None
    if not records:
        raise QuestionFileError(f"{path}: there are no questions in it")
    by_line = not is_dataset(path) and _suffix(path) not in _IN_PARTS
    records = _placed(records, by_line=by_line)
    if all(record.error for record in records):
        first, count = records[0], len(records)
        rows = "its only row cannot" if count == 1 else f"none of its {count:,} rows can"
        raise QuestionFileError(f"{path}, {first.place}: {rows} be read: {first.error}")
    return records


def _records_of(path: Path, keep: KeepFile) -> Iterator[Record]:
    suffix = _suffix(path)
    if suffix not in SUFFIXES:
        raise QuestionFileError(
            f"{path}: unknown kind of questions file (known: {', '.join(sorted(SUFFIXES))}, "
            f"and those with {' or '.join(_PACKED)} after them)"
        )
    return _parsed(path, suffix, keep)


def _suffix(path: Path) -> str:
    return path.suffixes[-2].lower() if _is_packed(path) else path.suffix.lower()


def _is_packed(path: Path) -> bool:
    return path.suffix.lower() in _PACKED and len(path.suffixes) > 1


def _parsed(path: Path, suffix: str, keep: KeepFile) -> Iterator[Record]:
    if in_parts := _IN_PARTS.get(suffix):
        unpacked = _content(path)[0] if _is_packed(path) else None
        return _bounded(path, in_parts(path, unpacked, RecordMaker("UTF-8", keep)))
    raw, packed = _content(path)
    if raw.startswith(_ZIP_MAGIC):
        raise QuestionFileError(f"{path}: a workbook or another zip file; save the table as CSV")
    text, encoding = decode(raw)
    records = _PARSERS[suffix](path, text, RecordMaker(encoding, keep))
    return _bounded(path, records) if packed else records


def _content(path: Path) -> tuple[bytes, bool]:
    """The bytes of the file, unpacked if it is packed, and whether it was."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise QuestionFileError(f"{path}: cannot be read ({error.strerror})") from None
    # Also where a download left the ending out.
    packing = next((end for end, start in _STARTS.items() if raw.startswith(start)), None)
    if packing is None:
        return raw, False
    try:
        return _unpacked(path, packing, raw), True
    except (OSError, EOFError, ValueError, zlib.error, lzma.LZMAError) as error:
        raise QuestionFileError(f"{path}: damaged {_NAMES[packing]} ({error})") from None


def _unpacked(path: Path, packing: str, raw: bytes) -> bytes:
    most = max(MOST_UNPACKED, _EXPANSION * len(raw))
    chunks: list[bytes] = []
    size = 0
    with _PACKED[packing](io.BytesIO(raw)) as stream:
        while chunk := stream.read(_CHUNK):
            chunks.append(chunk)
            size += len(chunk)
            if size > most:
                raise QuestionFileError(
                    f"{path}: its {len(raw):,} bytes unpack to more than {most:,}; unpack it "
                    "yourself if that is right"
                )
    return b"".join(chunks)


def _bounded(path: Path, records: Iterable[Record]) -> Iterator[Record]:
    """The records of a packed file, unless they take far more memory than it takes on the disk."""
    kept = most = 0
    for record in records:
        most = most or max(MOST_KEPT, _EXPANSION * path.stat().st_size)
        kept += memory_of(record)
        if kept > most:
            raise QuestionFileError(
                f"{path}: the rows up to row {record.line:,} take more than {most:,} bytes of "
                "memory; cut it into several files if that is right"
            )
        yield record


def _placed(records: list[Record], *, by_line: bool) -> list[Record]:
    """The records with their places; by line where no two of them begin on the same one."""
    by_line = by_line and len({record.line for record in records}) == len(records)
    return [
        replace(record, place=f"line {record.line}" if by_line else f"row {number}")
        for number, record in enumerate(records, start=1)
    ]
