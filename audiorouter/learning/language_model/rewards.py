"""What decisions that a language model wrote are worth, by the outcome table.

A route that is not in the table has no reward yet. It is noted, left out of its group, and asked of
the reasoner between two epochs, so that no process waits for a tool while others wait for its
gradients.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from audiorouter.learning.outcome_table import Calls, Outcome, OutcomeTable
from audiorouter.learning.reward import judged_reward, relative_reward, route_reward
from audiorouter.routing.language_model.decisions import read_decision

if TYPE_CHECKING:
    from audiorouter.toolbox.interface import Tool

INVALID = "no decision"
"""How decisions that cannot be read are counted."""
_LEAST_PENALTY = 0.05


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
        *,
        max_calls: int,
        cost_weight: float,
    ):
        self.table = table
        self.offered = offered
        self.missing: set[tuple[int, Calls]] = set()
        """Places of the table that were wanted and are not known."""
        self.decisions: Counter[str] = Counter()
        """How often each decision was written since this was last cleared, by its tools."""
        self.penalty = -max(cost_weight, _LEAST_PENALTY)
        self._tools = tools
        self._max_calls = max_calls
        self._cost_weight = cost_weight
        self._columns = {route: column for column, route in enumerate(table.routes)}
        self._known = relative_reward(table, cost_weight=cost_weight)
        self._judged = judged_reward(table, cost_weight=cost_weight)
        self._asked: dict[tuple[int, Calls], Outcome] = {}

    def read(self, row: int, text: str) -> Calls | None:
        """The calls of a decision about the question in `row`, None where it is no decision."""
        tools = {name: self._tools[name] for name in self.offered[row]}
        try:
            return read_decision(text, tools, max_calls=self._max_calls)
        except ValueError:
            return None

    def reward(self, row: int, calls: Calls) -> float | None:
        """To learn from: None where it is not known, or the reasoner could not answer."""
        column = self._columns.get(calls)
        if column is not None and self.table.tried[row, column]:
            known = float(self._known[row, column])
            return None if math.isnan(known) else known
        outcome = self._asked.get((row, calls))
        if outcome is None or not outcome.answered:
            return None
        return route_reward(self.table, row, outcome, cost_weight=self._cost_weight)

    def __call__(
        self, *, completions: Sequence[str], row: Sequence[int], **_more: Any
    ) -> list[float | None]:
        """Rewards of what was written about the questions in `row`, as TRL asks for them."""
        rewards: list[float | None] = []
        for place, text in zip(row, completions, strict=True):
            calls = self.read(place, text)
            self.decisions[INVALID if calls is None else _named(calls)] += 1
            if calls is None:
                rewards.append(self.penalty)
                continue
            reward = self.reward(place, calls)
            if reward is None and not self._is_known(place, calls):
                self.missing.add((place, calls))
            rewards.append(reward)
        return rewards

    def add(self, outcomes: Mapping[tuple[int, Calls], Outcome]) -> None:
        """Take note of what came of missing places."""
        self._asked.update(outcomes)
        self.missing -= outcomes.keys()

    @property
    def asked(self) -> list[tuple[int, Calls]]:
        """The places that were added, in an order that is the same in every process."""
        return in_order(self._asked)

    def judged(self, row: int, calls: Calls) -> tuple[float, bool]:
        """Reward to judge by, and whether the answer was right, of a place that is known."""
        column = self._columns.get(calls)
        if column is not None and self.table.tried[row, column]:
            return float(self._judged[row, column]), bool(self.table.correct[row, column])
        outcome = self._asked[row, calls]
        reward = route_reward(self.table, row, outcome, cost_weight=self._cost_weight)
        return reward, outcome.correct

    def _is_known(self, row: int, calls: Calls) -> bool:
        column = self._columns.get(calls)
        return (column is not None and bool(self.table.tried[row, column])) or (
            (row, calls) in self._asked
        )

    def unknown(self, places: Sequence[tuple[int, Calls]]) -> list[tuple[int, Calls]]:
        """Those of which it is not known what comes of them."""
        return [place for place in places if not self._is_known(*place)]

    def best(self, row: int) -> Calls:
        """The best route of the table for a question among the tools on offer; none if in doubt."""
        offered = set(self.offered[row])
        best: Calls = ()
        highest = 0.0
        for calls, column in self._columns.items():
            reward = self._known[row, column]
            fits = len(calls) <= self._max_calls and all(call.tool in offered for call in calls)
            if fits and self.table.tried[row, column] and reward > highest:
                best, highest = calls, float(reward)
        return best


def in_order(places: Iterable[tuple[int, Calls]]) -> list[tuple[int, Calls]]:
    """Places of a table in one order, whatever they are kept in."""
    return sorted(places, key=lambda place: (place[0], [call.label for call in place[1]]))


def _named(calls: Calls) -> str:
    return ", ".join(call.tool for call in calls) or "none"
