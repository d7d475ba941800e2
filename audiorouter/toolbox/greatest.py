"""Which of several values is clearly the greatest: the longest, the loudest, the highest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

K = TypeVar("K")


def clearly_greatest(
    values: Mapping[K, float], *, factor: float = 1.0, margin: float = 0.0
) -> K | None:
    """Whose value is at least `factor` times every other, and greater by `margin`; of one value
    alone nothing is said.

    >>> clearly_greatest({"a": 5.0, "b": 4.0}, factor=1.25)
    'a'
    >>> clearly_greatest({"a": 4.9, "b": 4.0}, factor=1.25)
    >>> clearly_greatest({"a": -9.0, "b": -7.0}, margin=2.0)
    'b'
    >>> clearly_greatest({"a": 1.0}, margin=2.0)
    """
    first, *others = sorted(values, key=lambda one: -values[one])
    if not others:
        return None
    most, next_most = values[first], values[others[0]]
    return first if most >= factor * next_most and most - next_most >= margin else None
