"""Which parser reads a questions file, by the ending of its name."""

from __future__ import annotations

import bz2
import gzip
import lzma
import zlib
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import BinaryIO

from audiorouter.errors import QuestionFileError
from audiorouter.questions.files.embedded import KeepFile, keep_none
from audiorouter.questions.files.encoding import decode
from audiorouter.questions.files.json_records import parse_json
from audiorouter.questions.files.parquet import parse_parquet
from audiorouter.questions.files.record import Record, RecordMaker, Records, memory_of
from audiorouter.questions.files.table import parse_table
from audiorouter.questions.files.text_window import TextWindow

_PACKED: dict[str, Callable[[BinaryIO], gzip.GzipFile | bz2.BZ2File | lzma.LZMAFile]] = {
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

_PARSERS: dict[str, Callable[[Path, TextWindow, RecordMaker], Iterator[Record]]] = {
    ".csv": partial(parse_table, delimiter=","),
    ".tsv": partial(parse_table, delimiter="\t"),
    ".jsonl": parse_json,
    ".ndjson": parse_json,
    ".json": parse_json,
}
SUFFIXES = (*_PARSERS, ".parquet")
"""Endings of the names of questions files; also with `.gz`, `.bz2` or `.xz` after them."""


def read_records(path: Path, keep: KeepFile = keep_none) -> Records:
    """All records of the file at `path`; audio files that stand in it are handed to `keep`.

    The file is read once, record by record, and may be as long as the disk for temporary files
    has room for; see `parse_json` and `encoding.decode` for what is read whole.

    Raises:
        QuestionFileError: no such file, an unknown suffix, no table in it, or no row of it can be
            read.
    """
    suffix = path.suffixes[-2].lower() if _is_packed(path) else path.suffix.lower()
    if suffix not in SUFFIXES:
        raise QuestionFileError(
            f"{path}: unknown kind of questions file (known: {', '.join(sorted(SUFFIXES))}, "
            f"and those with {' or '.join(_PACKED)} after them)"
        )
    try:
        records = Records(_parsed(path, suffix, keep), by_line=suffix != ".parquet")
    except MemoryError:
        raise QuestionFileError(
            f"{path}: there is not enough memory to read it; cut it into several files"
        ) from None
    if not records:
        raise QuestionFileError(f"{path}: there are no questions in it")
    if records.unread is not None:
        count = len(records)
        rows = "its only row cannot" if count == 1 else f"none of its {count:,} rows can"
        raise QuestionFileError(f"{path}, {records[0].place}: {rows} be read: {records.unread}")
    return records


def _is_packed(path: Path) -> bool:
    return path.suffix.lower() in _PACKED and len(path.suffixes) > 1


def _parsed(path: Path, suffix: str, keep: KeepFile) -> Iterator[Record]:
    if suffix == ".parquet":
        # Unless it is packed it is not read whole: audio may stand in it.
        unpacked = b"".join(_Content(path)) if _is_packed(path) else None
        return _bounded(path, parse_parquet(path, unpacked, RecordMaker("UTF-8", keep)))
    content = _Content(path)
    pieces, encoding = decode(content)
    records = _PARSERS[suffix](path, TextWindow(pieces), RecordMaker(encoding, keep))
    return _bounded(path, records) if content.packed else records


class _Content:
    """The bytes of a file in chunks, unpacked if it is packed; by its start, not by its name."""

    def __init__(self, path: Path):
        self._path = path
        start = self._start()
        if start.startswith(_ZIP_MAGIC):
            raise QuestionFileError(
                f"{path}: a workbook or another zip file; save the table as CSV"
            )
        # Also where a download left the ending out.
        self.packed = next((end for end, magic in _STARTS.items() if start.startswith(magic)), None)

    def _start(self) -> bytes:
        try:
            with self._path.open("rb") as stream:
                return stream.read(max(map(len, [_ZIP_MAGIC, *_STARTS.values()])))
        except OSError as error:
            raise QuestionFileError(f"{self._path}: cannot be read ({error.strerror})") from None

    def __iter__(self) -> Iterator[bytes]:
        if self.packed is not None:
            yield from self._unpacked(self.packed)
            return
        try:
            with self._path.open("rb") as stream:
                while chunk := stream.read(_CHUNK):
                    yield chunk
        except OSError as error:
            raise QuestionFileError(f"{self._path}: cannot be read ({error.strerror})") from None

    def _unpacked(self, packing: str) -> Iterator[bytes]:
        path, size = self._path, 0
        try:
            packed_bytes = path.stat().st_size
            with path.open("rb") as raw, _PACKED[packing](raw) as stream:
                while chunk := stream.read(_CHUNK):
                    size += len(chunk)
                    if size > max(MOST_UNPACKED, _EXPANSION * packed_bytes):
                        raise QuestionFileError(
                            f"{path}: its {packed_bytes:,} bytes unpack to more than "
                            f"{max(MOST_UNPACKED, _EXPANSION * packed_bytes):,}; unpack it "
                            "yourself if that is right"
                        )
                    yield chunk
        except (OSError, EOFError, ValueError, zlib.error, lzma.LZMAError) as error:
            raise QuestionFileError(f"{path}: damaged {_NAMES[packing]} ({error})") from None


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
