"""Several routers that differ in their seed alone, as one: what one may expect of the recipe."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from audiorouter.evaluation.bootstrap import Bootstrap, Floats, Interval
from audiorouter.evaluation.scores import StrategyScore


@dataclass(frozen=True)
class Pooled:
    """Accuracy of several routers: its mean, and how far they are apart."""

    names: tuple[str, ...]
    accuracies: tuple[float, ...]
    """Of each router."""
    accuracy: Interval
    """Of their mean: the interval is of other questions, not of other seeds."""
    spread: float
    """Standard deviation of the accuracies over the seeds (of a sample); 0 for one."""


def mean_correct(scores: Sequence[StrategyScore]) -> Floats:
    """For each question the share of the routers that are right, `(Q,)`."""
    right: Floats = np.stack([score.correct for score in scores]).mean(axis=0)
    return right


def pooled(scores: Sequence[StrategyScore], bootstrap: Bootstrap) -> Pooled:
    """The routers of several seeds: mean over seeds question by question, then the bootstrap."""
    right = mean_correct(scores)
    accuracies = tuple(float(score.correct.mean()) for score in scores)
    return Pooled(
        names=tuple(score.name for score in scores),
        accuracies=accuracies,
        accuracy=bootstrap.mean(right),
        spread=float(np.std(accuracies, ddof=1)) if len(accuracies) > 1 else 0.0,
    )


def pooled_difference(
    first: Sequence[StrategyScore], second: Sequence[StrategyScore], bootstrap: Bootstrap
) -> Interval:
    """Mean accuracy of some routers less that of others, on the same questions (paired)."""
    return bootstrap.mean(mean_correct(first) - mean_correct(second))
