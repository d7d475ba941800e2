"""What `audiorouter runs` shows a person."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from audiorouter.cli.output import cell, table
from audiorouter.text import counted

if TYPE_CHECKING:
    from audiorouter.batch.past_runs import PastRow, PastRun, RunDifference

_MARKS = {True: "right", False: "wrong", None: ""}
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


def run_text(run: PastRun, rows: Sequence[PastRow], fields: Sequence[str] = ()) -> str:
    """What made a run's answers, and its rows."""
    lines = [
        f"run {run.number}: {run.status}, {run.answered} of "
        f"{counted(run.questions, 'question')} answered",
        f"started {run.started} UTC, ended {run.finished or '-'}",
        f"questions {run.questions_file}",
        f"clips {run.clips_dir}",
    ]
    lines += [f"{name} {cell(run.provenance.get(name))}" for name in _NAMES_FIRST]
    if run.accuracy.total:
        share = run.accuracy
        lines.append(f"right {_right(run)} (95% interval {share.low:.1%} … {share.high:.1%})")
    shown = [
        [row.key[0], row.key[1], row.key[2], row.prediction or f"({row.error or 'no answer'})",
         _MARKS[row.correct], ", ".join(row.calls), *(cell(row.fields.get(f)) for f in fields)]
        for row in rows
    ]  # fmt: skip
    return "\n".join(
        [*lines, "", table(["id", "clip", "question", "answer", "", "tools", *fields], shown)]
    )


def difference_text(found: RunDifference) -> str:
    """What differs between two runs."""
    first, second = found.first, found.second
    lines = [
        f"run {first.number} of {first.started}, right {_right(first)}",
        f"run {second.number} of {second.started}, right {_right(second)}",
        f"{counted(found.asked_by_both, 'question')} in both, {found.only_first} only in "
        f"{first.number}, {found.only_second} only in {second.number}: "
        + ", ".join(f"{count} {what}" for what, count in found.counts.items()),
    ]
    if found.settings:
        lines += ["", table(["what made them", *_heads(found)], _settings(found))]
    if found.changed:
        rows = [
            [a.key[0], a.key[1], a.key[2], _answer(a), _answer(b), _calls(a, b)]
            for a, b in found.changed
        ]
        header = ["id", "clip", "question", *_heads(found), "tools"]
        lines += ["", table(header, rows)]
    return "\n".join(lines)


def _heads(found: RunDifference) -> list[str]:
    return [f"run {found.first.number}", f"run {found.second.number}"]


def _settings(found: RunDifference) -> list[list[str]]:
    rows = []
    for name, (before, after) in found.settings.items():
        if isinstance(before, dict) and isinstance(after, dict):
            inner = [key for key in {**before, **after} if before.get(key) != after.get(key)]
            rows += [
                [f"{name}: {key}", cell(before.get(key)), cell(after.get(key))] for key in inner
            ]
        else:
            rows.append([name, cell(before), cell(after)])
    return rows


def _answer(row: PastRow) -> str:
    mark = f" ({_MARKS[row.correct]})" if row.correct is not None else ""
    return f"{row.prediction or row.error or 'no answer'}{mark}"


def _calls(before: PastRow, after: PastRow) -> str:
    old, new = (", ".join(row.calls) or "none" for row in (before, after))
    return old if old == new else f"{old} → {new}"


def _right(run: PastRun) -> str:
    share = run.accuracy
    return f"{share.right} of {share.total} ({share.rate:.1%})" if share.total else "-"
