"""What `audiorouter compare` shows a person."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from audiorouter.cli.intervals import points_range
from audiorouter.cli.run_tables import changes_table, settings_table
from audiorouter.cli.table import NOTHING, Column, Kind, Table, in_step, p_cell
from audiorouter.text import counted

if TYPE_CHECKING:
    from audiorouter.evaluation.compared import Compared
    from audiorouter.evaluation.paired_accuracy import PairedAccuracy, Tested


def compared_report(comparisons: Sequence[Compared], *, limit: int) -> Iterator[str | Table]:
    """Comparisons, each with the first `limit` of the questions that changed."""
    for number, found in enumerate(comparisons):
        yield from ([""] if number else [])
        yield from _comparison(found, limit=limit)


def _comparison(found: Compared, *, limit: int) -> Iterator[str | Table]:
    names = [found.first.name, found.second.name]
    first, second = names
    yield f"{second} against {first}: {found.verdict}"
    yield (
        f"{counted(len(found.pairs), 'question')} in both, {found.only_first:,} only in {first}, "
        f"{found.only_second:,} only in {second}"
    )
    yield from found.notes
    for table in in_step(list(_accuracy_tables(found))):
        yield from ("", table)
    if not found.same_answers or found.now_right or found.now_wrong:
        yield from ("", *_power(found))
    yield from ("", _costs_table(found))
    if found.settings:
        yield from ("", settings_table(found.settings, names))
    changed = [*found.now_wrong, *found.now_right]
    if changed and limit:
        yield from ("", changes_table(changed[:limit], names))
    if len(changed) > limit:
        yield f"… {len(changed) - limit:,} more that changed: --limit, or --json for all"


def _accuracy_tables(found: Compared) -> Iterator[Table]:
    """Of all questions, then by group where anything changed."""
    if found.accuracy is not None:
        yield _accuracy_table("accuracy", found, list(_whole(found)))
    if found.now_right or found.now_wrong:
        for column, groups in found.groups.items():
            adjusted = found.groups_holm[column]
            rows = [_row(name, part, adjusted[name]) for name, part in groups.items()]
            yield _accuracy_table(column, found, rows, p_value="p (Holm)")


def _accuracy_table(
    what: str, found: Compared, rows: Sequence[Sequence[str]], *, p_value: str = "p"
) -> Table:
    return _numbers(
        [
            *(what, "n", "clips", found.first.name, found.second.name),
            *("difference", "95% interval", p_value, "now right", "now wrong"),
        ],
        rows,
    )


def _numbers(header: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    """A table whose columns behind the first are numbers."""
    first, *others = header
    columns = [Column(first, Kind.NAME), *(Column(title, Kind.NUMBER) for title in others)]
    return Table(columns, rows)


def _whole(found: Compared) -> Iterator[list[str]]:
    assert found.accuracy is not None
    yield _row("all", found.accuracy, found.accuracy.over_clips.p_value)
    if found.holm is not None:
        yield ["all, as one of several (Holm)", *[NOTHING] * 6, p_cell(found.holm), *[NOTHING] * 2]
    if (wider := found.accuracy.over_categories) is not None:
        yield ["all, for other categories too", *[NOTHING] * 5, *_tested(wider), *[NOTHING] * 2]


def _row(name: str, part: PairedAccuracy, p_value: float) -> list[str]:
    return [
        name, str(part.questions), str(part.clips), f"{part.first:.1%}", f"{part.second:.1%}",
        f"{100 * part.difference:+.1f}", _tested(part.over_clips)[0], p_cell(p_value),
        str(part.now_right), str(part.now_wrong),
    ]  # fmt: skip


def _tested(found: Tested) -> list[str]:
    return [points_range(found.interval), p_cell(found.p_value)]


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
        "no difference is seen, however large"
        if power.detectable is None
        else f"one of {100 * power.detectable:.1f} points or more is seen (at 5%) in 80% of files"
    )
    asked = f"{counted(part.questions, 'question')} about {counted(part.clips, 'clip')}"
    yield f"with {asked}, as here, {large}"


def _costs_table(found: Compared) -> Table:
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
    return _numbers([*header, found.first.name, found.second.name], rows)


def _number(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:,}" if isinstance(value, int) else f"{value:,.2f}"
