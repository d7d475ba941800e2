"""Fitting what a router expects of its calls (`routing.worth`) to what became of them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from audiorouter.learning.outcome_table import Floats
from audiorouter.routing.worth import Chance, Worth

SLOPE_PENALTY = 1.0
"""What a squared slope costs beside the summed log loss: a few questions make no steep curve."""


def fit_worth(preference: Floats, right: NDArray[np.bool_], *, all_cost: float) -> Worth:
    """Curves through what became of questions, each routed by a policy that never saw it.

    `preference` `(Q,)` is how much calling was preferred to not calling, in logits; `right`
    `(Q, 1 + K)` whether the direct answer was right and that with the first 1 … K calls.
    """
    direct, routed = right[:, :1], right[:, 1:]
    return Worth(
        mends=tuple(fit_chance(preference, column) for column in (~direct & routed).T),
        breaks=tuple(fit_chance(preference, column) for column in (direct & ~routed).T),
        all_cost=all_cost,
    )


def fit_chance(preference: Floats, happened: NDArray[np.bool_]) -> Chance:
    """Logistic regression of one number, by Platt's targets, which no certainty is fitted to."""
    from scipy.optimize import minimize

    count, times = len(happened), int(happened.sum())
    target = np.where(happened, (times + 1) / (times + 2), 1 / (count - times + 2))
    centre, spread = float(preference.mean()), float(preference.std()) or 1.0
    x = (preference - centre) / spread

    def loss(parameters: Floats) -> tuple[float, Floats]:
        slope, offset = parameters
        logit = slope * x + offset
        difference = 1 / (1 + np.exp(-np.clip(logit, -500, 500))) - target
        total = np.logaddexp(0, logit) - target * logit
        gradient = np.array([difference @ x + 2 * SLOPE_PENALTY * slope, difference.sum()])
        return float(total.sum() + SLOPE_PENALTY * slope**2), gradient

    slope, offset = minimize(loss, np.zeros(2), jac=True, method="L-BFGS-B").x
    return Chance(slope=float(slope / spread), offset=float(offset - slope * centre / spread))
