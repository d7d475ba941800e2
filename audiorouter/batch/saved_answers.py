"""Reading an answers file back: CSV, JSON Lines or JSON, as `answer_files` writes them."""

from __future__ import annotations

import contextlib
import json
import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from audiorouter.batch.past_rows import PastRow, labels
from audiorouter.batch.rows import CATEGORY_COLUMNS, DOMAIN_COLUMNS, FIELDS
from audiorouter.csv_cells import are_answers
from audiorouter.errors import UsageError
from audiorouter.questions.answers import find_answers
from audiorouter.questions.choices import Choices, read_choices
from audiorouter.questions.columns import Columns, RowError
from audiorouter.questions.files import Record, read_records

_NUMBERS = ("tool_seconds", "reason_seconds")
_DECIMAL_COMMA = re.compile(r"([+-]?\d+),(\d+(?:[eE][+-]?\d+)?)")
"""A number as spreadsheets of many countries save it."""
_LONGEST_QUOTE = 100
"""Characters of a cell in what is said of it."""
_TRUTH = {"true": True, "false": False, "": None}
"""How CSV, and spreadsheets that saved it again, write whether an answer is right."""


def read_answers(path: Path) -> tuple[list[PastRow], list[str]]:
    """The rows of the answers file at `path`, and what is said of those that cannot be read.

    Raises:
        UsageError: it is not there, or is no answers file.
    """
    there = read_records(path)
    problems = [f"{path}, {r.place}: {r.error}: left out" for r in there if r.error]
    records = [record for record in there if not record.error]
    names = tuple(dict.fromkeys(name for record in records for name in record.fields))
    if not are_answers(names) or (missing := [name for name in FIELDS[:8] if name not in names]):
        lacks = ", ".join(missing) if are_answers(names) else "tool_seconds and others"
        raise UsageError(
            f"{path}: it is no answers file of `audiorouter batch -o` (it lacks {lacks})"
        )
    columns = Columns(names, None, None, ("choices",), (), ("answer",), None)
    choices = [_choices(record.fields, columns) for record in records]
    right = _right_answers([record.fields for record in records], choices, columns)
    rows = [_row(path, *each) for each in zip(records, choices, right, strict=True)]
    return rows, problems


def _right_answers(
    rows: Sequence[Mapping[str, Any]], choices: Sequence[Choices], columns: Columns
) -> list[list[str]]:
    """The right choices or answers of each row, verbatim.

    Letters and numbers stand for them where what was asked stays as a questions file had it, as in
    the layouts of MMAU and MMAR.
    """
    given = [_texts(row.get("answer")) for row in rows]
    if all(
        not c.written or {*texts} <= {*c.written} for texts, c in zip(given, choices, strict=True)
    ):
        return given
    answers = find_answers(rows, choices, columns)
    right = []
    for row, texts, listed in zip(rows, given, choices, strict=True):
        places = answers.gold(row, listed).indices
        right.append([listed.written[place] for place in places] or texts)
    return right


def _row(path: Path, record: Record, choices: Choices, right: Sequence[str]) -> PastRow:
    given = record.fields
    try:
        route = _route(given.get("route"))
        known = {
            "answer": right or None,
            "scored_by": given.get("scored_by") or None,
            "route": route,
            **{name: _number(name, given.get(name)) for name in _NUMBERS},
            "domain": _first_of(given, DOMAIN_COLUMNS),
            "category": _first_of(given, CATEGORY_COLUMNS),
        }
        return PastRow(
            id=_text(given.get("id")),
            audio=_text(given.get("audio")),
            question=_text(given.get("question")),
            choices=choices.written,
            prediction=given.get("prediction") or None,
            correct=_truth(given.get("correct")),
            calls=labels(route),
            error=given.get("error") or None,
            fields=known,
        )
    except ValueError as error:
        raise UsageError(
            f"{path}, {record.place}: {error}: not as `audiorouter batch -o` writes it. Correct "
            "the cell, or have the file written again (`audiorouter runs show RUN -o FILE`)"
        ) from None


def _choices(fields: Mapping[str, Any], columns: Columns) -> Choices:
    try:
        return read_choices(fields, columns)
    except RowError:
        return Choices()  # as its row says


def _route(cell: Any) -> list[Mapping[str, Any]]:
    """The calls of a route, which in CSV stand as JSON; raises `ValueError` that names the cell."""
    try:
        value = json.loads(cell.strip() or "null") if isinstance(cell, str) else cell
    except ValueError as error:
        raise ValueError(f"route: {_quoted(cell)} is no JSON ({error})") from None
    calls = [] if value is None else value
    if not isinstance(calls, list) or not all(map(_is_call, calls)):
        raise ValueError(
            f"route: {_quoted(cell)} is no list of calls, "
            '{"tool": "tempo", "arguments": {}} each'
        )
    return calls


def _is_call(value: Any) -> bool:
    return (
        isinstance(value, Mapping)
        and isinstance(value.get("tool"), str)
        and isinstance(value.get("arguments"), Mapping)
    )


def _number(column: str, cell: Any) -> float | None:
    """A number, also with a decimal comma; raises `ValueError` that names column and cell."""
    text = _with_point(_text(cell)) if isinstance(cell, str) else cell
    if text in (None, "", "null"):
        return None
    try:
        number = math.nan if isinstance(text, bool) else float(text)
    except (ValueError, TypeError, OverflowError):
        number = math.nan
    if not math.isfinite(number):
        raise ValueError(f"{column}: {_quoted(cell)} is no number")
    return number


def _with_point(text: str) -> str:
    found = _DECIMAL_COMMA.fullmatch(text)
    return text if found is None else ".".join(found.groups())


def _quoted(cell: Any) -> str:
    text = repr(cell)
    return text if len(text) <= _LONGEST_QUOTE else f"{text[:_LONGEST_QUOTE]} …"


def _truth(cell: Any) -> bool | None:
    if cell is None or isinstance(cell, bool):
        return cell
    folded = str(cell).strip().casefold()
    if folded not in _TRUTH:
        raise ValueError(f"correct: {_quoted(cell)} is neither true nor false")
    return _TRUTH[folded]


def _texts(cell: Any) -> list[str]:
    """A text, or a list of them, which in CSV stands as JSON."""
    if cell in (None, ""):
        return []
    if isinstance(cell, str) and cell.startswith("["):
        with contextlib.suppress(ValueError):
            cell = json.loads(cell)
    return list(map(_text, cell)) if isinstance(cell, list) else [_text(cell)]


def _text(cell: Any) -> str:
    return "" if cell is None else str(cell).strip()


def _first_of(fields: Mapping[str, Any], columns: Sequence[str]) -> str | None:
    """As `Row.extra_fields` has it."""
    return next((str(fields[name]) for name in columns if fields.get(name) not in (None, "")), None)
