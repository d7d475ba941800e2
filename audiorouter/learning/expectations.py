"""Fitting what a router expects of its calls (`routing.worth`) to what became of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from audiorouter.learning.outcome_table import Floats
from audiorouter.routing.worth import Chance, Signs, Worth

FEWEST = 2
"""Questions through which a curve is fitted."""
PENALTY = 1.0
"""What a squared weight costs beside the summed log loss: a few questions make no steep curve."""

LEAST_SPREAD = 1.0
"""In logits, or choices: over as much a curve that was there before is held to what it said."""


def fit_worth(
    signs: Sequence[Signs],
    right: Floats,
    *,
    all_cost: float,
    asked: Sequence[int] | None = None,
    before: Worth | None = None,
) -> Worth | None:
    """Curves through what became of questions, each routed by a policy not trained on it.

    The questions chose the epoch at which the policy was kept: it is somewhat better on them.
    `signs` are `Q`; `right` `(Q, 1 + K)` is 1 where the direct answer was right, and that with the
    first 1 … K calls, 0 where it was wrong, and NaN where there was none. There are curves up to
    the number of calls of which something is known, and None where that is not even one. Where
    several policies were `asked` about one question, given by its number, it counts once. What was
    known `before` is moved as far as the questions carry.
    """
    mends, breaks = [], []
    numbers = np.arange(len(signs)) if asked is None else np.array(asked, dtype=np.int64)
    curves = [] if before is None else list(zip(before.mends, before.breaks, strict=True))
    for count, routed in enumerate(right.T[1:]):
        known = np.flatnonzero(~np.isnan(right[:, 0] + routed))
        _, question, times = np.unique(numbers[known], return_inverse=True, return_counts=True)
        if len(times) < FEWEST:
            break
        share = 1 / times[question]
        told = [signs[i] for i in known]
        direct, after = right[known, 0] > 0, routed[known] > 0
        mended, broke = curves[count] if count < len(curves) else (None, None)
        mends.append(fit_chance(told, ~direct & after, mended, share=share))
        breaks.append(fit_chance(told, direct & ~after, broke, share=share))
    left = curves[len(mends) :]
    mends, breaks = mends + [mended for mended, _ in left], breaks + [broke for _, broke in left]
    if not mends:
        return None
    choices = [int(one.choices) for one in signs] + list([] if before is None else before.choices)
    return Worth(
        mends=tuple(mends),
        breaks=tuple(breaks),
        all_cost=all_cost,
        choices=(min(choices), max(choices)),
    )


def fit_chance(
    signs: Sequence[Signs],
    happened: NDArray[np.bool_],
    before: Chance | None = None,
    *,
    share: Floats | None = None,
) -> Chance:
    """Logistic regression by Platt's targets, which no certainty is fitted to.

    Its weights are held to 0, or with its offset to those of the curve that was there `before`. Of
    questions that differ little in a sign a curve's slope could be anything: that it was before.
    `share` is how much of a question each counts for, 1 if nothing is said.
    """
    from scipy.optimize import minimize

    counts: Floats = np.ones(len(happened)) if share is None else share
    count, times = float(counts.sum()), float(counts @ happened)
    target = np.where(happened, (times + 1) / (times + 2), 1 / (count - times + 2))
    values = np.array(signs, dtype=np.float64)
    centre, spread = values.mean(axis=0), values.std(axis=0)
    spread = np.where(spread < 1e-3, 1.0, spread) if before is None else spread.clip(LEAST_SPREAD)
    x = np.column_stack([(values - centre) / spread, np.ones(len(values))])
    penalty, start = np.append(np.full(len(centre), PENALTY), 0.0), np.zeros(x.shape[1])
    if before is not None:
        weights = np.array(before.weights)
        start = np.append(weights * spread, before.offset + weights @ centre)
        penalty = np.full(len(start), PENALTY)

    def loss(parameters: Floats) -> tuple[float, Floats]:
        logit, moved = x @ parameters, parameters - start
        total = counts * (np.logaddexp(0, logit) - target * logit)
        error = counts * (1 / (1 + np.exp(-np.clip(logit, -500, 500))) - target)
        return float(total.sum() + penalty @ moved**2), error @ x + 2 * penalty * moved

    found = minimize(loss, start, jac=True, method="L-BFGS-B").x
    weights = found[:-1] / spread
    return Chance(weights=tuple(weights.tolist()), offset=float(found[-1] - weights @ centre))
