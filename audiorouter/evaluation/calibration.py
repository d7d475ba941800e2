"""How far probabilities are what they say: reliability diagrams, and the error in one number.

Murphy & Winkler, "Reliability of subjective probability forecasts", Applied Statistics 1977; Guo et
al., "On Calibration of Modern Neural Networks", ICML 2017.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from audiorouter.evaluation.bootstrap import Floats
from audiorouter.scoring.proportions import Proportion, proportion

BINS = 10
"""Equally wide ones from 0 to 1."""


class Bin(NamedTuple):
    """The answers whose probability lies from `low` to `high`; all values are shares 0…1."""

    low: float
    high: float
    probability: float
    """Their mean."""
    events: Proportion
    """How many of them came true, with Wilson's interval, as if no two shared a clip."""


def reliability(
    probability: Floats, event: NDArray[np.bool_], *, bins: int = BINS
) -> tuple[Bin, ...]:
    """What came true `(n,)` of what was thought so likely `(n,)`, by bins that are not empty.

    Answers without a probability (NaN) are left out.
    """
    known = ~np.isnan(probability)
    probability, event = probability[known], event[known]
    place = np.minimum((probability * bins).astype(int), bins - 1)
    return tuple(
        Bin(
            number / bins,
            (number + 1) / bins,
            float(probability[inside].mean()),
            proportion(int(event[inside].sum()), int(inside.sum())),
        )
        for number in range(bins)
        if (inside := place == number).any()
    )


def expected_calibration_error(
    probability: Floats, event: NDArray[np.bool_], *, bins: int = BINS
) -> float | None:
    """Mean distance of probability and share of events over the bins of `reliability`, 0…1.

    None where no answer has a probability.
    """
    filled = reliability(probability, event, bins=bins)
    if not filled:
        return None
    total = sum(each.events.total for each in filled)
    return sum(
        abs(each.probability - each.events.right / each.events.total) * each.events.total / total
        for each in filled
    )
