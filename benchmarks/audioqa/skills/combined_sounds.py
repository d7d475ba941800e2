"""Sounds that have a name: animals and things, strokes of percussion, notes of instruments."""

from __future__ import annotations

import random
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from audioqa.lengths import FADE_S, faded
from audioqa.material import Material
from audioqa.scores import Score, played
from audioqa.sound_names import INSTRUMENTS, PERCUSSION, THINGS
from audioqa.sources import RATE

THING, STROKE, NOTE = "animal or thing", "percussion", "instrument"
KINDS = (THING, STROKE, NOTE)
QUICK_SOUNDFONTS = ("fluid-soundfont-gm", "timgm6mb-soundfont")
"""The third one has the samples of the first and takes seconds to be unpacked for each clip."""


def rendered(material: Material, score: Score, rng: random.Random) -> np.ndarray:
    """The score by one of `QUICK_SOUNDFONTS`, `(samples,)`."""
    return played(material.heard, score.file(), soundfont=rng.choice(QUICK_SOUNDFONTS))


class Sound(NamedTuple):
    """A sound as a question names it."""

    name: str
    audio: np.ndarray
    source: str


class Sounds:
    """The sounds of a split, by kind and name."""

    def __init__(self, material: Material):
        self._material = material
        self.programs = {INSTRUMENTS[n].noun: n for n in material.programs if n in INSTRUMENTS}
        self.drums = {PERCUSSION[n]: n for n in material.drums if n in PERCUSSION}
        sources = {f"stamp:{name}" for name in material.stamps}
        self._things = {
            name.noun: source for source, name in THINGS.items() if name.event and source in sources
        }
        self._alike = (
            {noun: {noun} for noun in self.drums}
            | {noun: {*INSTRUMENTS[n].alike.split()} for noun, n in self.programs.items()}
            | {noun: {*THINGS[source].alike.split()} for noun, source in self._things.items()}
        )

    def names(self, kind: str) -> tuple[str, ...]:
        """Names of the sounds of one of `KINDS`."""
        names: dict[str, Iterable[str]] = {
            THING: self._things,
            STROKE: self.drums,
            NOTE: self.programs,
        }
        return tuple(names[kind])

    def apart(self, kind: str, name: str) -> tuple[str, ...]:
        """Names of those that nobody takes for this one."""
        alike = self._alike[name]
        return tuple(one for one in self.names(kind) if not alike & self._alike[one])

    def once(self, kind: str, name: str, rng: random.Random) -> Sound:
        """The sound as a single event, of at most 1.2 s."""
        if kind == THING:
            return self._thing(name, THINGS[self._things[name]].event)
        return self._played(kind, name, rng, 0.7)

    def long(self, kind: str, name: str, rng: random.Random) -> Sound:
        """The sound for some seconds: a recording as it is, strokes or notes again and again."""
        if kind == THING:
            return self._thing(name)
        return self._played(kind, name, rng, 0.45, 0.25, 0.5, 0.25, 0.45)

    def _thing(self, name: str, part: tuple[float, float] | None = None) -> Sound:
        """All of its recording, or the part between these seconds."""
        source = self._things[name]
        audio = self._material.heard.stamp(source.removeprefix("stamp:"))
        if part is not None:
            audio = audio[round(part[0] * RATE) : round(part[1] * RATE)]
        return Sound(name, faded(audio, FADE_S, FADE_S), source)

    def _played(self, kind: str, name: str, rng: random.Random, *lengths: float) -> Sound:
        """Strokes, or notes of a major triad, of as many seconds each."""
        score, time = Score(60), 0.0
        middle, number = 0, self.drums.get(name, 0)
        if kind == NOTE:
            number = self.programs[name]
            middle = INSTRUMENTS[number].pitch + rng.randrange(-3, 4)
            score.program(0, number)
        for length in lengths:
            if kind == NOTE:
                score.note(0, middle + rng.choice((0, 4, 7)), time, length * 0.9, 96)
            else:
                score.note(9, number, time, 0.2, 105)
            time += length
        audio = rendered(self._material, score, rng)[: round((time + 0.5) * RATE)]
        source = f"program:{number}" if kind == NOTE else f"drum:{number}"
        return Sound(name, faded(audio, FADE_S, FADE_S), source)
