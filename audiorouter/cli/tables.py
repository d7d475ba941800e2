"""What the commands show a person: answers, summaries and plans as text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from audiorouter.cli.output import table

if TYPE_CHECKING:
    from audiorouter.batch.plan import Plan
    from audiorouter.batch.rows import Row
    from audiorouter.batch.summary import Summary
    from audiorouter.scoring import Proportion

_FAILURES_SHOWN = 10


def answers_table(rows: Sequence[Row]) -> str:
    """One line a question."""
    marks = {True: "right", False: "wrong", None: ""}
    return table(
        ["id", "clip", "question", "answer", "", "tools"],
        [
            [
                row.question.id,
                row.question.audio,
                row.question.text,
                row.prediction or f"({row.complaint})",
                marks[row.correct],
                ", ".join(call.label for call in row.route.calls) if row.route else "",
            ]
            for row in rows
        ],
    )


def summary_text(summary: Summary) -> str:
    """What a batch came to, in a few lines."""
    lines = [
        f"{summary.answered} of {summary.questions} questions answered in {summary.seconds:.1f} s "
        f"({summary.provider}, router {summary.router})"
    ]
    if summary.accuracy.total:
        groups: dict[str, Proportion] = {"all": summary.accuracy}
        groups |= summary.by_domain
        groups |= {f"  {name}": share for name, share in summary.by_category.items()}
        lines += ["", _accuracy_table(groups), ""]
    lines.append(
        f"tool calls {summary.tool_calls} run, {summary.tool_calls_cached} from the store; "
        f"answers {summary.answers} made, {summary.answers_cached} from the store"
    )
    if summary.tool_seconds:
        spent = ", ".join(f"{name} {seconds:.1f}" for name, seconds in summary.tool_seconds.items())
        lines.append(f"seconds: {spent}, reasoner {summary.reason_seconds:.1f}")
    if summary.failures:
        lines.append(f"{summary.failed} rows with errors:")
        lines += [f"  {failure}" for failure in summary.failures[:_FAILURES_SHOWN]]
        if len(summary.failures) > _FAILURES_SHOWN:
            lines.append(f"  … and {len(summary.failures) - _FAILURES_SHOWN} more")
    return "\n".join(lines)


def _accuracy_table(groups: Mapping[str, Proportion]) -> str:
    return table(
        ["accuracy", "right", "n", "rate", "95% interval"],
        [
            [name, str(p.right), str(p.total), f"{p.rate:.1%}", f"{p.low:.1%} … {p.high:.1%}"]
            for name, p in groups.items()
        ],
    )


def plan_table(plan: Plan) -> str:
    """What would be run."""
    lines = [
        f"{plan.questions} questions about {plan.clips} clips ({plan.audio_seconds:.0f} s of audio)"
    ]
    if plan.unanswerable:
        lines.append(f"{plan.unanswerable} of them cannot be answered as they stand")
    if plan.tool_calls:
        lines += [
            "",
            table(
                ["tool", "calls", "seconds"],
                [
                    [name, str(count), f"{plan.tool_seconds[name]:.1f}"]
                    for name, count in plan.tool_calls.items()
                ],
            ),
            "",
        ]
    lines.append(
        f"{plan.tool_calls_stored} tool calls are in the store already; "
        f"{plan.answers} answers are to be made"
    )
    basis = "measured here" if plan.measured else "partly guessed: not everything ran here before"
    lines.append(
        f"about {plan.wall_seconds:.0f} s in all; computing for the reasoner alone: "
        f"{plan.reason_seconds:.0f} s ({basis})"
    )
    return "\n".join(lines)
