"""Intervals and tests for accuracies on the same questions, clustered by clip.

Questions about one clip stand or fall together, so clips, not questions, are drawn again. Bootstrap
and distributions are scipy's; it has no McNemar's test of clustered pairs and no calibration error.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

DRAWS = 4000
Floats = NDArray[np.float64]


class Interval(NamedTuple):
    """A mean, and the bounds of its 95% interval."""

    mean: float
    low: float
    high: float


def clustered_interval(
    values: NDArray[np.generic], clusters: Sequence[str], *, seed: int = 0, draws: int = DRAWS
) -> Interval:
    """Percentile bootstrap of the mean of `values` `(n,)`, drawing whole clusters.

    For a difference of two strategies pass the differences question by question (paired). A single
    cluster cannot be drawn otherwise: its bounds are its mean.
    Field & Welsh, "Bootstrapping clustered data", JRSS B 2007.
    """
    from scipy.stats import bootstrap

    def mean(sums: Floats, counts: Floats, axis: int = -1) -> Floats:
        return np.asarray(sums.sum(axis=axis) / counts.sum(axis=axis))

    sums, counts = _by_cluster(np.asarray(values, dtype=np.float64), clusters)
    whole = float(mean(sums, counts))
    if len(sums) == 1:
        return Interval(whole, whole, whole)
    low, high = bootstrap(
        (sums, counts),
        mean,
        paired=True,
        n_resamples=draws,
        method="percentile",
        rng=np.random.default_rng(seed),
    ).confidence_interval
    return Interval(whole, float(low), float(high))


def clustered_mcnemar(
    first: NDArray[np.bool_], second: NDArray[np.bool_], clusters: Sequence[str]
) -> float:
    """Two-sided p-value that two strategies are equally often right.

    McNemar's test with the variance of clustered pairs: Durkalski et al., "Analysis of clustered
    matched-pair data", Statistics in Medicine 2003. With one question a cluster it is McNemar's
    own; 1 where no question tells the two apart.
    """
    from scipy.stats import chi2

    difference = first.astype(np.float64) - second.astype(np.float64)
    sums, _ = _by_cluster(difference, clusters)
    spread = float((sums**2).sum())
    if spread == 0:
        return 1.0
    return float(chi2.sf(sums.sum() ** 2 / spread, df=1))


def expected_calibration_error(
    confidence: Floats, correct: NDArray[np.bool_], *, bins: int = 10
) -> float | None:
    """Mean distance of confidence and accuracy over equally wide bins, 0…1.

    Answers without a confidence (NaN) are left out; None where no answer has one.
    Guo et al., "On Calibration of Modern Neural Networks", ICML 2017.
    """
    known = ~np.isnan(confidence)
    if not known.any():
        return None
    confidence, correct = confidence[known], correct[known]
    place = np.minimum((confidence * bins).astype(int), bins - 1)
    error = 0.0
    for number in range(bins):
        inside = place == number
        if inside.any():
            gap = abs(float(confidence[inside].mean()) - float(correct[inside].mean()))
            error += gap * float(inside.mean())
    return error


def _by_cluster(values: Floats, clusters: Sequence[str]) -> tuple[Floats, Floats]:
    """Sum and number of values of each cluster."""
    _, places = np.unique(np.asarray(clusters), return_inverse=True)
    sums = np.bincount(places, weights=values).astype(np.float64)
    return sums, np.bincount(places).astype(np.float64)
