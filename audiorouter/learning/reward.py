"""The relative outcome reward: what a route changed against the direct answer, less its cost."""

from __future__ import annotations

import numpy as np

from audiorouter.learning.outcome_table import Floats, Outcome, OutcomeTable

DEFAULT_COST_WEIGHT = 0.05


def relative_reward(table: OutcomeTable, *, cost_weight: float) -> Floats:
    """Reward `(Q, R)` of every route, to learn from: gained quality, less weighted cost.

    `quality(route) - quality(direct) - cost_weight * cost(route)`. Quality is the mean of being
    right (0 or 1) and the probability of the right choice: the first is what counts, the second
    tells near misses apart. Of a question without a right answer it is the probability of the
    reasoner's own choice: what makes it surer has told it something. The cost of calling every tool
    once is 1, so `cost_weight` is how much of a right answer that may cost. The direct answer's
    reward is 0 by construction; a route that breaks a right answer has a negative one. Where the
    reasoner could not answer it is NaN: that says nothing of the route.
    """
    return np.where(table.answered, judged_reward(table, cost_weight=cost_weight), np.nan)


def judged_reward(table: OutcomeTable, *, cost_weight: float) -> Floats:
    """The same, to judge by: what the reasoner could not answer is a wrong answer at its cost."""
    quality = 0.5 * (table.quality + table.correct)
    sure = np.where(table.answered, table.confidence, 0.0)
    quality = np.where(table.labelled[:, None], quality, sure)
    cost = cost_weight * table.tool_seconds / table.mean_all_seconds
    return quality - quality[:, :1] - cost


def route_reward(table: OutcomeTable, row: int, outcome: Outcome, *, cost_weight: float) -> float:
    """`judged_reward` of one outcome of the question in `row` that is not in the table."""
    cost = cost_weight * outcome.tool_seconds / table.mean_all_seconds
    if not table.labelled[row]:
        unknown = np.nan if outcome.answered else 0.0
        after = unknown if outcome.confidence is None else outcome.confidence
        return float(after - table.confidence[row, 0] - cost)
    direct = 0.5 * (table.quality[row, 0] + table.correct[row, 0])
    return float(0.5 * (outcome.quality + outcome.correct) - direct - cost)
