"""Reading a questions file into records: CSV, TSV, JSONL or JSON, each with its line.

This module knows syntax only; what a record means is `audiorouter.questions`' matter.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from audiorouter.errors import QuestionFileError

CELL_LIMIT = 10_000_000


@dataclass(frozen=True)
class Record:
    """A row as it stands in the file: `line` counts from 1; `error` where it could not be read."""

    line: int
    fields: Mapping[str, Any]
    error: str | None = None


def read_records(path: Path) -> list[Record]:
    """All records of the file at `path`, chosen by its suffix.

    Raises:
        QuestionFileError: no such file, an unknown suffix, not UTF-8, or no table in it.
    """
    parse = _PARSERS.get(path.suffix.lower())
    if parse is None:
        known = ", ".join(sorted(_PARSERS))
        raise QuestionFileError(f"{path}: unknown kind of questions file (known: {known})")
    records = list(parse(path, _read_text(path)))
    if not records:
        raise QuestionFileError(f"{path}: there are no questions in it")
    return records


def _read_text(path: Path) -> str:
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise QuestionFileError(f"{path}: cannot be read ({error.strerror})") from None
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise QuestionFileError(
            f"{path}, line {line}: not UTF-8 (byte {raw[error.start]:#04x}); save the file as UTF-8"
        ) from None


def _parse_csv(path: Path, text: str) -> Iterator[Record]:
    header = text.split("\n", 1)[0]
    delimiter = ";" if ";" in header and "," not in header else ","
    return _parse_table(path, text, delimiter)


def _parse_tsv(path: Path, text: str) -> Iterator[Record]:
    return _parse_table(path, text, "\t")


def _parse_table(path: Path, text: str, delimiter: str) -> Iterator[Record]:
    csv.field_size_limit(CELL_LIMIT)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        header = [name.strip() for name in next(rows, [])]
        if not any(header):
            raise QuestionFileError(f"{path}, line 1: there is no header row")
        repeated = {name for name in header if name and header.count(name) > 1}
        if repeated:
            raise QuestionFileError(
                f"{path}, line 1: the column {sorted(repeated)[0]!r} is there twice"
            )
        line = rows.line_num + 1
        for row in rows:
            if any(cell.strip() for cell in row):
                yield _table_record(line, header, row)
            line = rows.line_num + 1
    except csv.Error as error:
        raise QuestionFileError(f"{path}, line {rows.line_num}: {error}") from None


def _table_record(line: int, header: list[str], row: list[str]) -> Record:
    fields = {name: cell for name, cell in zip(header, row, strict=False) if name}
    if len(row) > len(header) and any(cell.strip() for cell in row[len(header) :]):
        return Record(
            line, fields, f"{len(row)} cells under {len(header)} columns (a missing quote?)"
        )
    return Record(line, fields)


def _parse_jsonl(_path: Path, text: str) -> Iterator[Record]:
    for line, source in enumerate(text.splitlines(), start=1):
        if source.strip():
            yield _json_line(line, source)


def _json_line(line: int, source: str) -> Record:
    try:
        value = json.loads(source)
    except (json.JSONDecodeError, RecursionError) as error:
        return Record(line, {}, f"not JSON ({error})")
    if not isinstance(value, dict):
        return Record(line, {}, "not a JSON object")
    return Record(line, value)


def _parse_json(path: Path, text: str) -> Iterator[Record]:
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        raise QuestionFileError(f"{path}, line {error.lineno}: not JSON ({error.msg})") from None
    except RecursionError:
        raise QuestionFileError(f"{path}: nested too deeply to be a list of questions") from None
    if not isinstance(value, list):
        raise QuestionFileError(f"{path}: expected a JSON list of questions")
    lines = _element_lines(text, len(value))
    for line, item in zip(lines, value, strict=True):
        if isinstance(item, dict):
            yield Record(line, item)
        else:
            yield Record(line, {}, "not a JSON object")


def _element_lines(text: str, count: int) -> list[int]:
    """Line on which each element of a top-level JSON list starts (the parser does not tell)."""
    decoder = json.JSONDecoder()
    lines: list[int] = []
    position, line, counted = text.index("[") + 1, 1, 0
    while len(lines) < count:
        while text[position] in " \t\r\n,":
            position += 1
        line += text.count("\n", counted, position)
        counted = position
        lines.append(line)
        _, position = decoder.raw_decode(text, position)
    return lines


_PARSERS: dict[str, Callable[[Path, str], Iterator[Record]]] = {
    ".csv": _parse_csv,
    ".tsv": _parse_tsv,
    ".jsonl": _parse_jsonl,
    ".json": _parse_json,
}
