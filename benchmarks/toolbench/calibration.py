"""How well confidences fit what came of the findings, and curves that make them fit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit, logit

MOST_BINS, IN_A_BIN = 10, 10
CHANCES = 300
"""How often what chance gives is drawn."""
PRIOR_SLOPE = 1.5
"""Standard deviation of the prior of the slope, in log odds a standard deviation of evidence."""


class Judged(NamedTuple):
    """A finding's confidence, or its evidence where curves are fitted, and whether it was right."""

    tool: str
    confidence: float
    right: bool


class Curve(NamedTuple):
    """A fitted curve, with the number of findings and the share of right ones behind it."""

    slope: float
    intercept: float
    n: int
    base: float

    def as_json(self) -> dict[str, Any]:
        """Values of JSON, rounded."""
        return {name: round(value, 4) for name, value in self._asdict().items()}


def fit(judged: Sequence[Judged]) -> Curve:
    """The logistic curve of the share of right findings by their evidence.

    Platt's targets, (n + 1) / (n + 2) and 1 / (n + 2), and a normal prior on a slope that is never
    negative: evidence that says little, of few findings, gives the base rate.
    """
    evidence = np.array([one.confidence for one in judged], dtype=float)
    right = np.array([one.right for one in judged], dtype=bool)
    hits, misses = int(right.sum()), int((~right).sum())
    target = np.where(right, (hits + 1) / (hits + 2), 1 / (misses + 2))
    centre, spread = float(evidence.mean()), float(evidence.std())
    base = hits / len(right)
    if spread < 1e-9:
        return Curve(0.0, float(logit((hits + 1) / (len(right) + 2))), len(right), base)
    scaled = (evidence - centre) / spread

    def loss(parameters: NDArray[np.float64]) -> float:
        slope, intercept = parameters
        odds = slope * scaled + intercept
        likelihood = target * np.logaddexp(0, -odds) + (1 - target) * np.logaddexp(0, odds)
        return float(likelihood.sum() + 0.5 * (slope / PRIOR_SLOPE) ** 2)

    start = np.array([0.5, float(logit((hits + 1) / (len(right) + 2)))])
    slope, intercept = minimize(loss, start, bounds=[(0, None), (-8, 8)]).x
    return Curve(
        float(slope / spread), float(intercept - slope * centre / spread), len(right), base
    )


def expected_error(judged: Sequence[Judged]) -> float:
    """Expected calibration error, 0…1: mean distance of confidence and share right over bins.

    At most ten bins of equal numbers, of ten findings at least; equal confidences share one.
    """
    confidence = np.array([one.confidence for one in judged], dtype=float)
    right = np.array([one.right for one in judged], dtype=float)
    bins = max(1, min(MOST_BINS, len(judged) // IN_A_BIN))
    edges = np.unique(np.quantile(confidence, np.linspace(0, 1, bins + 1)[1:-1]))
    place = np.searchsorted(edges, confidence, side="left")
    gaps = [
        (place == one).sum() * abs(confidence[place == one].mean() - right[place == one].mean())
        for one in np.unique(place)
    ]
    return float(sum(gaps) / len(judged))


def error_by_chance(confidences: Sequence[float]) -> float:
    """What `expected_error` is on average, where each finding is right as often as it says."""
    rng = np.random.default_rng(0)
    errors = []
    for _ in range(CHANCES):
        right = rng.random(len(confidences)) < np.array(confidences)
        drawn = [Judged("", *one) for one in zip(confidences, map(bool, right), strict=True)]
        errors.append(expected_error(drawn))
    return float(np.mean(errors))


def error_held_out(judged: Sequence[Judged], folds: int = 5) -> float:
    """`expected_error` of curves that were fitted without the findings that they are tried on."""
    order = np.random.default_rng(0).permutation(len(judged))
    tried = []
    for fold in range(folds):
        curve = fit([judged[i] for place, i in enumerate(order) if place % folds != fold])
        for one in (judged[i] for place, i in enumerate(order) if place % folds == fold):
            odds = curve.slope * one.confidence + curve.intercept
            tried.append(one._replace(confidence=float(expit(odds))))
    return expected_error(tried)


def reliability(judged: Sequence[Judged]) -> list[dict[str, Any]]:
    """A row a tool: findings, share right, mean confidence, and expected calibration error."""
    rows = []
    for tool in dict.fromkeys(one.tool for one in judged):
        own = [one for one in judged if one.tool == tool]
        rows.append(
            {
                "tool": tool,
                "n": len(own),
                "right": round(float(np.mean([one.right for one in own])), 4),
                "confidence": round(float(np.mean([one.confidence for one in own])), 4),
                "ece": round(expected_error(own), 4),
                "by_chance": round(error_by_chance([one.confidence for one in own]), 4),
            }
        )
    return rows
