"""The relative outcome reward: what a route changed against the direct answer, less its cost."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

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
    quality = _quality(
        table.quality, table.correct, table.confidence, table.answered, table.labelled[:, None]
    )
    cost = cost_weight * table.tool_seconds / table.mean_all_seconds
    return quality - quality[:, :1] - cost


def route_reward(table: OutcomeTable, row: int, outcome: Outcome, *, cost_weight: float) -> float:
    """`judged_reward` of one outcome of the question in `row` that is not in the table."""
    cost = cost_weight * outcome.tool_seconds / table.mean_all_seconds
    confidence = np.nan if outcome.confidence is None else outcome.confidence
    after = _quality(
        outcome.quality, outcome.correct, confidence, outcome.answered, table.labelled[row]
    )
    direct = _quality(
        table.quality[row, 0],
        table.correct[row, 0],
        table.confidence[row, 0],
        table.answered[row, 0],
        table.labelled[row],
    )
    return float(after - direct - cost)


def _quality(
    quality: ArrayLike,
    correct: ArrayLike,
    confidence: ArrayLike,
    answered: ArrayLike,
    labelled: ArrayLike,
) -> Floats:
    """Of a question whose right answer is known how right it is answered, else how surely."""
    sure = np.where(answered, confidence, 0.0)
    return np.where(labelled, 0.5 * (np.asarray(quality) + np.asarray(correct)), sure)
