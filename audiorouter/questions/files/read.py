"""Which parser reads a questions file, by the ending of its name."""

from __future__ import annotations

import bz2
import gzip
import lzma
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

from audiorouter.errors import QuestionFileError
from audiorouter.questions.files.embedded import KeepFile, keep_none
from audiorouter.questions.files.encoding import decode
from audiorouter.questions.files.json_records import parse_json
from audiorouter.questions.files.parquet import parse_parquet
from audiorouter.questions.files.record import Record, RecordMaker
from audiorouter.questions.files.table import parse_table

_PACKED: dict[str, Callable[[bytes], bytes]] = {
    ".gz": gzip.decompress,
    ".bz2": bz2.decompress,
    ".xz": lzma.decompress,
}
_NAMES = {".gz": "gzip", ".bz2": "bzip2", ".xz": "xz"}
_STARTS = {".gz": b"\x1f\x8b", ".bz2": b"BZh", ".xz": b"\xfd7zXZ\0"}
_ZIP_MAGIC = b"PK\x03\x04"

_PARSERS: dict[str, Callable[[Path, str, RecordMaker], Iterator[Record]]] = {
    ".csv": partial(parse_table, delimiter=","),
    ".tsv": partial(parse_table, delimiter="\t"),
    ".jsonl": parse_json,
    ".ndjson": parse_json,
    ".json": parse_json,
}
SUFFIXES = (*_PARSERS, ".parquet")
"""Endings of the names of questions files; also with `.gz`, `.bz2` or `.xz` after them."""


def read_records(path: Path, keep: KeepFile = keep_none) -> list[Record]:
    """All records of the file at `path`; audio files that stand in it are handed to `keep`.

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
    records = list(_parsed(path, suffix, keep))
    if not records:
        raise QuestionFileError(f"{path}: there are no questions in it")
    records = _placed(records, by_line=suffix != ".parquet")
    if all(record.error for record in records):
        first, count = records[0], len(records)
        rows = "its only row cannot" if count == 1 else f"none of its {count:,} rows can"
        raise QuestionFileError(f"{path}, {first.place}: {rows} be read: {first.error}")
    return records


def _is_packed(path: Path) -> bool:
    return path.suffix.lower() in _PACKED and len(path.suffixes) > 1


def _parsed(path: Path, suffix: str, keep: KeepFile) -> Iterator[Record]:
    if suffix == ".parquet":
        # Unless it is packed it is not read whole: audio may stand in it.
        raw = _content(path) if _is_packed(path) else None
        return parse_parquet(path, raw, RecordMaker("UTF-8", keep))
    raw = _content(path)
    if raw.startswith(_ZIP_MAGIC):
        raise QuestionFileError(f"{path}: a workbook or another zip file; save the table as CSV")
    text, encoding = decode(raw)
    return _PARSERS[suffix](path, text, RecordMaker(encoding, keep))


def _content(path: Path) -> bytes:
    """The bytes of the file, unpacked if it is packed."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise QuestionFileError(f"{path}: cannot be read ({error.strerror})") from None
    # Also where a download left the ending out.
    packing = next((end for end, start in _STARTS.items() if raw.startswith(start)), None)
    if packing is None:
        return raw
    try:
        return _PACKED[packing](raw)
    except (OSError, EOFError, ValueError, zlib.error, lzma.LZMAError) as error:
        raise QuestionFileError(f"{path}: damaged {_NAMES[packing]} ({error})") from None


def _placed(records: list[Record], *, by_line: bool) -> list[Record]:
    """The records with their places; by line where no two of them begin on the same one."""
    by_line = by_line and len({record.line for record in records}) == len(records)
    return [
        replace(record, place=f"line {record.line}" if by_line else f"row {number}")
        for number, record in enumerate(records, start=1)
    ]
