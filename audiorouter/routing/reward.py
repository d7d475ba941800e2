"""The relative outcome reward: what a route changed against the direct answer, less its cost."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from audiorouter.routing.outcomes import Calls, Floats, OutcomeTable

DEFAULT_COST_WEIGHT = 0.05


def relative_reward(
    table: OutcomeTable, *, cost_weight: float, seconds_of_all: float | None = None
) -> Floats:
    """Reward `(Q, R)` of every route: gained quality, less weighted cost.

    `quality(route) - quality(direct) - cost_weight * cost(route)`. Quality is the mean of being
    right (0 or 1) and the probability of the right choice: the first is what counts, the second
    tells near misses apart. The cost of calling every tool once is 1, so `cost_weight` is how much
    of a right answer that may cost. The direct answer's reward is 0 by construction; a route that
    breaks a right answer has a negative one.
    """
    quality = 0.5 * (table.quality + table.correct)
    scale = seconds_of_all or mean_seconds_of_all(table)
    return np.asarray(quality - quality[:, :1] - cost_weight * table.tool_seconds / scale)


def mean_seconds_of_all(table: OutcomeTable) -> float:
    """Mean seconds of calling each tool of the table once; 1 where nothing was measured."""
    singles = [i for i, route in enumerate(table.routes) if len(route) == 1]
    return float(table.tool_seconds[:, singles].sum(axis=1).mean()) or 1.0


def mean_seconds(table: OutcomeTable) -> Mapping[Calls, float]:
    """Mean seconds of each route."""
    return dict(zip(table.routes, table.tool_seconds.mean(axis=0).tolist(), strict=True))
