"""What `audiorouter compare` shows a person."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from audiorouter.cli.output import table
from audiorouter.cli.run_tables import answer_cell, calls_cell, settings_rows
from audiorouter.text import counted

if TYPE_CHECKING:
    from audiorouter.evaluation.compared import Compared
    from audiorouter.evaluation.paired_accuracy import PairedAccuracy, Tested


def compared_text(found: Compared, *, limit: int) -> str:
    """One comparison, with the first `limit` of the questions that changed."""
    first, second = found.first.name, found.second.name
    lines = [
        f"{second} against {first}: {found.verdict}",
        f"{counted(len(found.pairs), 'question')} in both, {found.only_first:,} only in {first}, "
        f"{found.only_second:,} only in {second}",
        *found.notes,
    ]
    if found.accuracy is not None:
        lines += ["", _table("accuracy", found, list(_whole(found)))]
    if found.now_right or found.now_wrong:
        for column, groups in found.groups.items():
            adjusted = found.groups_holm[column]
            parts = [_row(name, part, adjusted[name]) for name, part in groups.items()]
            lines += ["", _table(column, found, parts, p_value="p (Holm)")]
    if found.other_answers:
        lines += ["", *_power(found)]
    lines += ["", _costs(found)]
    if found.settings:
        lines += ["", table(["what made them", first, second], settings_rows(found.settings))]
    changed = [*found.now_wrong, *found.now_right]
    if changed and limit:
        rows = [
            [a.id, a.audio, a.question, answer_cell(a), answer_cell(b), calls_cell(a, b)]
            for a, b in changed[:limit]
        ]
        lines += ["", table(["id", "clip", "question", first, second, "tools"], rows)]
    if len(changed) > limit:
        lines.append(f"… {len(changed) - limit:,} more that changed: --limit, or --json for all")
    return "\n".join(lines)


def _table(what: str, found: Compared, rows: list[list[str]], *, p_value: str = "p") -> str:
    header = [
        what, "n", "clips", found.first.name, found.second.name,
        "difference", "95% interval", p_value, "now right", "now wrong",
    ]  # fmt: skip
    return table(header, rows)


def _whole(found: Compared) -> Iterator[list[str]]:
    assert found.accuracy is not None
    yield _row("all", found.accuracy, found.accuracy.over_clips.p_value)
    if found.holm is not None:
        yield ["all, as one of several (Holm)", *[""] * 6, _p(found.holm), "", ""]
    if (wider := found.accuracy.over_categories) is not None:
        yield ["all, for other categories too", *[""] * 5, *_tested(wider), "", ""]


def _row(name: str, part: PairedAccuracy, p_value: float) -> list[str]:
    return [
        name, str(part.questions), str(part.clips), f"{part.first:.1%}", f"{part.second:.1%}",
        f"{100 * part.difference:+.1f}", _tested(part.over_clips)[0], _p(p_value),
        str(part.now_right), str(part.now_wrong),
    ]  # fmt: skip


def _tested(found: Tested) -> list[str]:
    interval = found.interval
    shown = "-" if interval is None else f"{100 * interval.low:+.1f} … {100 * interval.high:+.1f}"
    return [shown, _p(found.p_value)]


def _p(value: float) -> str:
    return "<0.0001" if value < 0.0001 else f"{value:.2g}"


def _power(found: Compared) -> Iterator[str]:
    power, part = found.power, found.accuracy
    if power is None or part is None:
        return
    if power.questions_needed is not None and power.clips_needed is not None:
        yield (
            f"a difference of {100 * abs(part.difference):.1f} points is seen (at 5%) in 80% of "
            f"files with {counted(power.questions_needed, 'question')} about "
            f"{counted(power.clips_needed, 'clip')} like these"
        )
    large = (
        "no difference is, however large"
        if power.detectable is None
        else f"one of {100 * power.detectable:.1f} points or more is"
    )
    asked = f"{counted(part.questions, 'question')} about {counted(part.clips, 'clip')}"
    yield f"with {asked}, as here, {large}"


def _costs(found: Compared) -> str:
    first, second = found.costs
    rows = [
        ["tool calls", f"{first.calls:,}", f"{second.calls:,}"],
        ["seconds of tools", _number(first.tool_seconds), _number(second.tool_seconds)],
        ["seconds of answers", _number(first.answer_seconds), _number(second.answer_seconds)],
    ]
    kinds = dict.fromkeys([*(first.usage or ()), *(second.usage or ())])
    rows += [
        [
            kind.replace("_", " "),
            *(_number((costs.usage or {}).get(kind)) for costs in found.costs),
        ]
        for kind in kinds
    ]
    header = [f"cost of {counted(len(found.pairs), 'question')}"]
    return table([*header, found.first.name, found.second.name], rows)


def _number(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:,}" if isinstance(value, int) else f"{value:,.2f}"
