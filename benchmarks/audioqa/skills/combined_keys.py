"""Music that goes to another key."""

from __future__ import annotations

import random

from audioqa.arrangement import Timeline
from audioqa.chances import evenly, others
from audioqa.facts import Maker, Value
from audioqa.levels import at_loudness
from audioqa.scores import Score
from audioqa.skills.combined_sounds import rendered

KEY = "combined/key_after_change"
CHORDS, MELODY = "chords", "melody"
KINDS = (CHORDS, MELODY)
MAJOR = ("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
MINOR = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "G#", "A", "Bb", "B")
"""Each tonic as it is mostly spelled, so that no key has two names."""
PROGRAMS = {
    CHORDS: (0, 1, 3, 4, 6, 7, 16, 19, 21, 24, 25, 26, 27, 48),
    MELODY: (0, 1, 4, 6, 11, 13, 22, 24, 40, 41, 56, 60, 66, 68, 71, 73, 75),
}
"""Programs of General MIDI that sound as written: those of them that the split has."""
CADENCE = (0, 5, 7, 0, 5, 7, 0)
"""Semitones from the tonic to the root of each chord: I IV V I IV V I, in minor with a major V."""
TUNE = (0, 1, 2, 3, 4, 2, 0, 4, 5, 6, 7, 5, 3, 1, 0)
"""Degrees of the scale, through all of it with its leading note, and back to the tonic."""
LEVEL = -22.0


class Key:
    """A key by its tonic (0 to 11, C is 0) and mode."""

    def __init__(self, tonic: int, minor: bool):
        self.tonic, self.minor = tonic, minor

    @property
    def value(self) -> Value:
        """The key as a choice."""
        name = (MINOR if self.minor else MAJOR)[self.tonic]
        return Value(f"{name} {'minor' if self.minor else 'major'}")

    def close_to(self, other: Key) -> bool:
        """Whether they share their notes or all but one: no clear change."""
        return (self._signature - other._signature) % 12 in (0, 5, 7)

    @property
    def _signature(self) -> int:
        """The tonic of the major key with the same notes."""
        return (self.tonic + 3 * self.minor) % 12


KEYS = tuple(Key(tonic, minor) for tonic in range(12) for minor in (False, True))


def make(maker: Maker) -> None:
    """Find the facts of this module."""
    rng = maker.rng(KEY)
    by_name = {key.value.key: key for key in KEYS}
    for index, name in enumerate(evenly(by_name, maker.wanted(KEY), rng)):
        kind, new = KINDS[index % len(KINDS)], by_name[name]
        old = rng.choice([key for key in KEYS if not key.close_to(new)])
        own = [n for n in PROGRAMS[kind] if n in maker.material.programs]
        program = rng.choice(own)
        score = Score(rng.choice((92, 100, 108)))
        score.program(0, program)
        time = 0.0
        for key in (old, new):
            time = (_chords if kind == CHORDS else _melody)(score, rng, key, time)
        line = Timeline(0.2)
        line.add(at_loudness(rendered(maker.material, score, rng), LEVEL))
        clip = maker.clip(f"to_another_key_{index}", [line.audio()])
        known = [key.value for key in KEYS if not _alike(key, new)]
        wrong = others(rng, new.value, [old.value], known)
        maker.add(KEY, clip, new.value, wrong, [f"program:{program}"], kind=kind)


def _alike(key: Key, other: Key) -> bool:
    """Whether one is the relative of the other: the same notes, so that many mean either."""
    return key.minor != other.minor and key._signature == other._signature


def _chords(score: Score, rng: random.Random, key: Key, time: float) -> float:
    """A cadence of triads with the bass below; when it ends, in beats."""
    for index, step in enumerate(CADENCE):
        third = 4 if step == 7 or not key.minor else 3
        length = 2.0 if index == len(CADENCE) - 1 else 1.0
        root = key.tonic + step
        score.note(0, 41 + (root - 41) % 12, time, length * 0.95, 95)
        for tone in (0, third, 7):
            score.note(0, 57 + (root + tone - 57) % 12, time, length * 0.9, rng.randint(76, 92))
        time += length
    return time


def _melody(score: Score, rng: random.Random, key: Key, time: float) -> float:
    """A melody through the whole scale, of quavers and a long last note; when it ends, in beats."""
    scale = (0, 2, 3, 5, 7, 8, 11) if key.minor else (0, 2, 4, 5, 7, 9, 11)
    tonic = 58 + (key.tonic - 58) % 12
    for index, place in enumerate(TUNE):
        octave, degree = divmod(place, 7)
        length = 1.5 if index == len(TUNE) - 1 else rng.choice((0.5, 0.5, 0.5, 0.75))
        score.note(
            0, tonic + 12 * octave + scale[degree], time, length * 0.95, rng.randint(86, 104)
        )
        time += length
    return time
