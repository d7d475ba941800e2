"""Sets of answers to compare: runs of the store, answers files, batches that were just run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from audiorouter.batch.answers_file.saved_answers import read_answers
from audiorouter.batch.past.past_rows import PastRow, asked_of
from audiorouter.batch.past.past_runs import LAST, find_run, rows_of
from audiorouter.batch.result import BatchResult
from audiorouter.errors import UsageError
from audiorouter.machine.called import to_type
from audiorouter.machine.paths import StrPath, default_store_path
from audiorouter.store import Store
from audiorouter.store.row_shapes import usage_of
from audiorouter.text import close_name, counted

GivenAnswers = StrPath | int | BatchResult
"""A run's number or `last`, the path of an answers file, or a batch."""


@dataclass(frozen=True)
class AnswerSet:
    """Answers to some questions; `rows` are those that were come to."""

    name: str
    rows: tuple[PastRow, ...]
    provenance: Mapping[str, Any] = field(default_factory=dict)
    """What made them; nothing of an answers file."""
    usage: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    """What a server said that an answer took, by the answer's key in the store."""
    remarks: tuple[str, ...] = ()
    """What a user should know of how they were read."""


def answer_sets(given: Sequence[GivenAnswers], store: StrPath | None = None) -> list[AnswerSet]:
    """The answers of each; the store is opened where a run is named.

    Raises:
        UsageError: there is no such run, or no such answers file.
        StoreError: the store cannot be used.
    """
    if not any(is_run(each) for each in given):
        return _named_apart([_of_file_or_batch(each) for each in given])
    with Store.to_look_at(Path(store) if store else default_store_path()) as opened:
        return _named_apart(
            [
                _of_run(opened, str(each)) if is_run(each) else _of_file_or_batch(each)
                for each in given
            ]
        )


def _named_apart(sets: Sequence[AnswerSet]) -> list[AnswerSet]:
    """The same with a number behind a name that one of them has already."""
    times: Counter[str] = Counter()
    apart = []
    for answers in sets:
        times[answers.name] += 1
        again = times[answers.name]
        apart.append(answers if again == 1 else replace(answers, name=f"{answers.name} ({again})"))
    return apart


def is_run(given: GivenAnswers) -> bool:
    """Whether it names a run of the store."""
    return isinstance(given, int) or (
        isinstance(given, str) and (given == LAST or (given.isascii() and given.isdecimal()))
    )


def _of_run(store: Store, name: str) -> AnswerSet:
    run = find_run(store, name)
    rows = rows_of(store, run)
    found = store.answers(row.answer_key for row in rows if row.answer_key is not None)
    usage = {key: used for key, answer in found.items() if (used := usage_of(answer.usage))}
    asked = tuple(asked_of(rows))
    remarks = []
    if len(asked) < run.questions:
        remarks.append(
            f"run {run.number} ({run.status}) came to {len(asked):,} of "
            f"{counted(run.questions, 'question')}"
        )
    return AnswerSet(f"run {run.number}", asked, run.provenance, usage, tuple(remarks))


def _of_file_or_batch(given: GivenAnswers) -> AnswerSet:
    if isinstance(given, BatchResult):
        rows = [PastRow.answered(row) for row in given.rows]
        usage = {
            row.answer_key: row.answer.usage
            for row in given.rows
            if row.answer_key and row.answer and row.answer.usage
        }
        number = given.provenance.get("run")
        name = "batch" if number is None else f"run {number}"
        return AnswerSet(name, tuple(asked_of(rows)), given.provenance, usage)
    path = answers_path(given)
    rows, problems = read_answers(path)
    asked = tuple(asked_of(rows))
    left = len(rows) - len(asked)
    remarks = [f"{path}: its run ended before {counted(left, 'question')}"] if left else []
    return AnswerSet(str(path), asked, remarks=(*problems, *remarks))


def answers_path(given: StrPath | int) -> Path:
    """The path of an answers file that somebody named.

    Raises:
        UsageError: there is none, and it is no run either.
    """
    path = Path(str(given))
    if not path.exists():
        meant = close_name(str(given), [LAST])
        asked_for = "" if meant is None else f"did you mean {meant!r}? Else "
        raise UsageError(
            f"{path}: no such file, nor is it a run: {asked_for}write an answers file, a number "
            f"from `{to_type('runs', 'list')}`, or {LAST}"
        )
    return path
