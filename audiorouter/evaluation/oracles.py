"""What can be reached: the best route in hindsight, and the one that is best for a skill."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from audiorouter.learning.folds import clip_folds
from audiorouter.learning.outcome_table import Calls, Floats, OutcomeTable

FOLDS = 5

Columns = NDArray[np.int64]
"""For each question the place of a route in its table, `(Q,)`."""


def best_single(table: OutcomeTable) -> Calls:
    """The one call that is most often right on this very table, in hindsight."""
    singles = table.single_calls
    rates = [table.correct[:, table.routes.index(route)].mean() for route in singles]
    return singles[int(np.argmax(rates))]


def oracle_columns(table: OutcomeTable) -> Columns:
    """For each question a right route if any single call or none is right, in hindsight.

    The direct answer is preferred, then the cheapest call. With many routes and few choices some
    route is right by luck: that part of it nobody can foresee.
    """
    columns = _short(table)
    worth = 10.0 * table.correct[:, columns] - table.tool_seconds[:, columns] / (
        1 + table.tool_seconds.max()
    )
    best: Columns = columns[worth.argmax(axis=1)]
    return best


def cross_fitted_columns(
    table: OutcomeTable, rewards: Floats, skills: Sequence[str], *, folds: int = FOLDS
) -> Columns:
    """For each question the route of none or one call that is best for its skill on other clips.

    Clips are dealt into folds; the route with the highest mean of `rewards` `(Q, R)`
    (`judged_reward`) over the skill's questions in the other folds is taken in this one. It is what
    somebody reaches who knows the skill and what each tool is worth for it, without luck. A skill
    that no other fold has gets the route that is best over all of their questions; with a single
    clip that is none.
    """
    columns = _short(table)
    rewards = rewards[:, columns]
    parts = clip_folds(table.clips, folds)
    names = np.asarray(skills)
    chosen = np.zeros(len(table), dtype=np.int64)
    for part in np.unique(parts):
        others = parts != part
        for skill in np.unique(names[~others]):
            alike = others & (names == skill)
            known = rewards[alike if alike.any() else others]
            here = ~others & (names == skill)
            chosen[here] = columns[_best(known)]
    return chosen


def _best(rewards: Floats) -> int:
    """The column with the best mean; the first wins ties."""
    return int(rewards.mean(axis=0).argmax()) if len(rewards) else 0


def _short(table: OutcomeTable) -> Columns:
    """The columns of no call and of one."""
    return np.array([i for i, route in enumerate(table.routes) if len(route) <= 1])
