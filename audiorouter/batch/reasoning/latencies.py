"""How long answers took, in memory that does not grow with their number."""

from __future__ import annotations

import math
from collections import Counter

RELATIVE_ERROR = 0.01
"""By what share a quantile may be off."""
_SHORTEST = 1e-6
"""Seconds; what is shorter counts as this long."""
_RATIO = (1 + RELATIVE_ERROR) / (1 - RELATIVE_ERROR)


class Latencies:
    """Seconds, counted in bins that are 2% wide.

    After Masson, Rim and Lee, "DDSketch", VLDB 2019: some 1,300 bins reach from a microsecond to a
    day, and any quantile is right within `RELATIVE_ERROR`.

    >>> latencies = Latencies()
    >>> for seconds in (1.0, 2.0, 4.0):
    ...     latencies.add(seconds)
    >>> round(latencies.quantile(0.5), 1)
    2.0
    """

    def __init__(self) -> None:
        self._bins: Counter[int] = Counter()

    def add(self, seconds: float) -> None:
        """Count one more."""
        self._bins[math.ceil(math.log(max(seconds, _SHORTEST), _RATIO))] += 1

    def quantile(self, share: float) -> float | None:
        """The seconds that so large a share is not above, by nearest rank; None of nothing."""
        rank = math.ceil(share * self._bins.total())
        for number in sorted(self._bins):
            rank -= self._bins[number]
            if rank <= 0:
                return 2 * _RATIO**number / (_RATIO + 1)
        return None
