"""Writing the answers: CSV, JSONL or JSON, in the layout of the questions file."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from audiorouter.batch.answers_file.answer_formats import SUFFIXES, AnswerFormat
from audiorouter.batch.rows import ASKED, EXTRA_FIELDS, FIELDS, Row
from audiorouter.csv_cells import VERBATIM_COLUMN, are_answers
from audiorouter.errors import QuestionFileError, UsageError
from audiorouter.machine.files import check_file
from audiorouter.questions import Layout, Question, QuestionSet
from audiorouter.questions.column_names import QUESTION_NAMES, plain_name
from audiorouter.questions.files import is_answers_file, read_records
from audiorouter.questions.layout import AUTHORS_FIELD
from audiorouter.scoring import Measure
from audiorouter.text import listed_names, unknown

_LOOKED_AT = 100_000
"""Characters of a file that cannot be read in which columns of questions are looked for."""
_OF_THE_QUESTION = ("domain", "category")


def unfinished(path: Path) -> Path:
    """Where the answers are that a batch has which did not come to its end."""
    return path.with_name(f"{path.stem}.part{path.suffix}")


def check_output(path: Path, *, unlike: Sequence[Path] = (), verbatim: bool = False) -> None:
    """Raise `UsageError` where no answers could be written to `path`; better before the work."""
    if path.suffix.lower() not in SUFFIXES:
        raise UsageError(f"{path}: answers are written as {', '.join(SUFFIXES)}, by the suffix")
    if verbatim and path.suffix.lower() != ".csv":
        raise UsageError(f"{path}: --verbatim is for .csv; JSON holds everything as it is")
    check_file(path, unlike=unlike)
    if _holds_questions(path):
        raise UsageError(
            f"{path}: it holds questions, which the answers would overwrite: choose another name "
            "for -o"
        )


def _holds_questions(path: Path) -> bool:
    """Whether it is a table of questions, and no answers that were made of them before."""
    if not path.is_file() or is_answers_file(path):
        return False
    names = set(map(plain_name, QUESTION_NAMES))
    try:
        return any(plain_name(name) in names for each in read_records(path) for name in each.fields)
    except QuestionFileError:  # several tables in one file, or a damaged one
        with path.open(encoding="utf-8", errors="replace") as file:
            words = re.findall(r'[^\s"\',;:{}\[\]]+', file.read(_LOOKED_AT))
        return not names.isdisjoint(map(plain_name, words))


def check_fields(given: str | Iterable[str]) -> tuple[str, ...]:
    """The names of fields, in a list or in a text with commas, that answers are to have besides.

    Raises:
        UsageError: answers have no such field.
    """
    names = tuple(listed_names(given))
    for name in names:
        if name not in EXTRA_FIELDS:
            raise UsageError(f"--fields {name}: {unknown('field', name, EXTRA_FIELDS)}")
    return names


def render_records(
    suffix: str, records: Sequence[Mapping[str, Any]], *, verbatim: bool = False
) -> str:
    """Records as a file of answers."""
    columns = list(dict.fromkeys(name for record in records for name in record)) or list(FIELDS)
    form = AnswerFormat(suffix, columns, verbatim=verbatim)
    parts = [form.record(record, first=not number) for number, record in enumerate(records)]
    return "".join([form.start, *parts, form.end(empty=not records)])


def columns_of(questions: QuestionSet, fields: Sequence[str], *, wer: bool) -> list[str]:
    """The columns that the answers to these questions have in CSV, before there are any.

    They stand in the order in which the rows, from the first on, bring them. `wer` is whether word
    error rates are measured: only those of open-ended questions with right answers have one.
    """
    shapes: Iterable[tuple[tuple[str, ...], bool]] = ((shape, False) for shape in questions.shapes)
    if wer:
        rows = (Row(question, measure=Measure.WER) for question in questions.questions)
        shapes = dict.fromkeys(
            (tuple(row.question.record), row.word_errors is not None) for row in rows
        )
    columns: dict[str, None] = {}
    for shape, measured in shapes:
        question = Question("", 0, "", None, "", record=dict.fromkeys(shape))
        row = Row(question, measure=Measure.WER) if wer else Row(question)
        ours = row.fields() | ({"wer": None} if measured else {})
        columns |= dict.fromkeys(as_record(questions.layout, row, fields, ours))
    return list(columns) or list(FIELDS)


def as_record(
    layout: Layout,
    row: Row,
    fields: Sequence[str] = (),
    ours: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Our fields, those of `EXTRA_FIELDS` that are asked for, and the row's other columns.

    What we found out stands under our names. A column of the questions file that has one of them
    is kept as `input_NAME`. In the layouts of MMAU and MMAR what was asked stays as the file has
    it, and the prediction stands a second time where the authors' scorer looks for it. Of an
    answers file that is asked again the former findings are replaced. `ours` are the row's own
    fields, where they were made already.
    """
    asked, found = _halves(row.fields() if ours is None else ours)
    original = row.question.record
    if row.question.unread_choices and "choices" in original:
        asked["choices"] = original["choices"]  # a reader may still make something of them
    # What the file has of its own accord, such as a domain, it has once.
    extra = {n: value for n, value in row.extra_fields().items() if n in fields} if fields else {}
    of_the_question = {name: extra.pop(name) for name in _OF_THE_QUESTION if name in extra}
    found |= extra | {n: value for n, value in of_the_question.items() if n not in original}
    if are_answers(original):
        former = {*FIELDS, "wer", VERBATIM_COLUMN, AUTHORS_FIELD.get(layout), *extra} - {*ASKED}
        original = {name: value for name, value in original.items() if name not in former}
        # What is not asked for now is of another run.
        stale = {*EXTRA_FIELDS} - {*_OF_THE_QUESTION}
    else:
        stale = set()
    taken = {*found, *stale} | ({"wer"} if row.measure is Measure.WER else set())
    if layout is Layout.OURS:
        kept = {name: value for name, value in original.items() if name not in asked}
        return asked | found | _renamed(kept, taken)
    taken.add(AUTHORS_FIELD[layout])
    found[AUTHORS_FIELD[layout]] = row.prediction or ""
    added = {name: value for name, value in asked.items() if name not in original}
    return _renamed(original, taken) | added | found


def _halves(ours: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What was asked, and what came of it."""
    asked = {name: ours[name] for name in ASKED}
    return asked, {name: value for name, value in ours.items() if name not in asked}


def _renamed(original: Mapping[str, Any], taken: Container[str]) -> dict[str, Any]:
    """The columns with `input_` before those names that are taken, as often as it needs."""
    kept = {name: value for name, value in original.items() if name not in taken}
    for name, value in original.items():
        if name in taken:
            free = f"input_{name}"
            while free in kept or free in taken or free in original:
                free = f"input_{free}"
            kept[free] = value
    return kept
