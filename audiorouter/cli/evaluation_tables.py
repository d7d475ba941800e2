"""What `evaluate` shows a person: strategies side by side, as text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from audiorouter.cli.intervals import points_range, share_range, with_range
from audiorouter.cli.table import Column, Kind, Table, p_cell
from audiorouter.text import counted

if TYPE_CHECKING:
    from audiorouter.evaluation.bootstrap import Interval
    from audiorouter.evaluation.comparison import Evaluation
    from audiorouter.evaluation.contributions import ToolWorth

_FAILURES_SHOWN = 10
_QUESTIONS_SHOWN = 10


def evaluation_report(evaluation: Evaluation) -> Iterator[str | Table]:
    """Strategies, comparisons, domains and tools, as tables."""
    for number, part in enumerate(_parts(evaluation)):
        yield from ([""] if number else [])
        yield part


def _parts(evaluation: Evaluation) -> Iterator[str | Table]:
    questions, clips = len(evaluation.table), len(set(evaluation.table.clips))
    yield (
        f"{counted(questions, 'question')} about {counted(clips, 'clip')}; "
        f"{evaluation.share_without_signal:.1%} are answered alike right or alike wrong by every "
        "route"
    )
    yield _strategies_table(evaluation)
    yield "\n".join((f"intervals: 95%, bootstrap over {evaluation.drawn_text}", *evaluation.legend))
    if evaluation.problems:
        yield _left_out(evaluation.problems)
    if evaluation.routers:
        yield from (_routers_table(evaluation), _comparisons_table(evaluation))
    if len(evaluation.routers) > 1 and (curve := evaluation.cost_quality) is not None:
        yield (
            f"mean accuracy over costs up to {curve.dearest:.2f} s, by whichever mixture of none "
            f"and these routers\nis best, chosen in hindsight on these questions: "
            f"{with_range(curve.area)}"
        )
    for column in dict.fromkeys((evaluation.domain_column, evaluation.category_column)):
        if (groups := _groups_table(column, evaluation)) is not None:
            yield groups
    worth = sorted(evaluation.contributions.items(), key=lambda item: -item[1])
    yield _numbers(
        ["tool", "worth (Shapley share of the oracle's gain, points)"],
        [[name, f"{100 * value:.1f}"] for name, value in worth],
    )


def _numbers(header: Sequence[str], rows: Sequence[Sequence[str]], *, names: int = 1) -> Table:
    """A table whose columns behind the first `names` are numbers."""
    kinds = [Kind.NAME] * names + [Kind.NUMBER] * (len(header) - names)
    return Table([Column(*column) for column in zip(header, kinds, strict=True)], rows)


def _strategies_table(evaluation: Evaluation) -> Table:
    """Every strategy: how often it is right, and what its calls do and cost."""
    return _numbers(
        [
            *("strategy", "accuracy", "95% interval", "harm", "waste", "no call"),
            *("calls", "tool s", "ECE", "unanswered"),
        ],
        [
            [
                evaluation.label(name),
                f"{score.accuracy.mean:.1%}",
                share_range(score.accuracy),
                f"{score.effects.harm.mean:.1%}",
                _share(score.effects.waste),
                f"{score.effects.abstention.mean:.0%}",
                f"{score.calls:.2f}",
                f"{score.seconds:.2f}",
                _number(score.calibration_error),
                str(score.unanswered),
            ]
            for name, score in evaluation.strategies.items()
        ],
    )


def _routers_table(evaluation: Evaluation) -> Table:
    """The routers that were asked for: what they gain and lose, and what they expected."""
    rows = []
    for name in evaluation.routers:
        effects, quality = (score := evaluation.strategies[name]).effects, score.help_quality
        closed = effects.headroom_closed
        rows.append(
            [
                name,
                f"{effects.help.mean:.1%}",
                with_range(effects.harm),
                f"{effects.regret.mean:.3f}",
                with_range(closed, ".0%"),
                "-" if quality is None else f"{quality.calibration_error:.2f}",
                "-" if quality is None else _number(quality.auroc),
            ]
        )
    header = ["router", "help", "harm", "regret", "headroom closed", "P(help) ECE", "AUROC"]
    return _numbers(header, rows)


def _comparisons_table(evaluation: Evaluation) -> Table:
    return _numbers(
        ["router", "less", "points", "95% interval", "p"],
        [
            [
                c.first,
                evaluation.label(c.second),
                f"{100 * c.difference.mean:+.1f}",
                points_range(c.difference),
                p_cell(c.p_value),
            ]
            for c in evaluation.comparisons
        ],
        names=2,
    )


def _share(interval: Interval | None) -> str:
    return "-" if interval is None else f"{interval.mean:.0%}"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def _left_out(problems: Mapping[str, str]) -> str:
    """Which questions were not asked or not answered, and why."""
    lines = [f"left out: {counted(len(problems), 'question')}"]
    shown = list(problems.items())[:_FAILURES_SHOWN]
    lines += [f"  {name}: {' '.join(why.split())}" for name, why in shown]
    if len(problems) > _FAILURES_SHOWN:
        lines.append(f"  … and {len(problems) - _FAILURES_SHOWN} more (--json has them all)")
    return "\n".join(lines)


def _groups_table(column: str, evaluation: Evaluation) -> Table | None:
    """Accuracy by group of the routers that were asked for, and of what they lie between."""
    groups = evaluation.by(column)
    if not groups:
        return None
    names = list(dict.fromkeys(["none", "all", *evaluation.routers, "cross-fitted oracle"]))
    return _numbers(
        [column, "n", *(evaluation.label(name) for name in names)],
        [
            [group, str(next(iter(scores.values()))[1]), *(f"{scores[n][0]:.0%}" for n in names)]
            for group, scores in groups.items()
        ],
    )


def worth_text(worth: ToolWorth) -> str:
    """What a tool is worth, with the questions that it fixes and breaks."""
    lines = [
        "",
        f"{worth.tool}, called alone on {counted(worth.questions, 'question')}: "
        f"fixes {len(worth.fixes)}, breaks {len(worth.breaks)}; "
        f"Shapley share {100 * worth.shapley:+.1f} points; "
        f"{worth.seconds:.2f} s a question, {worth.share_of_all_seconds:.0%} of all tools",
    ]
    lines += [f"  the router {name} calls it for {s:.0%}" for name, s in worth.chosen.items()]
    for what, questions in (("fixes", worth.fixes), ("breaks", worth.breaks)):
        shown = questions[:_QUESTIONS_SHOWN]
        lines += [f"  {what} {q.id}: {' '.join(q.text.split())}" for q in shown]
        if len(questions) > _QUESTIONS_SHOWN:
            lines.append(f"  {what} {len(questions) - _QUESTIONS_SHOWN} more (--json has them all)")
    return "\n".join(lines)
