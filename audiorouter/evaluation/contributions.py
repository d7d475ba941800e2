"""What each tool is worth: Shapley values from the outcome table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from audiorouter.errors import UsageError
from audiorouter.learning.outcome_table import Calls, Floats, OutcomeTable
from audiorouter.questions import Question
from audiorouter.text import unknown


@dataclass(frozen=True)
class ToolWorth:
    """What one tool is worth on some questions, called alone."""

    tool: str
    fixes: tuple[Question, ...]
    """Questions that the direct answer gets wrong and the tool gets right."""
    breaks: tuple[Question, ...]
    """The other way round."""
    questions: int
    shapley: float
    seconds: float
    """Mean seconds of the tool a question."""
    share_of_all_seconds: float
    chosen: Mapping[str, float]
    """Share of the questions for which each router calls it, 0…1."""

    def as_json(self) -> dict[str, Any]:
        """The same as values of JSON; questions by their ids."""
        return {
            "tool": self.tool,
            "questions": self.questions,
            "fixes": [question.id for question in self.fixes],
            "breaks": [question.id for question in self.breaks],
            "shapley": round(self.shapley, 4),
            "seconds": round(self.seconds, 4),
            "share_of_all_seconds": round(self.share_of_all_seconds, 4),
            "chosen": {name: round(share, 4) for name, share in self.chosen.items()},
        }


def tool_worth(
    table: OutcomeTable, tool: str, routes: Mapping[str, tuple[Calls, ...]]
) -> ToolWorth:
    """What `tool` is worth; `routes` are those of each router, one a question.

    Raises:
        UsageError: the table has no call of that tool alone.
    """
    column = next((i for i, r in enumerate(table.routes) if [c.tool for c in r] == [tool]), None)
    if column is None:
        raise _not_evaluated(tool, [route[0].tool for route in table.single_calls])
    direct, alone = table.correct[:, 0], table.correct[:, column]
    seconds = float(table.tool_seconds[:, column].mean())
    asked = table.questions
    return ToolWorth(
        tool=tool,
        fixes=tuple(q for q, d, a in zip(asked, direct, alone, strict=True) if a and not d),
        breaks=tuple(q for q, d, a in zip(asked, direct, alone, strict=True) if d and not a),
        questions=len(table),
        shapley=shapley_values(table)[tool],
        seconds=seconds,
        share_of_all_seconds=seconds / table.mean_all_seconds,
        chosen={
            name: sum(any(call.tool == tool for call in calls) for calls in taken) / len(table)
            for name, taken in routes.items()
        },
    )


def check_tool(tool: str, evaluated: Iterable[str]) -> None:
    """Make sure that what `tool` is worth can be said; asked before the work.

    Raises:
        UsageError: it is not among the tools that are evaluated.
    """
    if tool not in (known := list(evaluated)):
        raise _not_evaluated(tool, known)


def _not_evaluated(tool: str, known: Iterable[str]) -> UsageError:
    return UsageError(unknown("evaluated tool", tool, known))


def shapley_values(table: OutcomeTable) -> dict[str, float]:
    """Share of the oracle's gain over the direct answer that each tool brings.

    The value of a set of tools is the accuracy of the best choice in hindsight among the direct
    answer and single calls of the set; a tool's value is its mean marginal gain over all orders in
    which tools could be added (Shapley, "A Value for n-Person Games", 1953). They add up to the
    oracle's accuracy less that of the direct answer.

    A question is won by any of the tools that answer it, so the gain of such a question is divided
    evenly among them, and no sum over sets is needed.
    """
    return {tool: float(gain.mean()) for tool, gain in shapley_gains(table).items()}


def shapley_gains(table: OutcomeTable) -> dict[str, Floats]:
    """What each tool wins of each question `(Q,)`, 0…1; its Shapley value is the mean."""
    names = [route[0].tool for route in table.single_calls]
    columns = [table.routes.index(route) for route in table.single_calls]
    right = table.correct[:, columns] & ~table.correct[:, :1]
    winners = right.sum(axis=1, keepdims=True).clip(min=1)
    return dict(zip(names, (right / winners).T, strict=True))
