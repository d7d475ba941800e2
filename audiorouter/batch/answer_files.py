"""Writing the answers: CSV, JSONL or JSON, in the layout of the questions file."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from audiorouter.batch.rows import FIELDS, Row
from audiorouter.errors import UsageError
from audiorouter.machine.files import check_file, write_file
from audiorouter.questions import Layout

_AUTHORS_FIELD = {Layout.MMAU: "model_output", Layout.MMAR: "answer_prediction"}
"""The field that the authors' own scorer reads."""

SUFFIXES = (".csv", ".jsonl", ".json")


def check_output(path: Path, *, unlike: Sequence[Path] = ()) -> None:
    """Raise `UsageError` where no answers could be written to `path`; better before the work."""
    if path.suffix.lower() not in SUFFIXES:
        raise UsageError(f"{path}: answers are written as {', '.join(SUFFIXES)}, by the suffix")
    check_file(path, unlike=unlike)


def write_answers(path: Path, layout: Layout, rows: Sequence[Row]) -> None:
    """Write one record a question, in input order.

    Raises:
        UsageError: the file cannot be written; what was there is there still.
    """
    write_file(path, render(path.suffix.lower(), layout, rows))


def render(suffix: str, layout: Layout, rows: Sequence[Row]) -> str:
    """The whole file as text; `suffix` is one of `SUFFIXES`."""
    records = [as_record(layout, row) for row in rows]
    if suffix == ".jsonl":
        return "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
    if suffix == ".json":
        return json.dumps(records, ensure_ascii=False, indent=1) + "\n"
    return _csv(records)


def as_record(layout: Layout, row: Row) -> dict[str, Any]:
    """Our fields and the row's other columns.

    In the layouts of MMAU and MMAR every original field stays as it is, ours are added where the
    name is free, and the prediction stands a second time where the authors' scorer looks for it.
    """
    ours, original = row.fields(), dict(row.question.record)
    if layout is Layout.OURS:
        return ours | {name: value for name, value in original.items() if name not in ours}
    added = {name: value for name, value in ours.items() if name not in original}
    return original | added | {_AUTHORS_FIELD[layout]: row.prediction or ""}


def _csv(records: Sequence[dict[str, Any]]) -> str:
    columns = list(dict.fromkeys(name for record in records for name in record)) or list(FIELDS)
    stream = io.StringIO()
    plain = csv.writer(stream, lineterminator="\n")
    quoting = csv.writer(stream, lineterminator="\n", quoting=csv.QUOTE_ALL)
    for cells in (columns, *([_cell(record.get(name)) for name in columns] for record in records)):
        # A carriage return ends a line as well, which the writer does not know.
        returns = any("\r" in cell for cell in cells if isinstance(cell, str))
        (quoting if returns else plain).writerow(cells)
    return stream.getvalue()


def _cell(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False)
    return value
