"""What `audiorouter runs` shows a person."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from audiorouter.cli.answer_lines import MARKS, AnswerLine, shown_calls, table_of_answers
from audiorouter.cli.intervals import share_range
from audiorouter.cli.table import Column, Kind, Table, Tone, cell, marked
from audiorouter.text import counted

if TYPE_CHECKING:
    from audiorouter.batch.past.past_rows import PastRow
    from audiorouter.batch.past.past_runs import PastRun, RunDifference

RUN_COLUMNS = (
    Column("run", Kind.NUMBER),
    Column("started"),
    Column("status", Kind.NAME, marked),
    Column("answered"),
    Column("right"),
    Column("reasoner"),
    Column("router"),
    Column("questions"),
)
"""Those of the table of runs."""
_NAMES_FIRST = (
    *("version", "command", "settings", "provider", "reasoner", "router", "router_hash", "plugins"),
)
"""What of a run's provenance is shown; --json has the rest."""


def run_records(runs: Sequence[PastRun]) -> list[dict[str, Any]]:
    """One line a run."""
    return [
        {
            "run": run.number,
            "started": run.started,
            "status": run.status,
            "answered": f"{run.answered} of {run.questions}",
            "right": _right(run),
            "reasoner": run.provenance.get("provider", ""),
            "router": run.provenance.get("router", ""),
            "questions": Path(run.questions_file).name,
        }
        for run in runs
    ]


def run_report(
    run: PastRun, rows: Sequence[PastRow], fields: Sequence[str] = ()
) -> Iterator[str | Table]:
    """What made a run's answers, and its rows."""
    yield (
        f"run {run.number}: {run.status}, {run.answered} of "
        f"{counted(run.questions, 'question')} answered"
    )
    facts = {
        "started": f"{run.started} UTC",
        "ended": f"{run.finished} UTC" if run.finished else "-",
        "questions": run.questions_file,
        "clips": run.clips_dir,
        **{name: cell(run.provenance.get(name)) or "-" for name in _NAMES_FIRST},
    }
    if run.accuracy.total:
        bounds = share_range(run.accuracy)
        facts["right"] = f"{_right(run)}, 95% interval {bounds}"
    yield Table([Column("what", Kind.NAME), Column("value")], list(facts.items()), header=False)
    lines = [
        AnswerLine(
            (row.id, row.audio, row.question),
            row.prediction or f"({row.error or 'no answer'})",
            row.correct,
            cell(row.fields.get("answer")),
            shown_calls(row.calls),
            [cell(row.fields.get(name)) for name in fields],
        )
        for row in rows
    ]
    yield from ("", table_of_answers(lines, fields))


def difference_report(found: RunDifference) -> Iterator[str | Table]:
    """What differs between two runs."""
    first, second = found.first, found.second
    yield f"run {first.number} of {first.started}, right {_right(first)}"
    yield f"run {second.number} of {second.started}, right {_right(second)}"
    yield (
        f"{counted(found.asked_by_both, 'question')} in both, {found.only_first} only in "
        f"{first.number}, {found.only_second} only in {second.number}: "
        + ", ".join(f"{count} {what}" for what, count in found.counts.items())
    )
    heads = [f"run {run.number}" for run in (first, second)]
    if found.settings:
        yield from ("", settings_table(found.settings, heads))
    if found.changed:
        yield from ("", changes_table(found.changed, heads))


def settings_table(settings: Mapping[str, tuple[Any, Any]], heads: Sequence[str]) -> Table:
    """What differs in what made two sets of answers, a line a value."""
    columns = [Column("what made them", Kind.NAME), *map(Column, heads)]
    return Table(columns, _settings_rows(settings))


def changes_table(changed: Iterable[tuple[PastRow, PastRow]], heads: Sequence[str]) -> Table:
    """Questions that two sets of answers both have, with both answers and routes."""
    columns = [
        Column("id", Kind.NAME),
        Column("clip", Kind.NAME),
        Column("question"),
        *(Column(head, tone=_judged) for head in heads),
        Column("tools"),
    ]
    return Table(
        columns,
        [[a.id, a.audio, a.question, _answer(a), _answer(b), _calls(a, b)] for a, b in changed],
    )


def _settings_rows(settings: Mapping[str, tuple[Any, Any]]) -> list[list[str]]:
    rows = []
    for name, (before, after) in settings.items():
        if isinstance(before, dict) and isinstance(after, dict):
            inner = [key for key in {**before, **after} if before.get(key) != after.get(key)]
            rows += [
                [f"{name}: {key}", cell(before.get(key)), cell(after.get(key))] for key in inner
            ]
        else:
            rows.append([name, cell(before), cell(after)])
    return rows


def _answer(row: PastRow) -> str:
    mark = f" ({MARKS[row.correct]})" if row.correct is not None else ""
    return f"{row.prediction or row.error or 'no answer'}{mark}"


def _judged(answer: str) -> Tone | None:
    return marked(answer.rpartition(" (")[2].rstrip(")"))


def _calls(before: PastRow, after: PastRow) -> str:
    old, new = (shown_calls(row.calls, none="none") for row in (before, after))
    return old if before.calls == after.calls else f"{old} → {new}"


def _right(run: PastRun) -> str:
    share = run.accuracy
    return f"{share.right} of {share.total} ({share.rate:.1%})" if share.total else "-"
