"""So many right of so many, with an interval."""

from __future__ import annotations

from math import isnan
from statistics import NormalDist
from typing import Any, NamedTuple


class Proportion(NamedTuple):
    """`right` of `total`, with the bounds of its 95% interval; all rates are 0…1.

    The bounds are NaN where nothing tells them.
    """

    right: int
    total: int
    low: float
    high: float

    @property
    def rate(self) -> float:
        """Share that is right; 0 where there is nothing."""
        return self.right / self.total if self.total else 0.0

    @property
    def known(self) -> bool:
        """Whether it has bounds."""
        return not (isnan(self.low) or isnan(self.high))

    def as_json(self) -> dict[str, Any]:
        """Its values in four decimals; `interval_95` is null where it has no bounds."""
        return {
            "right": self.right,
            "n": self.total,
            "rate": round(self.rate, 4),
            "interval_95": [round(self.low, 4), round(self.high, 4)] if self.known else None,
        }

    def __str__(self) -> str:
        if not self.total:
            return "-"
        return f"{self.rate:.1%}" + (f" [{self.low:.1%}, {self.high:.1%}]" if self.known else "")


def proportion(right: int, total: int, confidence: float = 0.95) -> Proportion:
    """Wilson's interval for `right` of `total` of which each stands by itself.

    For questions, which may share a clip, see `ClipCounts`.

    >>> print(proportion(8, 10))
    80.0% [49.0%, 94.3%]
    """
    if total == 0:
        return Proportion(0, 0, 0.0, 1.0)
    return Proportion(right, total, *wilson(right / total, total, confidence))


def wilson(rate: float, total: float, confidence: float = 0.95) -> tuple[float, float]:
    """Wilson's score interval for a rate 0…1 of `total` (Wilson, JASA 1927).

    The same as scipy's `binomtest(right, total).proportion_ci(method="wilson")`, for totals between
    whole numbers as well. It is written out because every batch wants one, and importing
    `scipy.stats` takes as long as a whole batch whose answers are all in the store.
    """
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    centre = rate + z * z / (2 * total)
    spread = z * (rate * (1 - rate) / total + z * z / (4 * total * total)) ** 0.5
    scale = 1 + z * z / total
    low = (centre - spread) / scale if rate > 0 else 0.0
    high = (centre + spread) / scale if rate < 1 else 1.0
    return low, high
