"""How many questions are right, with an interval that tells of other clips.

Questions about one clip stand or fall together, so that ten questions about each of ten clips tell
less than a hundred about a hundred clips. The interval is Wilson's for as many questions by
themselves as those tell: n over the design effect, which is the variance of the share that the
clips show over that of a simple random sample. With one question a clip it is Wilson's own. Dean &
Pagano, "Evaluating confidence interval methods for binomial proportions in clustered surveys",
J. Survey Statistics and Methodology 2015; for few clips with the degrees of freedom of Korn &
Graubard, "Confidence intervals for proportions with small expected number of positive counts
estimated from survey data", Survey Methodology 1998.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import nan
from statistics import NormalDist
from typing import NamedTuple
from zlib import crc32

from audiorouter.scoring.proportions import Proportion, wilson

FEWEST_CLIPS = 6
"""Below it there are no bounds: so few clips say too little of others. Five coins that fall to one
side are no evidence at 5% (p = 1/16)."""
MOST_CLIPS = 1024
"""Clips that are counted by themselves. Where there are more, all are counted in as many lots, by a
hash of their names: memory stays the same, and lots of clips vary as clips do."""


class ClipSums(NamedTuple):
    """Sums over clips of what is `right` of the `total` questions about each."""

    clips: int
    right: int
    total: int
    right_squared: int
    right_times_total: int
    total_squared: int

    @classmethod
    def of(cls, counts: Iterable[tuple[int, int]]) -> ClipSums:
        """Those of `(right, total)` of each clip; of which nothing is known are left out."""
        known = [(right, total) for right, total in counts if total]
        return cls(
            len(known),
            sum(right for right, _ in known),
            sum(total for _, total in known),
            sum(right * right for right, _ in known),
            sum(right * total for right, total in known),
            sum(total * total for _, total in known),
        )

    @property
    def proportion(self) -> Proportion:
        """The share that is right; without bounds where there are fewer than `FEWEST_CLIPS`."""
        if self.clips < FEWEST_CLIPS:
            return Proportion(self.right, self.total, nan, nan)
        rate = self.right / self.total
        return Proportion(self.right, self.total, *wilson(rate, self._effective_total))

    @property
    def _effective_total(self) -> float:
        """How many questions by themselves tell as much as these, at most all of them."""
        wrong = self.total - self.right
        if not self.right or not wrong:
            # Nothing tells how far questions about a clip hang together: as if wholly.
            return self.total**2 / self.total_squared
        # The squares of what each clip has more than the mean, times the square of the total.
        spread = (
            self.total**2 * self.right_squared
            - 2 * self.total * self.right * self.right_times_total
            + self.right**2 * self.total_squared
        )
        independent = self.total**2 * self.right * wrong
        corrected = self.clips / (self.clips - 1) * (self.total - 1)
        few = (_t_quantile(self.clips - 1) / _t_quantile(self.total - 1)) ** 2
        return self.total / max(1.0, corrected * spread / independent * few)


class ClipCounts:
    """Counts of right answers by clip, one after the other, in any order."""

    def __init__(self) -> None:
        self._counts: dict[int, tuple[int, int]] = {}
        """`(right, total)` by the hash of the clip's name, or by lot."""
        self._in_lots = False

    def add(self, clip: str, correct: bool | None) -> None:
        """Count one more about the clip of that name, if it is known whether it is right."""
        if correct is None:
            return
        self._count(crc32(clip.encode("utf-8", "surrogatepass")), int(correct), 1)
        if len(self._counts) > MOST_CLIPS:
            alone, self._counts, self._in_lots = self._counts, {}, True
            for name, counts in alone.items():
                self._count(name, *counts)

    def _count(self, name: int, right: int, total: int) -> None:
        key = name % MOST_CLIPS if self._in_lots else name
        before = self._counts.get(key, (0, 0))
        self._counts[key] = (before[0] + right, before[1] + total)

    @property
    def known(self) -> int:
        """Of how many it is known whether they are right."""
        return sum(total for _, total in self._counts.values())

    @property
    def proportion(self) -> Proportion:
        """The share that is right."""
        return ClipSums.of(self._counts.values()).proportion


def _t_quantile(freedom: int) -> float:
    """The 97.5% quantile of Student's t, to 0.2% from 5 degrees of freedom on.

    Abramowitz & Stegun, "Handbook of Mathematical Functions", 1964, formula 26.7.5.
    """
    z = NormalDist().inv_cdf(0.975)
    return (
        z
        + (z**3 + z) / (4 * freedom)
        + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * freedom**2)
        + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * freedom**3)
    )
