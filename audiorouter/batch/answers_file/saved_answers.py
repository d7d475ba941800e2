"""Reading an answers file back: CSV, JSON Lines or JSON, as `answer_files` writes them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from audiorouter.batch.answers_file import saved_cells as cells
from audiorouter.batch.past.past_rows import PastRow
from audiorouter.batch.rows import CATEGORY_COLUMNS, DOMAIN_COLUMNS, FIELDS
from audiorouter.csv_cells import ANSWERS_COLUMNS
from audiorouter.errors import UsageError
from audiorouter.machine.called import to_type
from audiorouter.questions.answers import find_answers
from audiorouter.questions.cell_values import RowError
from audiorouter.questions.choices import Choices, read_choices
from audiorouter.questions.columns import Columns, column_called
from audiorouter.questions.files import Record, read_records

_NUMBERS = ("tool_seconds", "reason_seconds")
_BESIDES: Mapping[str, Callable[[Any], Any]] = {
    "confidence": cells.share,
    "cached": cells.truth,
    "remark": cells.text_or_none,
    "run": cells.whole_number,
    "reason": cells.text_or_none,
    "findings": cells.findings,
}
"""What reads the fields that nothing is compared by: one that cannot be read is left out."""


def read_answers(path: Path) -> tuple[list[PastRow], list[str]]:
    """The rows of the answers file at `path`, and what is said of what cannot be read of it.

    Rows have the fields that the file has (see `rows.FIELDS` and `EXTRA_FIELDS`), and no others.

    Raises:
        UsageError: it is not there, or is no answers file.
    """
    there = read_records(path)
    problems = [f"{path}, {r.place}: {r.error}: left out" for r in there if r.error]
    records = [record for record in there if not record.error]
    names = tuple(dict.fromkeys(name for record in records for name in record.fields))
    needed = dict.fromkeys((*FIELDS[:8], *sorted(ANSWERS_COLUMNS)))
    if missing := [name for name in needed if name not in names]:
        lacks = ", ".join(missing)
        raise UsageError(
            f"{path}: it is no answers file of `audiorouter batch -o` (it lacks {lacks})"
        )
    columns = Columns(names, None, None, ("choices",), (), ("answer",), None)
    choices = [_choices(record.fields, columns) for record in records]
    right = _right_answers([record.fields for record in records], choices, columns)
    rows = []
    for each in zip(records, choices, right, strict=True):
        besides, left_out = _besides(each[0].fields, each[1])
        rows.append(_row(path, *each, besides))
        problems += [f"{path}, {each[0].place}: {problem}: left out" for problem in left_out]
    return rows, problems


def _right_answers(
    rows: Sequence[Mapping[str, Any]], choices: Sequence[Choices], columns: Columns
) -> list[list[str]]:
    """The right choices or answers of each row, verbatim.

    Letters and numbers stand for them where what was asked stays as a questions file had it, as in
    the layouts of MMAU and MMAR.
    """
    given = [cells.texts(row.get("answer")) for row in rows]
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


def _row(
    path: Path,
    record: Record,
    choices: Choices,
    right: Sequence[str],
    besides: Mapping[str, Any],
) -> PastRow:
    given = record.fields
    try:
        calls = cells.calls(given.get("route"))
        asked = {
            "id": cells.text(given.get("id")),
            "audio": cells.text(given.get("audio")),
            "question": cells.text(given.get("question")),
        }
        correct = cells.truth(given.get("correct"), "correct")
        numbers = {name: cells.number(given.get(name), name) for name in _NUMBERS}
    except ValueError as error:
        raise UsageError(
            f"{path}, {record.place}: {error}: not as `audiorouter batch -o` writes it. Correct "
            "the cell, or have the file written again "
            f"(`{to_type('runs', 'show', 'RUN', '-o', 'FILE')}`)"
        ) from None
    prediction, complaint = (
        cells.as_it_stands(given.get(name)) for name in ("prediction", "error")
    )
    known = {
        **asked,
        "choices": list(choices.written),
        "answer": right or None,
        "prediction": prediction,
        "correct": correct,
        "scored_by": cells.text_or_none(given.get("scored_by")),
        **numbers,
        "domain": _first_of(given, DOMAIN_COLUMNS),
        "category": _first_of(given, CATEGORY_COLUMNS),
        "error": complaint,
        **besides,
    }
    return PastRow(
        **asked,
        choices=choices.written,
        prediction=prediction,
        correct=correct,
        calls=calls,
        error=complaint,
        fields=known,
    )


def _besides(given: Mapping[str, Any], choices: Choices) -> tuple[dict[str, Any], list[str]]:
    """Fields that the file has and may be without, and what is wrong with those left out."""
    count = len(choices.written)
    readers: dict[str, Callable[[Any], Any]] = {
        **_BESIDES,
        "prediction_index": lambda cell: cells.index(cell, count),
        "probabilities": lambda cell: cells.probabilities(cell, count),
    }
    found, problems = {}, []
    for name, read in readers.items():
        if name not in given:
            continue
        try:
            found[name] = read(given[name])
        except ValueError as error:
            problems.append(f"{name}: {error}")
    return found, problems


def _choices(fields: Mapping[str, Any], columns: Columns) -> Choices:
    try:
        return read_choices(fields, columns)
    except RowError:
        return Choices()  # as its row says


def _first_of(fields: Mapping[str, Any], columns: Sequence[str]) -> str | None:
    """As `Row.extra_fields` has it."""
    found = (column_called(name, fields) for name in columns)
    return next((str(fields[name]) for name in found if name is not None), None)
