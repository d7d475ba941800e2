"""What decisions that a language model wrote are worth, by the outcome table.

A call without arguments takes those that its question names: both ways of writing it are one call,
and the table's routes are known here as they were made. A route that is not in the table has no
reward yet. It is noted, left out of its group, and asked of the reasoner between two epochs, so
that no process waits for a tool while others wait for its gradients.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from audiorouter.learning.outcome_table import Calls, Outcome, OutcomeTable
from audiorouter.learning.reward import route_reward
from audiorouter.questions import Question
from audiorouter.routing.language_model.decisions import read_decision
from audiorouter.toolbox.interface import ToolCall

if TYPE_CHECKING:
    from audiorouter.toolbox.interface import Tool

INVALID = "no decision"
"""How decisions that cannot be read are counted."""
_LEAST_PENALTY = 0.05

Place = tuple[int, Calls]
"""A row of a table, and a route."""
Made = Callable[[Question, ToolCall], ToolCall]
"""A call as it is made for a question, see `Tool.call_for`."""


class DecisionRewards:
    """Rewards of decisions about the questions of a table, of which each has tools on offer.

    What cannot be read as a decision earns what it costs to call every tool for nothing about a
    clip of mean length, and 0.05 at least.
    """

    def __init__(
        self,
        table: OutcomeTable,
        offered: Sequence[Sequence[str]],
        tools: Mapping[str, Tool[Any]],
        made: Made,
        *,
        max_calls: int,
        cost_weight: float,
    ):
        self.table = table
        self.offered = offered
        self.missing: set[Place] = set()
        """Places of the table that were wanted and are not known."""
        self.decisions: Counter[str] = Counter()
        """How often each decision was written since this was last cleared, by its tools."""
        self._penalty = -max(cost_weight, _LEAST_PENALTY)
        self._tools = tools
        self._made = made
        self._max_calls = max_calls
        self._cost_weight = cost_weight
        self._known: list[dict[Calls, Outcome]] = [
            {
                self._as_made(row, calls): outcome
                for calls in table.routes
                if (outcome := table.outcome(row, calls)) is not None
            }
            for row in range(len(table))
        ]
        self._asked: set[Place] = set()

    def read(self, row: int, text: str) -> Calls | None:
        """The calls of a decision about the question in `row`, None where it is no decision."""
        tools = {name: self._tools[name] for name in self.offered[row]}
        try:
            calls = read_decision(text, tools, max_calls=self._max_calls)
        except ValueError:
            return None
        return self._as_made(row, calls)

    def _reward(self, row: int, calls: Calls) -> float | None:
        """To learn from: None where it is not known, or the reasoner could not answer."""
        outcome = self._known[row].get(calls)
        return None if outcome is None or not outcome.answered else self._worth(row, outcome)

    def __call__(
        self, *, completions: Sequence[str], row: Sequence[int], **_more: Any
    ) -> list[float | None]:
        """Rewards of what was written about the questions in `row`, as TRL asks for them."""
        rewards: list[float | None] = []
        for place, text in zip(row, completions, strict=True):
            calls = self.read(place, text)
            self.decisions[INVALID if calls is None else _named(calls)] += 1
            if calls is None:
                rewards.append(self._penalty)
                continue
            self.missing.update(self.unknown([(place, calls)]))
            rewards.append(self._reward(place, calls))
        return rewards

    def add(self, outcomes: Mapping[Place, Outcome]) -> None:
        """Take note of what came of missing places."""
        for (row, calls), outcome in outcomes.items():
            self._known[row][calls] = outcome
        self._asked |= outcomes.keys()
        self.missing -= outcomes.keys()

    @property
    def asked(self) -> list[Place]:
        """The places that were added, in an order that is the same in every process."""
        return in_order(self._asked)

    def judged(self, row: int, calls: Calls) -> tuple[float, bool]:
        """Reward to judge by, and whether the answer was right, of a place that is known."""
        outcome = self._known[row][calls]
        return self._worth(row, outcome), outcome.correct

    def unknown(self, places: Iterable[Place]) -> list[Place]:
        """Those of which it is not known what comes of them."""
        return [(row, calls) for row, calls in places if calls not in self._known[row]]

    def best(self, row: int) -> Calls:
        """The best route that is known of a question, as it was made; none if in doubt."""
        earned = self._earned(row)
        best = max(earned, key=earned.__getitem__, default=())
        return best if earned.get(best, 0.0) > 0 else ()

    def longer(self, row: int) -> list[Calls]:
        """Routes of the two best calls of a question, the three best …, in the table's order.

        There is none where the best one earns all that can be earned.
        """
        earned = {calls: reward for calls, reward in self._earned(row).items() if len(calls) == 1}
        ranked = sorted(earned, key=lambda calls: -earned[calls])
        if not ranked or _is_sure(self._known[row][ranked[0]]):
            return []
        longest = min(self._max_calls, len(ranked))
        return [
            tuple(calls[0] for calls in earned if calls in ranked[:length])
            for length in range(2, longest + 1)
        ]

    def _earned(self, row: int) -> dict[Calls, float]:
        """What is known of the routes that may be written about a question."""
        offered = set(self.offered[row])
        return {
            calls: self._worth(row, outcome)
            for calls, outcome in self._known[row].items()
            if outcome.answered
            and len(calls) <= self._max_calls
            and all(call.tool in offered for call in calls)
        }

    def _worth(self, row: int, outcome: Outcome) -> float:
        return route_reward(self.table, row, outcome, cost_weight=self._cost_weight)

    def _as_made(self, row: int, calls: Calls) -> Calls:
        question = self.table.questions[row]
        return tuple(dict.fromkeys(self._made(question, call) for call in calls))


def in_order(places: Iterable[Place]) -> list[Place]:
    """Places of a table in one order, whatever they are kept in."""
    return sorted(places, key=lambda place: (place[0], [call.label for call in place[1]]))


def _is_sure(outcome: Outcome) -> bool:
    return outcome.correct and outcome.quality == 1.0


def _named(calls: Calls) -> str:
    return ", ".join(call.tool for call in calls) or "none"
