"""Generated pieces: a backing of sampled instruments whose tempo, metre, key and chords are known."""

from __future__ import annotations

import random

import mido

from audioqa.scores import Score

NAMES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
INSTRUMENTS = {
    "piano": 0, "harpsichord": 6, "music box": 10, "xylophone": 13, "church organ": 19,
    "accordion": 21, "acoustic guitar": 25, "electric guitar": 30, "bass guitar": 33, "violin": 40,
    "cello": 42, "harp": 46, "choir": 52, "trumpet": 56, "saxophone": 65, "oboe": 68, "clarinet": 71,
    "flute": 73, "sitar": 104, "banjo": 105, "bagpipes": 109, "steel drum": 114,
}  # fmt: skip
SOLO = (0, 24, 40, 42, 56, 65, 68, 71, 73)
PROGRESSIONS = {
    False: ((0, 7, 9, 5), (0, 9, 5, 7), (0, 5, 7, 0), (0, 5, 0, 7)),
    True: ((0, 8, 3, 10), (0, 5, 7, 0), (0, 10, 8, 7), (0, 3, 10, 5)),
}
"""Semitones from the tonic to the root of each bar's chord, in major and in minor."""


def chord_of(tonic: int, step: int, minor: bool) -> tuple[int, bool]:
    """Root and whether the chord is minor."""
    is_minor = step not in (3, 7, 8, 10) if minor else step in (2, 4, 9)
    return (tonic + step) % 12, is_minor


def piece(
    rng: random.Random, bpm: int, meter: int, tonic: int, minor: bool,
    chords: list[tuple[int, bool]], bars: int, *, drums: bool = True,
) -> mido.MidiFile:  # fmt: skip
    """A backing of bass, chords and melody: one chord a bar."""
    score = Score(bpm)
    score.program(0, rng.choice([0, 4, 24, 25, 48, 19]))
    score.program(1, rng.choice([0, 40, 56, 65, 73, 11]))
    score.program(2, 33)
    scale = (0, 2, 3, 5, 7, 8, 10) if minor else (0, 2, 4, 5, 7, 9, 11)
    for bar in range(bars):
        root, is_minor = chords[bar % len(chords)]
        triad = (0, 3 if is_minor else 4, 7)
        start = bar * meter
        score.note(2, 36 + root, start, meter * 0.95, 95)
        for beat in range(meter):
            for step in triad:
                score.note(0, 48 + (root + step) % 12, start + beat, 0.9, 85 if beat == 0 else 70)
            if drums:
                _drums(score, start, beat, meter)
            tone = (
                rng.choice([root + s for s in triad])
                if beat % 2 == 0
                else tonic + rng.choice(scale)
            )
            score.note(1, 67 + (tone - 67) % 12, start + beat, 0.85, 80)
    return score.file()


def _drums(score: Score, start: int, beat: int, meter: int) -> None:
    score.note(9, 42, start + beat, 0.1, 60)
    score.note(9, 42, start + beat + 0.5, 0.1, 45)
    if beat == 0:
        score.note(9, 36, start, 0.1, 110)
    elif meter == 3 or beat % 2:
        score.note(9, 38, start + beat, 0.1, 95 if meter == 4 else 60)
