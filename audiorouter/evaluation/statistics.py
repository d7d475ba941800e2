"""Tests and ranking for answers to the same questions (intervals: `bootstrap`, and `calibration`).

Distributions and ranks are scipy's; it has no McNemar's test of clustered pairs.
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
    skills: Sequence[str],
) -> float:
    """Two-sided p-value that two strategies are equally often right.

    McNemar's test with the variance of clustered pairs: Durkalski et al., "Analysis of clustered
    matched-pair data", Statistics in Medicine 2003; 1 where no question tells the two apart. They
    are clustered both ways: the variances by clip and by skill are added, and that by both, which
    is in each, is taken off; degrees of freedom are those of the fewer clusters (Cameron, Gelbach &
    Miller, "Robust inference with multiway clustering", JBES 2011). Of one skill alone clips are
    the clusters, and with one question a clip it is McNemar's own.
    """
    from scipy.stats import chi2, f

    difference = first.astype(np.float64) - second.astype(np.float64)
    gained = float(difference.sum()) ** 2
    by_clip = _sums(difference, clips)
    spread = float((by_clip**2).sum())
    if len(set(skills)) == 1:
        return 1.0 if spread == 0 else float(chi2.sf(gained / spread, df=1))
    by_skill = _sums(difference, skills)
    pairs = zip(clips, skills, strict=True)
    both = _sums(difference, [f"{clip}\n{skill}" for clip, skill in pairs])
    by_skill_spread = float((by_skill**2).sum())
    # The estimate can fall short of what one way of clustering shows by itself.
    spread = max(spread, by_skill_spread, spread + by_skill_spread - float((both**2).sum()))
    fewer = max(1, min(len(by_clip), len(by_skill)) - 1)
    return 1.0 if spread == 0 else float(f.sf(gained / spread, 1, fewer))


def sign_flip_test(differences: NDArray[np.integer], clips: Sequence[str]) -> float:
    """Two-sided p-value that two sets of answers to the same questions are equally often right.

    `differences` `(n,)` are 1 where the second alone is right, -1 where the first alone is, else 0.
    If it were chance which of the two is which, the sum of each clip's differences could as well
    have the other sign. The p-value is the share of all such sign flips, each clip's by itself,
    whose total is as far from 0 as the one that is there. It is exact, not drawn: with few clips as
    well, and however questions about one clip hang together. With one question a clip it is
    McNemar's exact test. Fisher, "The Design of Experiments", 1935, section 21; for clusters Gail
    et al., "On design considerations and randomization-based inference for community intervention
    trials", Statistics in Medicine 1996.
    """
    from scipy.stats import binom

    sums = np.rint(_sums(np.asarray(differences, dtype=np.float64), clips)).astype(np.int64)
    sizes, counts = np.unique(np.abs(sums[sums != 0]), return_counts=True)
    chance = np.ones(1)
    for size, count in zip(sizes, counts, strict=True):
        # Of `count` clips so many are positive; each turned over moves the total by twice `size`.
        steps = np.zeros(count * size + 1)
        steps[::size] = binom.pmf(np.arange(count + 1), count, 0.5)
        chance = np.convolve(chance, steps).astype(np.float64)
    totals = 2 * np.arange(len(chance)) - (len(chance) - 1)
    return min(1.0, float(chance[np.abs(totals) >= abs(int(sums.sum()))].sum()))


def paired_test(
    first: NDArray[np.bool_],
    second: NDArray[np.bool_],
    clips: Sequence[str],
    skills: Sequence[str] | None,
) -> float:
    """Two-sided p-value that two strategies are equally often right.

    Exact by clips (`sign_flip_test`), or, where other skills are to be told of as well, by clips
    and skills (`clustered_mcnemar`).
    """
    if skills is None:
        return sign_flip_test(second.astype(np.int64) - first, clips)
    return clustered_mcnemar(first, second, clips, skills)


def holm(p_values: Sequence[float]) -> list[float]:
    """The p-values as they count where all are looked at: the chance of one false find is kept.

    Holm, "A simple sequentially rejective multiple test procedure", Scand. J. Statistics 1979.
    """
    order = np.argsort(p_values, kind="stable")
    factors = np.arange(len(order), 0, -1)
    adjusted = np.minimum(1.0, np.maximum.accumulate(factors * np.asarray(p_values)[order]))
    return [float(adjusted[place]) for place in np.argsort(order, kind="stable")]


def significant(p_value: float) -> float:
    """A p-value as files have it: six digits from the first that is not 0, so that none gets 0."""
    return float(f"{p_value:.6g}")


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
