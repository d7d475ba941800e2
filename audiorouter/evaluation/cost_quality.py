"""Accuracy against cost as one number: the area below the best mixture of several routers.

A router asked at several cost weights is a point at each. Between two of them lies whatever a coin
reaches that picks one or the other, so the curve is the convex hull from above, and it never falls:
who may spend more may spend less. The area over a range of costs, divided by its width, is the AIQ
("average improvement in quality") of Hu et al., "RouterBench", 2024.

Which routers are corners of the hull is chosen in hindsight, on the very questions that they are
judged by, in every draw anew: the area is somewhat larger than what a mixture that was chosen
beforehand reaches, the more so the more routers there are and the fewer questions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from audiorouter.evaluation.bootstrap import Bootstrap, Floats, Interval, interval_of
from audiorouter.evaluation.scores import StrategyScore


class Point(NamedTuple):
    """What something costs (s of tools a question) and how good it is (accuracy, 0…1)."""

    cost: float
    quality: float


@dataclass(frozen=True)
class CostQuality:
    """The curve of some strategies, and the area below it between two costs."""

    names: tuple[str, ...]
    points: tuple[Point, ...]
    """Of each strategy."""
    hull: tuple[Point, ...]
    cheapest: float
    dearest: float
    area: Interval
    """Mean quality over the range of costs, 0…1."""


def hull(points: Sequence[Point]) -> list[Point]:
    """The non-decreasing upper convex hull, from the cheapest point to the best one."""
    best: list[Point] = []
    for point in sorted(points, key=lambda p: (p.cost, -p.quality)):
        if best and point.quality <= best[-1].quality:
            continue
        while len(best) > 1 and _slope(best[-2], best[-1]) <= _slope(best[-1], point):
            best.pop()
        best.append(point)
    return best


def mean_quality(points: Sequence[Point], cheapest: float, dearest: float) -> float:
    """Mean height of the hull of `points` over costs from `cheapest` to `dearest` s (AIQ).

    Beyond its last point the hull goes on level. Before its first one nothing can be afforded: the
    quality is 0, so a point that costs nothing belongs to the others.

    Raises:
        ValueError: the range is empty, or there is no point.
    """
    if not points or not cheapest < dearest:
        raise ValueError("a mean over costs takes points, and a range of costs that is not empty")
    corners = hull(points)
    costs = np.array([corner.cost for corner in corners])
    heights = np.array([corner.quality for corner in corners])
    inside = costs[(costs > cheapest) & (costs < dearest)]
    at = np.unique([cheapest, *inside, dearest])
    quality = np.interp(at, costs, heights)
    first = costs[0]
    if first >= dearest:
        return 0.0
    affordable = at >= first
    area = float(np.trapezoid(quality[affordable], at[affordable]))
    return area / (dearest - cheapest)


def cost_quality(
    direct: StrategyScore,
    strategies: Sequence[StrategyScore],
    bootstrap: Bootstrap,
    *,
    dearest: float,
) -> CostQuality | None:
    """The curve of `strategies` from the direct answer on, over costs from 0 to `dearest` s.

    The interval draws accuracy and cost of all strategies together. None where nothing costs
    anything.
    """
    if dearest <= 0:
        return None
    every = [direct, *strategies]
    values = np.column_stack(
        [np.ones(len(direct.correct))]
        + [column for score in every for column in (score.tool_seconds, score.correct)]
    )
    sums = bootstrap.sums(values)

    def points(of: Floats) -> list[Point]:
        means = (of[1:] / of[0]).reshape(-1, 2).tolist()
        return [Point(0.0, means[0][1]), *(Point(*mean) for mean in means[1:])]

    drawn = [mean_quality(points(of), 0.0, dearest) for of in sums.drawn if of[0] > 0]
    whole = points(sums.whole)
    telling = max(sums.telling(column, 0) for column in range(2, values.shape[1], 2))
    return CostQuality(
        names=tuple(score.name for score in every),
        points=tuple(whole),
        hull=tuple(hull(whole)),
        cheapest=0.0,
        dearest=dearest,
        area=interval_of(mean_quality(whole, 0.0, dearest), np.array(drawn), clips=telling),
    )


def _slope(left: Point, right: Point) -> float:
    return (right.quality - left.quality) / (right.cost - left.cost)
