"""Reading a questions file into records: CSV, TSV, JSONL or JSON, each with its line.

This module knows syntax only; what a record means is `audiorouter.questions`' matter.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from audiorouter.csv_cells import are_answers, restored
from audiorouter.errors import QuestionFileError
from audiorouter.json_values import cleaned, parse

_TOKEN = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[\[\]{},]', re.DOTALL)
"""What tells where an element of a JSON list ends."""


@dataclass(frozen=True)
class Record:
    """A row as it stands in the file: `line` counts from 1; `error` where it could not be read."""

    line: int
    fields: Mapping[str, Any]
    """Its columns, as values that can be written again."""
    error: str | None = None
    replaced: Mapping[str, str] = field(default_factory=dict)
    """Columns in which something that cannot be written was replaced, each with what it was."""


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
    rows = _table_rows(text, delimiter)
    if rows and are_answers(rows[0][1]):  # our own answers, asked again
        rows = [(line, [restored(cell) for cell in row]) for line, row in rows]
    header = [name.strip() for name in rows[0][1]] if rows else []
    if not any(header):
        raise QuestionFileError(f"{path}, line 1: there is no header row")
    repeated = {name for name in header if name and header.count(name) > 1}
    if repeated:
        raise QuestionFileError(
            f"{path}, line 1: the column {sorted(repeated)[0]!r} is there twice"
        )
    for line, row in rows[1:]:
        if any(cell.strip() for cell in row):
            yield _table_record(line, header, row)


def _table_rows(text: str, delimiter: str) -> list[tuple[int, list[str]]]:
    """All rows, each with the line on which it starts."""
    # The parser gives up at a cell that is longer than its limit, which holds for all users of it.
    limit = csv.field_size_limit(len(text) + 1)
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        rows, line = [], 1
        for row in reader:
            rows.append((line, row))
            line = reader.line_num + 1
        return rows
    finally:
        csv.field_size_limit(limit)


def _table_record(line: int, header: list[str], row: list[str]) -> Record:
    fields = {name: cell for name, cell in zip(header, row, strict=False) if name}
    if len(row) > len(header) and any(cell.strip() for cell in row[len(header) :]):
        return _record(
            line, fields, f"{len(row)} cells under {len(header)} columns (a missing quote?)"
        )
    return _record(line, fields)


def _parse_jsonl(_path: Path, text: str) -> Iterator[Record]:
    # Not by splitlines, which also cuts at characters that may stand in a JSON text as they are.
    for line, source in enumerate(text.split("\n"), start=1):
        if source.strip():
            yield _json_record(line, source)


def _parse_json(path: Path, text: str) -> Iterator[Record]:
    for line, source in _elements(path, text):
        yield _json_record(line, source)


def _json_record(line: int, source: str) -> Record:
    try:
        value = parse(source)
    except ValueError as error:
        return Record(line, {}, f"not JSON ({_reason(error)})")
    if not isinstance(value, dict):
        return Record(line, {}, "not a JSON object")
    return _record(line, value)


def _record(line: int, raw: Mapping[str, Any], error: str | None = None) -> Record:
    fields: dict[str, Any] = {}
    replaced: dict[str, str] = {}
    for given, value in raw.items():
        name, kept = cleaned(given), cleaned(value)
        fields[name.value] = kept.value
        if problem := name.problem or kept.problem:
            replaced[name.value] = problem
    return Record(line, fields, error, replaced)


def _elements(path: Path, text: str) -> Iterator[tuple[int, str]]:
    """The elements of a top-level JSON list, each with the line on which it starts.

    Only brackets, commas and quotes are looked at, so that what is wrong within an element is that
    element's matter.
    """
    if not text.lstrip().startswith("["):
        raise _no_list(path, text)
    depth, start, line, counted = 0, 0, 1, 0
    for token in _TOKEN.finditer(text):
        mark = token.group()
        if mark in ("[", "{"):
            depth += 1
            start = token.end() if depth == 1 else start
        elif mark in ("]", "}"):
            depth -= 1
        if (mark == "," and depth == 1) or depth == 0:
            source = text[start : token.start()]
            begin = start + len(source) - len(source.lstrip())
            line += text.count("\n", counted, begin)
            counted = begin
            if source.strip() or mark == ",":
                yield line, source
            start = token.end()
        if depth == 0:
            break
    if depth or text[start:].strip():
        raise _no_list(path, text)


def _no_list(path: Path, text: str) -> QuestionFileError:
    try:
        parse(text)
    except ValueError as error:
        line = f", line {error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        return QuestionFileError(f"{path}{line}: not JSON ({_reason(error)})")
    return QuestionFileError(f"{path}: expected a JSON list of questions")


def _reason(error: ValueError) -> str:
    return error.msg if isinstance(error, json.JSONDecodeError) else str(error)


_PARSERS: dict[str, Callable[[Path, str], Iterator[Record]]] = {
    ".csv": _parse_csv,
    ".tsv": _parse_tsv,
    ".jsonl": _parse_jsonl,
    ".json": _parse_json,
}
