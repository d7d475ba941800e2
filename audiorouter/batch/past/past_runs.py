"""Runs as the store has them: listed, looked at, written out again, and held against each other."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from audiorouter.batch.answers_file.answer_files import check_fields, check_output, render_records
from audiorouter.batch.past.pairing import pair_rows
from audiorouter.batch.past.past_rows import PastRow, asked_of
from audiorouter.batch.rows import FIELDS
from audiorouter.batch.tally import Tally
from audiorouter.bounds import COUNT
from audiorouter.errors import UsageError
from audiorouter.machine.called import to_type
from audiorouter.machine.files import write_file
from audiorouter.scoring import Proportion
from audiorouter.store import Store, StoredRun
from audiorouter.store.row_shapes import value_of
from audiorouter.store.sqlite_file import has_nothing
from audiorouter.text import counted, first_of, unknown

LAST = "last"
"""By which the latest run is called."""
_LONGEST_NUMBER = 18
"""Digits of a number that a store can hold."""
_NAMED = 4
"""So many new tools to which nothing is routed are named."""


@dataclass(frozen=True)
class PastRun:
    """A run that the store knows; its rows are read when they are asked for."""

    number: int
    started: str
    """In UTC, as `finished`."""
    finished: str | None
    status: str
    questions_file: str
    clips_dir: str
    provenance: Mapping[str, Any]
    """What made its answers, see `audiorouter.batch.provenance`, and its options."""
    questions: int
    answered: int
    accuracy: Proportion
    """Of the questions whose right answer is known."""

    def as_json(self) -> dict[str, Any]:
        """The run as values of JSON, without its rows."""
        return {
            **vars(self),
            "provenance": dict(self.provenance),
            "accuracy": self.accuracy.as_json() if self.accuracy.total else None,
        }


@dataclass(frozen=True)
class RunDifference:
    """Two runs, and the questions that both asked whose answer or route is another."""

    first: PastRun
    second: PastRun
    asked_by_both: int
    only_first: int
    only_second: int
    settings: Mapping[str, tuple[Any, Any]]
    """What differs in what made the answers."""
    changed: Sequence[tuple[PastRow, PastRow]]

    @cached_property
    def counts(self) -> dict[str, int]:
        """How many questions have another answer, another route, are newly right or newly wrong."""
        return {
            "other answer": self._count(lambda a, b: a.prediction != b.prediction),
            "other route": self._count(lambda a, b: a.calls != b.calls),
            "now right": self._count(lambda a, b: a.correct is False and b.correct is True),
            "now wrong": self._count(lambda a, b: a.correct is True and b.correct is False),
        }

    def _count(self, holds: Callable[[PastRow, PastRow], bool]) -> int:
        return sum(holds(*pair) for pair in self.changed)

    def as_json(self) -> dict[str, Any]:
        """The difference as values of JSON."""
        return {
            "first": self.first.as_json(),
            "second": self.second.as_json(),
            "asked_by_both": self.asked_by_both,
            "only_first": self.only_first,
            "only_second": self.only_second,
            "settings": {name: list(pair) for name, pair in self.settings.items()},
            "counts": self.counts,
            "changed": [
                {"id": a.id, "audio": a.audio, "question": a.question}
                | {
                    name: {"prediction": row.prediction, "correct": row.correct,
                           "calls": list(row.calls), "error": row.error}
                    for name, row in (("first", a), ("second", b))
                }
                for a, b in self.changed
            ],
        }  # fmt: skip


def list_runs(store: Store, *, limit: int | None = None) -> list[PastRun]:
    """The latest runs, the last one first; those whose process is gone are `lost`.

    Raises:
        UsageError: `limit` is not a number of runs.
    """
    COUNT.check("limit", limit)
    store.close_lost_runs()
    return [_past(run) for run in store.runs(limit=limit)]


def runs_in(path: Path, *, limit: int | None = None) -> list[PastRun]:
    """The same of the store at `path`; none where there is no store, of which none is made.

    Raises:
        UsageError: `limit` is not a number of runs.
        StoreError: the store cannot be read.
    """
    if has_nothing(path):
        return []
    with Store.to_look_at(path) as store:
        return list_runs(store, limit=limit)


def find_run(store: Store, name: str) -> PastRun:
    """The run of that number, or the `last` one.

    Raises:
        UsageError: there is none.
    """
    store.close_lost_runs()
    latest = store.runs(limit=1)
    if not latest:
        raise UsageError(f"{store.path}: there is no run in the store yet")
    if name == LAST:
        return _past(latest[0])
    is_number = name.isascii() and name.isdecimal() and len(name) <= _LONGEST_NUMBER
    found = store.run(int(name)) if is_number else None
    if found is None:
        # Numbers are not among the names: of two none is a slip of the other.
        more = f", and numbers of `{to_type('runs', 'list')}`; the latest is {latest[0].number}"
        raise UsageError(f"{store.path}: {unknown('run', name, [LAST], more=more)}")
    return _past(found)


def rows_of(store: Store, run: PastRun) -> list[PastRow]:
    """What became of each question, in the order in which they were asked."""
    return [PastRow.stored(row) for row in store.run_rows(run.number)]


def write_run(path: Path, rows: Sequence[PastRow], fields: str | Sequence[str] = ()) -> None:
    """Write a run's answers once more: our fields, and those of `EXTRA_FIELDS` besides.

    Other columns of the questions file are not kept with a run.

    Raises:
        UsageError: the file cannot be written, or there is no such field.
    """
    names = check_fields(fields)
    check_output(path)
    wanted = [*FIELDS, *(["wer"] if any("wer" in row.fields for row in rows) else []), *names]
    records = [{name: row.fields.get(name) for name in wanted} for row in rows]
    write_file(path, render_records(path.suffix.lower(), records))


def difference(store: Store, first: PastRun, second: PastRun) -> RunDifference:
    """What differs between two runs, question by question; see `pairing.pair_rows`."""
    found = pair_rows(*(asked_of(rows_of(store, run)) for run in (first, second)))
    return RunDifference(
        first,
        second,
        len(found.pairs),
        found.only_first,
        found.only_second,
        other_settings(first.provenance, second.provenance),
        [
            (a, b)
            for a, b in found.pairs
            if (a.prediction, a.correct, a.calls) != (b.prediction, b.correct, b.calls)
        ],
    )


def other_settings(
    first: Mapping[str, Any], second: Mapping[str, Any]
) -> dict[str, tuple[Any, Any]]:
    """What differs in what made the answers of two runs, by the names of their provenance."""
    ignored = {"command", "started", "run"}
    values = {
        name: (first.get(name), second.get(name))
        for name in dict.fromkeys([*first, *second])
        if name not in ignored
    }
    return {name: pair for name, pair in values.items() if pair[0] != pair[1]}


def newly_routed(
    store: Store, questions_file: Path, provenance: Mapping[str, Any], tally: Tally
) -> list[str]:
    """What routes make of the tools that the run before had not, which asked the same file.

    One sentence a tool that is called, and one for all others; none where there is no such run, or
    where it had the same tools.
    """
    before = store.run_before(
        provenance["run"], questions_file=questions_file, router=provenance["router"]
    )
    had = None if before is None else _settings(before).get("tools")
    if before is None or not isinstance(had, dict):
        return []
    calls, new = tally.routed, [name for name in provenance["tools"] if name not in had]
    asked, number = counted(tally.questions, "question"), before.number
    told = [
        f"{calls[name]} of {asked} {'is' if calls[name] == 1 else 'are'} now routed to {name}, "
        f"which run {number} did not have"
        for name in new
        if calls[name]
    ]
    if idle := [name for name in new if not calls[name]]:
        names = first_of(idle, _NAMED)
        told.append(f"0 of {asked} are routed to {names}, which run {number} did not have")
    return told


def _settings(run: StoredRun) -> dict[str, Any]:
    """What the run says of itself; nothing where somebody else has written that."""
    return value_of(run.settings, dict) or {}


def _past(run: StoredRun) -> PastRun:
    settings = _settings(run)
    asked = settings.get("questions")
    return PastRun(
        run.number,
        run.started,
        run.finished,
        run.status,
        run.questions_file,
        run.clips_dir,
        settings,
        # One that was killed has kept fewer rows than it was asked.
        max(run.questions, asked if isinstance(asked, int) else 0),
        run.answered,
        run.counts.proportion,
    )
