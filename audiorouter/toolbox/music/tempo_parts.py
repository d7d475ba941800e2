"""Parts of a piece that have tempi of their own, one after the other: two pieces, a new movement.

What gets faster or slower little by little has none (`beat_regularity` tells that).
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

CHANGE = 0.08
"""Relative difference of two tempi from which they are two."""
_LEAST = 4
"""Intervals between beats that a part has at least."""
_LEAST_SECONDS = 2.0
_STEADY = 0.03
"""Mean deviation of a part's intervals, relative to their median, up to which it has one tempo."""
_DRIFT = 1 / 3
"""Up to which share of the change the tempo may drift within a part: else it changes gradually."""
_EVEN = 0.02
"""Standard deviation of a part's intervals, relative to them, up to which it is not cut."""
_TYPICAL = 0.05
"""Relative distance from the median within which intervals are averaged: trackers take a moment to
follow, and beats lie on a grid of 10 ms."""


class TempoPart(NamedTuple):
    """Where a part lies, in s, and its tempo in beats per minute."""

    start: float
    end: float
    bpm: float


def tempo_parts(times: NDArray[np.float64]) -> list[TempoPart]:
    """The parts by the `times` of beats in s, in order; one where the tempo does not change, none
    of less than two beats.

    >>> beats = np.cumsum([0, *[0.5] * 8, *[0.6] * 8])
    >>> [round(part.bpm) for part in tempo_parts(beats)]
    [120, 100]
    """
    times = np.unique(times[np.isfinite(times)])
    if len(times) < 2:
        return []
    intervals = np.diff(times)
    edges = _merged(intervals, _split(intervals))
    parts = [intervals[first:last] for first, last in edges]
    steps = itertools.starmap(_steps, itertools.pairwise(parts))
    if not (all(map(_steady, parts)) and all(steps)):
        edges, parts = [(0, len(intervals))], [intervals]
    return [
        TempoPart(float(times[first]), float(times[last]), _bpm(part))
        for (first, last), part in zip(edges, parts, strict=True)
    ]


def _split(intervals: NDArray[np.float64]) -> list[tuple[int, int]]:
    """First interval and the one after the last of each part, cut until none varies."""
    parts, left = [], [(0, len(intervals))]
    while left:
        first, last = left.pop()
        middle = _cut(np.log(intervals[first:last]))
        if middle is None:
            parts.append((first, last))
        else:
            left += [(first + middle, last), (first, first + middle)]
    return parts


def _cut(logs: NDArray[np.float64]) -> int | None:
    """Where a cut leaves as little to vary on both sides as there can be; None where none does."""
    if len(logs) < 2 * _LEAST or logs.std() <= _EVEN:
        return None
    sums, places = np.cumsum(logs), np.arange(_LEAST, len(logs) - _LEAST + 1)
    before, after = sums[places - 1], sums[-1] - sums[places - 1]
    explained = before**2 / places + after**2 / (len(logs) - places)
    return int(places[explained.argmax()])


def _merged(
    intervals: NDArray[np.float64], edges: Sequence[tuple[int, int]]
) -> list[tuple[int, int]]:
    """The same parts, neighbours with about the same tempo as one."""
    merged: list[tuple[int, int]] = []
    for first, last in edges:
        if merged and _ratio(intervals[slice(*merged[-1])], intervals[first:last]) < 1 + CHANGE:
            merged[-1] = (merged[-1][0], last)
        else:
            merged.append((first, last))
    return merged


def _bpm(part: NDArray[np.float64]) -> float:
    typical = part[np.abs(part / np.median(part) - 1) <= _TYPICAL]
    return float(60 / (typical if len(typical) else part).mean())


def _steady(part: NDArray[np.float64]) -> bool:
    return part.sum() >= _LEAST_SECONDS and _deviation(part) <= _STEADY * len(part)


def _steps(one: NDArray[np.float64], other: NDArray[np.float64]) -> bool:
    """Whether the tempo goes from that of one part to that of the other at once."""
    ratio, drift = _ratio(one, other), max(_drift(one), _drift(other))
    return drift <= _DRIFT * (ratio - 1)


def _ratio(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """Of the faster tempo to the slower."""
    ratio = float(np.median(one) / np.median(other))
    return max(ratio, 1 / ratio)


def _drift(part: NDArray[np.float64]) -> float:
    """Relative change of the interval from the first half of a part to the second."""
    half = len(part) // 2
    return abs(float(np.median(part[-half:]) / np.median(part[:half])) - 1)


def _deviation(intervals: NDArray[np.float64]) -> float:
    return float(np.abs(intervals / np.median(intervals) - 1).sum())
