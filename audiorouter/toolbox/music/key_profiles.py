"""Which of the 24 keys fits what is heard, and where one ends and another begins.

Krumhansl & Kessler, "Tracing the Dynamic Changes in Perceived Tonal Organization in a Spatial
Representation of Musical Keys", Psychological Review, 1982.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from audiorouter.toolbox.note_names import NAMES, flat_class, spelled_class

_PROFILES = {
    "major": (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88),
    "minor": (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17),
}
TONIC_FIRST = 0.15
"""Correlation that the key of the first chord is given ahead of the others."""
FAINTEST = 0.02
"""Mean of the strongest pitch class below which hardly anything has a pitch."""
_PART_SECONDS = 3.0
"""What a part in another key lasts at least."""
_APART = 0.8
"""By how much the key of each part is ahead of the other part's there, from which the key changes.
benchmarks/parts_of_clips.py counts how often that is told."""
_CLEAR = 0.75
"""Correlation of the key of each part at least."""


class KeyFit(NamedTuple):
    """A key, and the correlation of its profile with what is heard, -1…1."""

    correlation: float
    tonic: str
    mode: str

    @property
    def name(self) -> str:
        """The key with its tonic spelled one way."""
        return f"{self.tonic} {self.mode}"

    @property
    def label(self) -> str:
        """The key with its tonic spelled both ways."""
        return f"{spelled_class(self.tonic)} {self.mode}"

    @property
    def symbol(self) -> str:
        """The key as it is written in short, spelled both ways.

        >>> KeyFit(0.9, "F#", "minor").symbol, KeyFit(0.9, "C", "major").symbol
        ('F#m or Gbm', 'C')
        """
        spellings = dict.fromkeys((self.tonic, flat_class(self.tonic)))
        return " or ".join(f"{tonic}{'m' * (self.mode == 'minor')}" for tonic in spellings)


class KeyChange(NamedTuple):
    """When the key changes, in s, and which it is before and after."""

    at: float
    before: KeyFit
    after: KeyFit
    margin: float
    """By how much each is ahead of the second best where it is heard, the smaller of both."""


_KEYS = tuple((mode, shift) for mode in _PROFILES for shift in range(12))
_ROWS = np.array([np.roll(_PROFILES[mode], shift) for mode, shift in _KEYS])
_CENTRED = _ROWS - _ROWS.mean(axis=1, keepdims=True)
_UNIT = _CENTRED / np.linalg.norm(_CENTRED, axis=1, keepdims=True)


def ranked_keys(chroma: NDArray[np.floating[Any]], first_chord: str | None) -> list[KeyFit]:
    """All 24 keys by Pearson correlation with a chroma `(12,)`, C first; the best one first.

    The key of the first chord (`C:maj`, `A:min`) is ahead by `TONIC_FIRST`: profiles mistake a key
    for its relative or its dominant, and music mostly begins on its tonic. An even chroma
    correlates with none.
    """
    fits = _fits(chroma[None])[0]
    keys = []
    for (mode, shift), fit in zip(_KEYS, fits, strict=True):
        begins = first_chord == f"{NAMES[shift]}:{'min' if mode == 'minor' else 'maj'}"
        keys.append(KeyFit(float(fit) + TONIC_FIRST * (begins and fits.any()), NAMES[shift], mode))
    return sorted(keys, key=lambda key: -key.correlation)


def key_change(chroma: NDArray[np.floating[Any]], duration: float) -> KeyChange | None:
    """Where the key changes of a chroma `(frames, 12)` over `duration` s; None where it does not.

    The two keys are those that some moment parts most; then it is where they fit best, frame by
    frame.
    """
    frames = len(chroma)
    least = round(_PART_SECONDS * frames / duration)
    if frames < 2 * least:
        return None
    sums = np.cumsum(chroma, axis=0, dtype=np.float64)
    cuts = np.arange(least, frames - least + 1)
    before = _fits(sums[cuts - 1] / cuts[:, None])
    after = _fits((sums[-1] - sums[cuts - 1]) / np.maximum(1, frames - cuts)[:, None])
    every = np.arange(len(cuts))
    one, other = before.argmax(axis=1), after.argmax(axis=1)
    apart = np.minimum(
        before[every, one] - before[every, other], after[every, other] - after[every, one]
    )
    best = int(apart.argmax())
    first, second = (
        KeyFit(float(fits[best, key]), NAMES[_KEYS[key][1]], _KEYS[key][0])
        for fits, key in ((before, one[best]), (after, other[best]))
    )
    clear = min(first.correlation, second.correlation) >= _CLEAR
    loud = min(sums[cuts[best] - 1].max() / cuts[best], sums[-1].max() / frames) >= FAINTEST
    if not (apart[best] >= _APART and clear and loud):  # also of what is no number
        return None
    # Where a side has keys of its own, what is best for it is perhaps none of them.
    if any(
        key_change(side, duration * len(side) / frames)
        for side in (chroma[: cuts[best]], chroma[cuts[best] :])
    ):
        return None
    margins = [float(np.diff(np.sort(fits[best])[-2:])[0]) for fits in (before, after)]
    ahead = np.cumsum(chroma @ (_UNIT[one[best]] - _UNIT[other[best]]))
    at = int(cuts[ahead[cuts - 1].argmax()]) * duration / frames
    return KeyChange(at, first, second, min(margins))


def _fits(chroma: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    """Correlation of each chroma `(n, 12)` with the 24 profiles, `(n, 24)`; 0 of an even one."""
    centred = chroma - chroma.mean(axis=1, keepdims=True)
    size = np.linalg.norm(centred, axis=1, keepdims=True)
    even = chroma.std(axis=1, keepdims=True) < 1e-9
    return np.where(even, 0.0, centred @ _UNIT.T / np.where(even, 1.0, size))
