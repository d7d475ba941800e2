"""Tests, calibration and ranking for answers to the same questions (intervals: `bootstrap`).

Distributions and ranks are scipy's; it has no McNemar's test of clustered pairs and no calibration
error.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from audiorouter.evaluation.bootstrap import DRAWS, Bootstrap, Floats, Interval


def clustered_interval(
    values: NDArray[np.generic], clusters: Sequence[str], *, seed: int = 0, draws: int = DRAWS
) -> Interval:
    """Percentile bootstrap of the mean of `values` `(n,)`, drawing whole clusters."""
    return Bootstrap(clusters, draws=draws, seed=seed).mean(values)


def clustered_mcnemar(
    first: NDArray[np.bool_],
    second: NDArray[np.bool_],
    clips: Sequence[str],
    skills: Sequence[str] | None = None,
) -> float:
    """Two-sided p-value that two strategies are equally often right.

    McNemar's test with the variance of clustered pairs: Durkalski et al., "Analysis of clustered
    matched-pair data", Statistics in Medicine 2003. With one question a clip it is McNemar's
    own; 1 where no question tells the two apart.

    With `skills` pairs are clustered both ways: the variances by clip and by skill are added, and
    that by both, which is in each, is taken off; degrees of freedom are those of the fewer
    clusters (Cameron, Gelbach & Miller, "Robust inference with multiway clustering", JBES 2011).
    """
    from scipy.stats import chi2, f

    difference = first.astype(np.float64) - second.astype(np.float64)
    gained = float(difference.sum()) ** 2
    by_clip = _sums(difference, clips)
    spread = float((by_clip**2).sum())
    if skills is None or len(set(skills)) == 1:
        return 1.0 if spread == 0 else float(chi2.sf(gained / spread, df=1))
    by_skill = _sums(difference, skills)
    pairs = zip(clips, skills, strict=True)
    both = _sums(difference, [f"{clip}\n{skill}" for clip, skill in pairs])
    by_skill_spread = float((by_skill**2).sum())
    # The estimate can fall short of what one way of clustering shows by itself.
    spread = max(spread, by_skill_spread, spread + by_skill_spread - float((both**2).sum()))
    fewer = max(1, min(len(by_clip), len(by_skill)) - 1)
    return 1.0 if spread == 0 else float(f.sf(gained / spread, 1, fewer))


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


def area_under_roc(score: Floats, event: NDArray[np.bool_]) -> float | None:
    """How likely an event has a higher score `(n,)` than what is none, 0…1; ties count half.

    None where there are only events, or none. By ranks (Mann & Whitney, 1947).
    """
    from scipy.stats import rankdata

    events, others = int(event.sum()), int((~event).sum())
    if not events or not others:
        return None
    ranks = float(rankdata(score)[event].sum())
    return (ranks - events * (events + 1) / 2) / (events * others)


def _sums(values: Floats, clusters: Sequence[str]) -> Floats:
    """Sum of the values of each cluster."""
    _, places = np.unique(np.asarray(clusters), return_inverse=True)
    return np.bincount(places, weights=values).astype(np.float64)
