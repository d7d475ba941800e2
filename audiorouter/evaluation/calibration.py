"""How far probabilities are what they say: reliability diagrams, and the error in one number.

Murphy & Winkler, "Reliability of subjective probability forecasts", Applied Statistics 1977; Guo et
al., "On Calibration of Modern Neural Networks", ICML 2017.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from audiorouter.evaluation.bootstrap import Floats
from audiorouter.scoring import ClipSums, Proportion

BINS = 10
"""Equally wide ones from 0 to 1."""


class Bin(NamedTuple):
    """The answers whose probability lies from `low` to `high`; all values are shares 0…1."""

    low: float
    high: float
    probability: float
    """Their mean."""
    events: Proportion
    """How many of them came true."""


def reliability(
    probability: Floats, event: NDArray[np.bool_], clips: Sequence[str], *, bins: int = BINS
) -> tuple[Bin, ...]:
    """What came true `(n,)` of what was thought so likely `(n,)`, by bins that are not empty.

    `clips` are those that were asked about, `n` names. Answers without a probability (NaN) are
    left out.
    """
    probability, event, place, known = _in_bins(probability, event, bins)
    names = np.asarray(clips)[known]
    return tuple(
        Bin(
            number / bins,
            (number + 1) / bins,
            float(probability[inside].mean()),
            _came_true(event[inside], names[inside]),
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
    probability, event, place, _ = _in_bins(probability, event, bins)
    if not len(place):
        return None
    return float(np.abs(np.bincount(place, weights=probability - event)).sum() / len(place))


def _in_bins(
    probability: Floats, event: NDArray[np.bool_], bins: int
) -> tuple[Floats, NDArray[np.bool_], NDArray[np.intp], NDArray[np.bool_]]:
    """Probabilities and events that are known, in which bin each is, and which were known."""
    known = ~np.isnan(probability)
    place = np.minimum((probability[known] * bins).astype(np.intp), bins - 1)
    return probability[known], event[known], place, known


def _came_true(event: NDArray[np.bool_], clips: NDArray[np.str_]) -> Proportion:
    _, place = np.unique(clips, return_inverse=True)
    right, total = np.bincount(place, weights=event), np.bincount(place)
    return ClipSums.of(zip(right.astype(int).tolist(), total.tolist(), strict=True)).proportion
