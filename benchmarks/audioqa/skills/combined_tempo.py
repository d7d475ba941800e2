"""Two pieces one after the other: how fast the second one is, and which one is faster."""

from __future__ import annotations

import random

import numpy as np

from audioqa.arrangement import Timeline
from audioqa.chances import evenly, others
from audioqa.facts import Maker, Value, number
from audioqa.lengths import faded
from audioqa.levels import at_loudness
from audioqa.scores import Score
from audioqa.skills.combined_sounds import rendered
from audioqa.sources import RATE

SECOND, FASTER = "combined/tempo_of_second", "combined/faster_of_two"
DRUMS, BAND = "drums", "band"
KINDS = (DRUMS, BAND)
TEMPI = (63, 72, 83, 96, 110, 127, 146, 168)
"""Beats per minute, each a seventh faster than the one before."""
LENGTH = 5.6
LEVEL = -22.0
LOW_DRUMS, HIGH_DRUMS = (36, 35, 41, 64, 86), (40, 38, 39, 56, 68)
SHORT_DRUMS = (42, 76, 75, 70, 82)
"""Keys of the drum kit for the first beat, for the others, and for eighths: the split's first."""
CHORDS = (0, 4, 6, 16, 19, 21, 24, 25, 26)
MELODIES = (11, 13, 40, 41, 56, 65, 66, 68, 71, 73, 75)
BASSES = (32, 33, 34, 58, 43)
"""Programs of General MIDI: those of them that the split has."""


def make(maker: Maker) -> None:
    """Find the facts of this module."""
    rng = maker.rng(SECOND)
    wanted = max(maker.wanted(SECOND), maker.wanted(FASTER))
    tempi = evenly(TEMPI, wanted, rng)
    faster = evenly(("first", "second"), wanted, rng)
    for index in range(wanted):
        kind = KINDS[index % len(KINDS)]
        second = tempi[index]
        first = _other(rng, second, faster[index])
        line = Timeline(0.2)
        sources: list[str] = []
        for bpm in (first, second):
            audio, used = (_drums if kind == DRUMS else _band)(maker, rng, bpm)
            line.add(audio, 0.5 if sources else 0)
            sources += used
        clip = maker.clip(f"two_pieces_{index}", [line.audio()])
        values = [number(n) for n in TEMPI if _apart(n, second)]
        wrong = others(rng, number(second), [number(first)], values)
        maker.add(SECOND, clip, number(second), wrong, sources, kind=kind)
        sides = [Value("first"), Value("second")]
        maker.add(FASTER, clip, sides[second > first], sides, sources, kind=kind)


def _apart(bpm: int, other: int) -> bool:
    """Whether neither is about twice the other, which would be a matter of how one counts."""
    return not 1.8 < max(bpm, other) / min(bpm, other) < 2.2


def _other(rng: random.Random, second: int, faster: str) -> int:
    """The tempo of the first piece: clearly another one, and not in a simple relation to it.

    Where there is none on the wanted side of the second, on the other side.
    """
    near = [n for n in TEMPI if 1.2 < max(n, second) / min(n, second) < 1.6]
    wanted = [n for n in near if (n > second) == (faster == "first")]
    return rng.choice(wanted or near)


def _of_split(known: tuple[int, ...], own: tuple[int, ...]) -> list[int]:
    return [one for one in known if one in own]


def _drums(maker: Maker, rng: random.Random, bpm: int) -> tuple[np.ndarray, list[str]]:
    """A pattern of three drums in 4/4."""
    own = maker.material.drums
    low, high, short = (
        rng.choice(_of_split(keys, own)) for keys in (LOW_DRUMS, HIGH_DRUMS, SHORT_DRUMS)
    )
    score = Score(bpm)
    for beat in range(_beats(bpm)):
        score.note(9, low if beat % 2 == 0 else high, beat, 0.2, 115 if beat % 4 == 0 else 100)
        score.note(9, short, beat, 0.1, 70)
        score.note(9, short, beat + 0.5, 0.1, 50)
        if beat % 4 == 3 and rng.random() < 0.3:
            score.note(9, low, beat + 0.5, 0.1, 85)
    return _cut(rendered(maker.material, score, rng)), [f"drum:{n}" for n in (low, high, short)]


def _band(maker: Maker, rng: random.Random, bpm: int) -> tuple[np.ndarray, list[str]]:
    """Chords, bass and a melody, without drums."""
    own = maker.material.programs
    programs = [rng.choice(_of_split(known, own)) for known in (CHORDS, MELODIES, BASSES)]
    score, tonic = Score(bpm), rng.randrange(12)
    for channel, program in enumerate(programs):
        score.program(channel, program)
    roots = rng.choice(((0, 5, 7, 0), (0, 9, 5, 7), (0, 7, 9, 5)))
    for beat in range(_beats(bpm)):
        root = tonic + roots[beat // 4 % 4]
        third = 3 if roots[beat // 4 % 4] == 9 else 4
        score.note(2, 36 + root % 12, beat, 0.8, 105 if beat % 2 == 0 else 80)
        for step in (0, third, 7):
            score.note(0, 54 + (root + step) % 12, beat, 0.6, 95 if beat % 4 == 0 else 75)
        tones = [root + step for step in (0, third, 7)]
        for part in (0, 0.5) if rng.random() < 0.35 else (0,):
            note = 66 + (rng.choice(tones) - 66) % 12
            score.note(1, note, beat + part, 0.45 if part else 0.5, 95)
    return _cut(rendered(maker.material, score, rng)), [f"program:{n}" for n in programs]


def _beats(bpm: int) -> int:
    return int(LENGTH * bpm / 60) + 1


def _cut(audio: np.ndarray) -> np.ndarray:
    return at_loudness(faded(audio[: round(LENGTH * RATE)], 0.1), LEVEL)
