"""Chords beyond triads, by templates over the notes that Basic Pitch hears.

Each tenth of a second has a probability of every pitch class; a chord is as likely as its notes
sound and the others do not (Fujishima, "Realtime Chord Recognition of Musical Sound", ICMC 1999,
with Bernoulli likelihoods in place of products). Its root in the bass speaks for it, and so does
the triad that another library heard; rarer chords need more evidence. The chords are the likeliest
path (Viterbi), where a change costs. Labels are Harte's ("Symbolic Representation of Musical
Chords", ISMIR 2005): `A:min7`, `C:maj/3`.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from audiorouter.toolbox.frontends.basic_pitch import (
    FRAME_SECONDS,
    KEYS,
    LOWEST_MIDI,
    pitch_classes,
)
from audiorouter.toolbox.music.likeliest_path import likeliest_path
from audiorouter.toolbox.note_names import NAMES, flat_class, spelled_by_degree, spelled_class

STEP_SECONDS = 0.1
_STEPS_AT_ONCE = 10_000
"""Steps whose means are taken together: of hours, sums of all would be more than a gigabyte."""


class Quality(NamedTuple):
    """A kind of chord: semitones above its root, how it is said and written, and what it costs."""

    steps: tuple[int, ...]
    words: str
    symbol: str
    cost: float
    triad: str | None
    """The triad that chord recognition of triads alone makes of it, where it makes one."""


QUALITIES = {
    "maj": Quality((0, 4, 7), "major", "", 0.0, "maj"),
    "min": Quality((0, 3, 7), "minor", "m", 0.0, "min"),
    "7": Quality((0, 4, 7, 10), "dominant seventh", "7", 0.6, "maj"),
    "maj7": Quality((0, 4, 7, 11), "major seventh", "maj7", 0.8, "maj"),
    "min7": Quality((0, 3, 7, 10), "minor seventh", "m7", 0.8, "min"),
    "sus4": Quality((0, 5, 7), "suspended fourth", "sus4", 0.8, None),
    "sus2": Quality((0, 2, 7), "suspended second", "sus2", 1.2, None),
    "dim": Quality((0, 3, 6), "diminished", "dim", 0.8, "min"),
    "aug": Quality((0, 4, 8), "augmented", "aug", 1.0, "maj"),
    "hdim7": Quality((0, 3, 6, 10), "half-diminished seventh", "m7b5", 1.2, "min"),
    "dim7": Quality((0, 3, 6, 9), "diminished seventh", "dim7", 1.2, "min"),
}
_DEGREES = {2: "2", 3: "b3", 4: "3", 5: "4", 6: "b5", 7: "5", 8: "#5", 9: "bb7", 10: "b7", 11: "7"}
_SLOPE, _INTERCEPT = 3.42, 3.11
"""Log odds that a pitch class is in the chord, by those that Basic Pitch gives it."""
_TEMPER = 0.5
"""Weight of a tenth of a second: neighbours say the same."""
_ROOT_IN_BASS, _TONE_IN_BASS = 1.0, 0.3
_AGREES = 1.0
"""What speaks for a chord whose triad another library heard."""
_CHANGE = 8.0
_SURE = 0.01
"""No pitch class is surer than this is from 0 or 1."""
_BASS = 0.3
"""Probability from which the lowest key that sounds is the bass."""
_STEADY_BASS = 0.7
"""Share of a chord over which another note than its root has to be its bass."""
_AROUND = 0.15


class Chord(NamedTuple):
    """A chord from `start` to `end` in s; `root` and `bass` are pitch classes, C = 0.

    `margin` is by how much it is likelier than the next, in log likelihood of a frame.
    """

    start: float
    end: float
    root: int
    quality: str
    bass: int
    margin: float

    @property
    def label(self) -> str:
        """Harte's label."""
        over = f"/{_DEGREES[(self.bass - self.root) % 12]}" if self.bass != self.root else ""
        return f"{NAMES[self.root]}:{self.quality}{over}"

    @property
    def words(self) -> str:
        """How one says it."""
        over = f" over {spelled_class(NAMES[self.bass])}" if self.bass != self.root else ""
        return f"{spelled_class(NAMES[self.root])} {QUALITIES[self.quality].words}{over}"

    def symbol(self, *, flats: bool) -> str:
        """How it is written above a line of music, a black key in its root as a flat or as a sharp.

        >>> Chord(0.0, 1.0, 10, "min7", 10, 1.0).symbol(flats=True)
        'Bbm7'
        >>> Chord(0.0, 1.0, 2, "maj", 6, 1.0).symbol(flats=True)
        'D/F#'
        """
        root = flat_class(NAMES[self.root]) if flats else NAMES[self.root]
        symbol = f"{root}{QUALITIES[self.quality].symbol}"
        if self.bass == self.root:
            return symbol
        degree = _DEGREES[(self.bass - self.root) % 12]
        return f"{symbol}/{spelled_by_degree(self.bass, root, degree)}"


def chords_of(
    sounding: NDArray[np.float32], triads: Sequence[tuple[float, float, str]]
) -> list[Chord]:
    """Chords in order, without the silence between them.

    `sounding` is the probability of each piano key, `(frames, 88)`, as Basic Pitch gives it;
    `triads` what another library hears: start and end in s and `C:maj`, `A:min` or `N`.
    """
    keys = _in_steps(sounding)
    if len(keys) == 0:
        return []
    bass = _bass(keys)
    scores = _scores(keys, bass, triads)
    path = likeliest_path(scores, _CHANGE)
    edges = [0, *(np.flatnonzero(np.diff(path)) + 1).tolist(), len(path)]
    states = _states()
    chords = []
    for first, end in itertools.pairwise(edges):
        if path[first] == len(states):
            continue
        root, quality = states[int(path[first])]
        mean = scores[first:end].mean(axis=0)
        margin = float(mean[path[first]] - np.delete(mean, path[first]).max())
        low = _steady_bass(bass[first:end], root, quality)
        chords.append(Chord(first * STEP_SECONDS, end * STEP_SECONDS, root, quality, low, margin))
    return chords


@cache
def _states() -> tuple[tuple[int, str], ...]:
    return tuple((root, quality) for quality in QUALITIES for root in range(12))


@cache
def _templates() -> NDArray[np.float64]:
    """Which pitch classes are in each chord, and in none, `(chords + 1, 12)`."""
    templates = np.zeros((len(_states()) + 1, 12))
    for template, (root, quality) in zip(templates, _states(), strict=False):
        template[[(root + step) % 12 for step in QUALITIES[quality].steps]] = 1
    return templates


def _in_steps(sounding: NDArray[np.float32]) -> NDArray[np.float64]:
    """Mean probability of the keys around each tenth of a second, `(steps, 88)`."""
    steps = np.arange(0, len(sounding) * FRAME_SECONDS, STEP_SECONDS)
    low = np.clip(((steps - _AROUND) / FRAME_SECONDS).astype(int), 0, len(sounding) - 1)
    high = np.clip(((steps + _AROUND) / FRAME_SECONDS).astype(int) + 1, 1, len(sounding))
    means = np.empty((len(steps), KEYS))
    for first in range(0, len(steps), _STEPS_AT_ONCE):
        some = slice(first, first + _STEPS_AT_ONCE)
        begins, ends = low[some] - low[first], high[some] - low[first]
        heard = sounding[low[first] : low[first] + ends[-1]]
        sums = np.cumsum(np.vstack([np.zeros((1, KEYS)), heard]), axis=0, dtype=np.float64)
        means[some] = (sums[ends] - sums[begins]) / (ends - begins)[:, None]
    return means


def _bass(keys: NDArray[np.float64]) -> NDArray[np.int64]:
    """Pitch class of the lowest key that sounds in each step; -1 where none does."""
    heard = keys >= _BASS
    return np.where(heard.any(axis=1), (heard.argmax(axis=1) + LOWEST_MIDI) % 12, -1)


def _scores(
    keys: NDArray[np.float64],
    bass: NDArray[np.int64],
    triads: Sequence[tuple[float, float, str]],
) -> NDArray[np.float64]:
    """Log likelihood of each chord and, last, of none, `(steps, chords + 1)`."""
    classes = pitch_classes(keys)
    odds = _SLOPE * np.log(classes / (1 - classes + 1e-9) + 1e-9) + _INTERCEPT
    likely = np.clip(1 / (1 + np.exp(-odds)), _SURE, 1 - _SURE)
    templates = _templates()
    scores = _TEMPER * (np.log(likely) @ templates.T + np.log(1 - likely) @ (1 - templates).T)
    for state, (root, quality) in enumerate(_states()):
        kind = QUALITIES[quality]
        tones = [(root + step) % 12 for step in kind.steps[1:]]
        scores[:, state] += _ROOT_IN_BASS * (bass == root) + _TONE_IN_BASS * np.isin(bass, tones)
        scores[:, state] -= kind.cost
        for start, end, label in triads:
            if label == f"{NAMES[root]}:{kind.triad}" or (
                kind.triad is None and label.startswith(f"{NAMES[root]}:")
            ):
                scores[round(start / STEP_SECONDS) : round(end / STEP_SECONDS), state] += _AGREES
    return np.asarray(scores)


def _steady_bass(bass: NDArray[np.int64], root: int, quality: str) -> int:
    """The chord's bass: its root, or another of its notes that lies there nearly throughout."""
    counts = np.bincount(bass[bass >= 0], minlength=12)
    lowest = int(counts.argmax())
    inside = (lowest - root) % 12 in QUALITIES[quality].steps
    return lowest if inside and counts[lowest] >= _STEADY_BASS * len(bass) else root
