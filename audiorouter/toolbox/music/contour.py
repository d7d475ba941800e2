"""The shape of a melody in a word that means one thing: rising, falling, arch, valley, wavy, level.

Each shape is the best fit of its kind in least squares (isotonic regression; up and then down for
an arch): the simplest that explains the melody is its contour. Long notes weigh more.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

LEVEL_SEMITONES = 1.0
"""Range up to which a melody is level."""
EXPLAINED = 0.75
"""Share of the variance from which one rise or fall, or one turn, is the shape of a melody."""
SIDE = 0.3
"""Share of the range that a melody has to go both before and after its turn."""
BETTER = 0.12
"""How much more a shape with a turn has to explain than one without."""

SHORT = 0.3
"""Share of the median length below which a note is an ornament or a slip, and does not count."""

WORDS = {
    "rising": "rises (ascending, goes up)",
    "falling": "falls (descending, goes down)",
    "arch": "goes up and then down (an arch)",
    "valley": "goes down and then up (a valley)",
    "wavy": "goes up and down several times (wavy)",
    "level": "stays the same, on one pitch (level)",
}


class Contour(NamedTuple):
    """A key of `WORDS`, and how far the shape is from being another one, 0…1."""

    shape: str
    margin: float

    @property
    def words(self) -> str:
        """What the melody does, as the predicate of a sentence."""
        return WORDS[self.shape]


def contour_of(pitch: Sequence[float], seconds: Sequence[float]) -> Contour:
    """Shape of a melody of notes, in semitones, that last for so many seconds; at least one.

    >>> contour_of([60, 62, 64, 67], [0.5, 0.5, 0.5, 0.5]).shape
    'rising'
    >>> contour_of([60, 64, 67, 64, 60], [0.5, 0.5, 0.5, 0.5, 0.5]).shape
    'arch'
    """
    notes, length = np.asarray(pitch, dtype=float), np.asarray(seconds, dtype=float)
    kept = length >= SHORT * float(np.median(length))
    notes, length = notes[kept], length[kept]
    weight = np.minimum(length, 2 * float(np.median(length))) + 1e-6
    span = float(np.ptp(notes))
    if span <= LEVEL_SEMITONES:
        return Contour("level", 1.0 - 0.5 * span / LEVEL_SEMITONES)
    fits = {
        "rising": _monotone(notes, weight),
        "falling": -_monotone(-notes, weight),
        "arch": _one_turn(notes, weight),
        "valley": -_one_turn(-notes, weight),
    }
    explained = {shape: _explained(notes, fit, weight) for shape, fit in fits.items()}
    straight = max(("rising", "falling"), key=explained.__getitem__)
    turned = max(("arch", "valley"), key=explained.__getitem__)
    has_turn = _sides(fits[turned], span) and explained[turned] - explained[straight] >= BETTER
    shape = turned if has_turn else straight
    if explained[shape] < EXPLAINED:
        return Contour("wavy", EXPLAINED - explained[shape])
    others = [explained[o] for o in explained if o != shape and _apart(shape, o)]
    return Contour(shape, min(explained[shape] - EXPLAINED + 0.1, explained[shape] - max(others)))


def _apart(shape: str, other: str) -> bool:
    """Whether two shapes exclude each other: a straight line is also half of an arch."""
    return shape in ("arch", "valley") or other in ("rising", "falling")


def _monotone(notes: NDArray[np.float64], weight: NDArray[np.float64]) -> NDArray[np.float64]:
    """The best fit that never falls."""
    from scipy.optimize import isotonic_regression

    return np.asarray(isotonic_regression(notes, weights=weight).x)


def _one_turn(notes: NDArray[np.float64], weight: NDArray[np.float64]) -> NDArray[np.float64]:
    """The best fit that never falls before its highest note and never rises after it."""
    best, least = notes, np.inf
    for top in _turns(notes):
        fit = np.concatenate(
            [
                _monotone(notes[:top], weight[:top]),
                _monotone(notes[top:][::-1], weight[top:][::-1])[::-1],
            ]
        )
        error = float((weight * np.square(notes - fit)).sum())
        if error < least:
            best, least = fit, error
    return best


def _turns(notes: NDArray[np.float64]) -> list[int]:
    """Places at which the first half of a melody may end: some fifty at most."""
    return list(range(1, len(notes), 1 + len(notes) // 50))


def _sides(fit: NDArray[np.float64], span: float) -> bool:
    """Whether the fit goes far enough from both its ends to its turn."""
    turn = fit[np.argmax(np.abs(fit - (fit[0] + fit[-1]) / 2))]
    return bool(min(abs(turn - fit[0]), abs(turn - fit[-1])) >= SIDE * span)


def _explained(
    notes: NDArray[np.float64], fit: NDArray[np.float64], weight: NDArray[np.float64]
) -> float:
    """Share of the weighted variance, 0…1."""
    mean = float((weight * notes).sum() / weight.sum())
    return 1 - float((weight * np.square(notes - fit)).sum() / (weight * (notes - mean) ** 2).sum())
