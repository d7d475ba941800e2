"""So many right of so many, with an interval."""

from __future__ import annotations

from statistics import NormalDist
from typing import NamedTuple


class Proportion(NamedTuple):
    """`right` of `total`, with the bounds of its interval; all rates are 0…1."""

    right: int
    total: int
    low: float
    high: float

    @property
    def rate(self) -> float:
        """Share that is right; 0 where there is nothing."""
        return self.right / self.total if self.total else 0.0

    def __str__(self) -> str:
        if not self.total:
            return "-"
        return f"{self.rate:.1%} [{self.low:.1%}, {self.high:.1%}]"


def proportion(right: int, total: int, confidence: float = 0.95) -> Proportion:
    """Wilson's score interval for `right` of `total` (Wilson, JASA 1927).

    The same as scipy's `binomtest(right, total).proportion_ci(method="wilson")`. It is written out
    because every batch wants one, and importing `scipy.stats` takes as long as a whole batch whose
    answers are all in the store.

    >>> print(proportion(8, 10))
    80.0% [49.0%, 94.3%]
    """
    if total == 0:
        return Proportion(0, 0, 0.0, 1.0)
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    rate = right / total
    centre = rate + z * z / (2 * total)
    spread = z * (rate * (1 - rate) / total + z * z / (4 * total * total)) ** 0.5
    scale = 1 + z * z / total
    low = (centre - spread) / scale if right else 0.0
    high = (centre + spread) / scale if right < total else 1.0
    return Proportion(right, total, low, high)
