"""Intervals for means and ratios over questions that share clips and skills.

Questions about one clip stand or fall together, and so do questions of one skill. Both are drawn
again, each by itself, and a question weighs the product of how often its clip and its skill were
drawn: an interval then tells of other clips and other skills than those of the file.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import isclose, isnan, nan
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from audiorouter.scoring import FEWEST_CLIPS

DRAWS = 4000
_AT_ONCE = 4_000_000
"""Weights of so many (draw, question) pairs are held at a time."""
_NOTHING = 1e-9
"""A sum that rounding may leave of what adds up to 0."""

Floats = NDArray[np.float64]


class Interval(NamedTuple):
    """A mean, and the bounds of its 95% interval; both are NaN where there is none to tell."""

    mean: float
    low: float
    high: float

    @property
    def known(self) -> bool:
        """Whether it has bounds, see `interval_of`."""
        return not (isnan(self.low) or isnan(self.high))

    def as_json(self) -> list[float | None]:
        """`[mean, low, high]` in four decimals; JSON has no word for bounds that nothing tells."""
        return [None if isnan(value) else round(value, 4) for value in self]


def interval_of(mean: float, drawn: Floats, *, clips: int) -> Interval:
    """A mean with the 2.5% and 97.5% percentiles of its draws `(D,)`.

    `clips` is how many clips tell of it: without bounds where they are fewer than `FEWEST_CLIPS`,
    and where each draw is as the one before, which bounds nothing.
    """
    if clips >= FEWEST_CLIPS and len(drawn):
        low, high = (float(bound) for bound in np.percentile(drawn, [2.5, 97.5]))
        if not isclose(low, high, abs_tol=1e-9):
            return Interval(mean, low, high)
    return Interval(mean, nan, nan)


class Sums(NamedTuple):
    """Sums of `K` values over the questions as they are `(K,)`, and in each draw `(D, K)`.

    A draw of clips and skills that meet in no question sums to nothing: it is left out of the
    interval.
    """

    whole: Floats
    drawn: Floats
    by_clip: Floats
    """The sums over each clip's questions, `(clips, K)`."""
    counts: NDArray[np.bool_]
    """Which of them count questions, `(K,)`: their values are 0 and 1 alone."""

    def ratio(self, numerator: int, denominator: int) -> Interval | None:
        """One sum over another by their columns; None where that is over nothing."""
        if self.whole[denominator] == 0:
            return None
        below = self.drawn[:, denominator]
        ratios = self.drawn[:, numerator][below != 0] / below[below != 0]
        mean = float(self.whole[numerator] / self.whole[denominator])
        return interval_of(mean, ratios, clips=self.telling(numerator, denominator))

    def telling(self, numerator: int, denominator: int) -> int:
        """How many clips tell of one sum over another.

        Those without anything of it all say the same. So do, of a share, those with nothing else:
        that 3 of 200 questions are wrong is told by 3 clips, as it is that 197 are right.
        """
        over, under = self.by_clip[:, numerator], self.by_clip[:, denominator]
        parts = [over, under]
        if self.counts[[numerator, denominator]].all():
            parts.append(under - over)
        return int(min(np.count_nonzero(abs(sums) > _NOTHING) for sums in parts))


@dataclass(frozen=True)
class Bootstrap:
    """Draws of clips, and of skills where `skills` are given: one name a question each.

    With both, Owen, "The pigeonhole bootstrap", Annals of Applied Statistics 2007; with clips
    alone, Field & Welsh, "Bootstrapping clustered data", JRSS B 2007. Bounds are percentiles. A
    single clip or skill cannot be drawn otherwise, and few clips tell nothing of others: see
    `interval_of`. The draws follow from `seed` alone: whatever is
    asked of one bootstrap is asked of the same draws.
    """

    clips: Sequence[str]
    skills: Sequence[str] | None = None
    draws: int = DRAWS
    seed: int = 0

    def mean(self, values: NDArray[np.generic]) -> Interval:
        """Mean of `values` `(n,)`; for a difference of two strategies pass differences (paired)."""
        return self.means(np.asarray(values)[:, None])[0]

    def means(self, values: NDArray[np.generic]) -> list[Interval]:
        """Mean of each column of `values` `(n, K)`."""
        known = np.asarray(values, dtype=np.float64)
        sums = self.sums(np.column_stack([known, np.ones(len(known))]))
        found = [sums.ratio(column, known.shape[1]) for column in range(known.shape[1])]
        return [interval for interval in found if interval is not None]

    def sums(self, values: NDArray[np.generic]) -> Sums:
        """Sums of the columns of `values` `(n, K)`, NaN excluded beforehand."""
        known = np.asarray(values, dtype=np.float64)
        cell_of, codes = self._cells
        cells = np.stack([np.bincount(cell_of, weights=column) for column in known.T], axis=1)
        drawn = np.concatenate([weights @ cells for weights in self._weights()])
        by_clip = np.stack([np.bincount(codes[0], weights=column) for column in cells.T], axis=1)
        counts = np.array([np.isin(column, (0, 1)).all() for column in known.T], dtype=np.bool_)
        return Sums(known.sum(axis=0), drawn, by_clip.astype(np.float64), counts)

    @cached_property
    def _cells(self) -> tuple[NDArray[np.intp], list[NDArray[np.intp]]]:
        """The cell of each question (its clip and skill), and of each cell clip and skill."""
        names = [self.clips] if self.skills is None else [self.clips, self.skills]
        codes = [np.unique(np.asarray(some), return_inverse=True)[1] for some in names]
        cells, cell_of = np.unique(np.stack(codes, axis=1), axis=0, return_inverse=True)
        return cell_of.reshape(-1), list(cells.T)

    def _weights(self) -> Iterator[Floats]:
        """How often each cell is in each draw, `(some draws, cells)` at a time."""
        _, codes = self._cells
        counts = [int(code.max()) + 1 for code in codes]
        rngs = [np.random.default_rng(self.seed), np.random.default_rng([self.seed, 1])]
        step = max(1, _AT_ONCE // len(codes[0]))
        for start in range(0, self.draws, step):
            rows = min(step, self.draws - start)
            weights = np.ones((rows, len(codes[0])))
            for code, count, rng in zip(codes, counts, rngs, strict=False):
                weights *= _times_drawn(rng, rows, count)[:, code]
            yield weights


def _times_drawn(rng: np.random.Generator, draws: int, count: int) -> NDArray[np.intp]:
    """How often each of `count` clusters is drawn, with replacement, in each draw."""
    drawn = rng.integers(count, size=(draws, count))
    drawn += count * np.arange(draws)[:, None]
    return np.bincount(drawn.reshape(-1), minlength=draws * count).reshape(draws, count)
