"""Sounds that have a name: animals and things, strokes of percussion, notes of instruments."""

from __future__ import annotations

import random
from typing import NamedTuple

import numpy as np

from audioqa.lengths import FADE_S, faded
from audioqa.material import Material
from audioqa.scores import Score, played
from audioqa.sources import RATE

THING, STROKE, NOTE = "animal or thing", "percussion", "instrument"
KINDS = (THING, STROKE, NOTE)
EVENTS = {
    "washing machine": (0, 0.8), "camera": (0, 0.6), "goat": (0, 0.7), "pig": (0, 0.25),
    "lion": (0.2, 1.1), "elephant": (0.2, 1.1), "duck": (0.13, 0.4), "crow": (0, 0.42),
    "cuckoo": (0.13, 0.95), "cricket": (0.35, 0.66), "bull": (0.2, 1.1), "blackbird": (0, 0.78),
    "toilet flushing": (0, 0.9), "thunder": (0, 0.9), "rooster": (0.3, 1.1),
    "owl": (0, 1.15), "seagull": (0.3, 0.95), "chimpanzee": (0, 0.5),
    "hammer": (0, 0.2), "saw": (0.33, 0.65), "vacuum cleaner": (0, 0.8), "boiling kettle": (0, 0.8),
    "fire engine siren": (0.4, 1.2), "dog": (0, 0.35),
    "cow": (0.2, 1.1), "sheep": (0, 1.05), "horse": (0.5, 1.4), "cat": (0.3, 1.2),
    "hen": (0.58, 0.78), "turkey": (0, 0.9), "bee": (1.0, 1.8),
    "mosquito": (0.3, 1.1), "mouse": (0.02, 0.25),
}  # fmt: skip
"""Where in its recording the animal or thing is heard once, in s."""
PERCUSSION = {
    38: "snare drum", 49: "crash cymbal", 58: "vibraslap", 64: "conga",
    68: "agogo bell", 73: "guiro", 76: "wood block", 69: "cabasa",
    34: "metronome bell", 56: "cowbell", 75: "claves", 79: "cuica", 82: "shaker", 85: "castanets",
    39: "hand clap", 40: "snare drum", 42: "hi-hat", 54: "tambourine",
    57: "crash cymbal", 60: "bongo", 67: "agogo bell", 70: "maracas", 72: "whistle", 74: "guiro",
    81: "triangle",
}  # fmt: skip
"""Keys of the drum kit of General MIDI that nobody takes for another one."""
INSTRUMENTS = {
    6: ("harpsichord", 60), 10: ("music box", 72), 13: ("xylophone", 67), 24: ("guitar", 55),
    52: ("choir", 60), 58: ("tuba", 40), 68: ("oboe", 67), 71: ("clarinet", 60),
    104: ("sitar", 57), 105: ("banjo", 58),
    0: ("piano", 60), 16: ("organ", 60), 29: ("electric guitar", 52), 34: ("bass guitar", 36),
    56: ("trumpet", 65), 75: ("pan flute", 72), 41: ("viola", 57),
    21: ("accordion", 64), 22: ("harmonica", 69), 19: ("church organ", 60), 11: ("vibraphone", 62),
    40: ("violin", 69), 42: ("cello", 43), 46: ("harp", 60), 57: ("trombone", 50),
    66: ("saxophone", 57), 70: ("bassoon", 43), 73: ("flute", 72), 109: ("bagpipes", 62),
    60: ("French horn", 55),
}  # fmt: skip
"""Programs of General MIDI by what everybody calls them, and the middle of their range in MIDI."""


SOUNDFONTS = ("fluid-soundfont-gm", "timgm6mb-soundfont")
"""The third one has the samples of the first and takes seconds to be unpacked for each clip."""


def rendered(material: Material, score: Score, rng: random.Random) -> np.ndarray:
    """The score by one of `SOUNDFONTS`, `(samples,)`."""
    return played(material.heard, score.file(), soundfont=rng.choice(SOUNDFONTS))


class Sound(NamedTuple):
    """A sound as a question names it."""

    name: str
    audio: np.ndarray
    source: str


class Sounds:
    """The sounds of a split, by kind and name."""

    def __init__(self, material: Material):
        self._material = material
        self.programs = {INSTRUMENTS[n][0]: n for n in material.programs if n in INSTRUMENTS}
        self.drums = {PERCUSSION[n]: n for n in material.drums if n in PERCUSSION}
        self.things = tuple(name for name in material.stamps if name in EVENTS)

    def names(self, kind: str) -> tuple[str, ...]:
        """Names of the sounds of one of `KINDS`."""
        return {THING: self.things, STROKE: tuple(self.drums), NOTE: tuple(self.programs)}[kind]

    def once(self, kind: str, name: str, rng: random.Random) -> Sound:
        """The sound as a single event, of at most 1.2 s."""
        if kind == THING:
            start, end = (round(at * RATE) for at in EVENTS[name])
            audio = self._material.heard.stamp(name)[start:end]
            return Sound(name, faded(audio, FADE_S, FADE_S), f"stamp:{name}")
        return self._played(kind, name, rng, 0.7)

    def long(self, kind: str, name: str, rng: random.Random) -> Sound:
        """The sound for some seconds: a recording as it is, strokes or notes again and again."""
        if kind == THING:
            audio = self._material.heard.stamp(name)
            return Sound(name, faded(audio, FADE_S, FADE_S), f"stamp:{name}")
        return self._played(kind, name, rng, 0.45, 0.25, 0.5, 0.25, 0.45)

    def _played(self, kind: str, name: str, rng: random.Random, *lengths: float) -> Sound:
        """Strokes, or notes of a major triad, of as many seconds each."""
        score, time = Score(60), 0.0
        middle, number = 0, self.drums.get(name, 0)
        if kind == NOTE:
            number = self.programs[name]
            middle = INSTRUMENTS[number][1] + rng.randrange(-3, 4)
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
