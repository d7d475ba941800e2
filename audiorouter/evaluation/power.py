"""How many clips it takes to see a difference between two sets of answers to the same questions.

The test is that of sign flips (`statistics.sign_flip_test`), at 5% on both sides, and a difference
counts as seen where it is significant in 80% of such files. With one question a clip it is
McNemar's test, and this is its sample size (Miettinen, "The matched pairs design in the case of
all-or-none responses", Biometrics 1968) with a correction for continuity.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

LEVEL, WANTED = 0.05, 0.8
"""Of the test, and how often a difference is to be seen."""
_AT_LEVEL, _AT_WANTED = NormalDist().inv_cdf(1 - LEVEL / 2), NormalDist().inv_cdf(WANTED)


@dataclass(frozen=True)
class Power:
    """What it takes to see a difference on more clips of the same kinds, with as many questions."""

    clips_needed: int | None
    """To see the difference that was found; None where none was."""
    questions_needed: int | None
    """As many as those clips have, at the questions a clip that there are."""
    detectable: float | None
    """The smallest difference of accuracies, 0…1, that the clips that are there show, if answers
    change as often as they do now; None where they show none at all."""


def power_of(differences: NDArray[np.integer], clips: Sequence[str]) -> Power:
    """The power of a comparison, from its differences `(n,)` of -1, 0 or 1, and their clips."""
    places = np.unique(np.asarray(clips), return_inverse=True)[1]
    sums = np.bincount(places, weights=differences)
    count, a_clip = len(sums), len(differences) / len(sums)
    mean, square = abs(float(sums.mean())), float((sums**2).mean())
    needed = None if mean == 0 else _clips_needed(mean, square)
    return Power(
        clips_needed=needed,
        questions_needed=None if needed is None else math.ceil(needed * a_clip),
        detectable=_smallest(
            # Where more is gained than changes now, all that changes is gained.
            lambda mean: _clips_needed(mean, max(square, mean, mean**2)) <= count,
            largest=a_clip,
            scale=a_clip,
        ),
    )


def _clips_needed(mean: float, square: float) -> int:
    """By mean and mean square of a clip's sum of differences: total - 1 reaches the bound."""
    spread = _AT_LEVEL * math.sqrt(square) + _AT_WANTED * math.sqrt(max(0.0, square - mean**2))
    root = (spread + math.sqrt(spread**2 + 4 * mean)) / (2 * mean)
    return math.ceil(root**2)


def _smallest(enough: Callable[[float], bool], *, largest: float, scale: float) -> float | None:
    """The smallest mean of a clip that is enough, over `scale`; None where the largest is not."""
    if not enough(largest):
        return None
    low, high = 0.0, largest
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high / scale
