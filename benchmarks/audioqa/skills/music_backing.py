"""Backings: a bass, chords, a tune over them, and a recorded drum kit, bar by bar."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from audioqa.scores import Score
from audioqa.skills.music_instruments import Playable, chordal, playable
from audioqa.skills.music_kinds import Book
from audioqa.skills.music_kits import Hit, Kit, struck
from audioqa.skills.music_theory import Chord, Key
from audioqa.sources import RATE, levelled

RINGS = 0.4
"""Seconds that are kept after the last bar."""
DRUMS = 0.5
"""Gain of the drums beside the other instruments."""


class Metre(NamedTuple):
    """Beats of a bar, and the parts of a beat."""

    name: str
    beats: int
    parts: int


METRES = {one.name: one for one in (
    Metre("2/4", 2, 2), Metre("3/4", 3, 2), Metre("4/4", 4, 2), Metre("6/8", 2, 3),
)}  # fmt: skip
PATTERNS = {
    "2/4": ((0, "bass drum", 1.0), (1, "snare drum", 0.4), (0.5, "hi-hat", 0.2), (1.5, "hi-hat", 0.2)),
    "3/4": ((0, "bass drum", 1.0), (1, "hi-hat", 0.35), (2, "hi-hat", 0.35), (2, "snare drum", 0.2)),
    "4/4": (
        (0, "bass drum", 1.0), (2, "bass drum", 0.7), (1, "snare drum", 0.6), (3, "snare drum", 0.6),
        *((half / 2, "hi-hat", 0.3) for half in range(8)),
    ),
    "6/8": (
        (0, "bass drum", 1.0), (1, "snare drum", 0.6),
        *((part / 3, "hi-hat", 0.4 if part % 3 == 0 else 0.2) for part in range(6)),
    ),
}  # fmt: skip
"""Strokes of one bar by metre: beat, drum and gain."""


class Backing(NamedTuple):
    """What is played: one chord a bar. `bpm` counts crotchets, in 6/8 dotted ones."""

    bpm: float
    metre: Metre
    key: Key
    chords: Sequence[Chord]

    @property
    def bar(self) -> float:
        """Seconds of a bar."""
        return 60 / self.bpm * self.metre.beats

    @property
    def seconds(self) -> float:
        """Seconds of it all."""
        return self.bar * len(self.chords)


class Band(NamedTuple):
    """Who plays: `lead` only if there is a tune, `kit` only if there are drums."""

    chords: Playable
    lead: Playable | None
    kit: Kit | None

    @property
    def sources(self) -> list[str]:
        """As a fact names them."""
        return [one.source for one in self if one is not None]


def bands(book: Book, rng: random.Random, kits: Sequence[Kit]) -> Iterator[tuple[Band, Band]]:
    """The same band with and without its drums, without end; half of them have a lead."""
    accompany = chordal(book.maker)
    leads = [one for one in playable(book.maker) if one.instrument.highest >= 72]
    while True:
        lead = rng.choice(leads) if rng.random() < 0.5 else None
        band = Band(rng.choice(accompany), lead, rng.choice(kits))
        yield band, band._replace(kit=None)


def heard(book: Book, backing: Backing, band: Band, rng: random.Random) -> np.ndarray:
    """The backing as the band plays it, until shortly after its last bar."""
    length = backing.seconds + RINGS
    sound = np.zeros(round(length * RATE), dtype=np.float32)
    audio = book.material.played(_score(backing, band, rng).file(), rng)[: len(sound)]
    sound[: len(audio)] += audio
    if band.kit is not None:
        sound += DRUMS * struck(band.kit, beaten(backing), length)
    sound[-round(0.1 * RATE) :] *= np.linspace(1, 0, round(0.1 * RATE), dtype=np.float32)
    return levelled(sound, rms=0.1)


def beaten(backing: Backing) -> list[Hit]:
    """The strokes of a backing's drums."""
    beat = 60 / backing.bpm
    return [
        Hit(bar * backing.bar + place * beat, drum, gain)
        for bar in range(len(backing.chords))
        for place, drum, gain in PATTERNS[backing.metre.name]
    ]


def cadenced(key: Key, bars: int, rng: random.Random) -> list[Chord]:
    """A chord a bar: from the tonic by way of the key's chords and the dominant to the tonic."""
    tonic, *others = key.chords
    dominant = Chord((key.tonic + 7) % 12, "")
    chords = [tonic]
    while len(chords) < bars - 2:
        chords.append(rng.choice([one for one in (*others, tonic) if one != chords[-1]]))
    if chords[-1] == dominant:
        chords[-1] = tonic
    return [*chords, dominant, tonic]


def voiced(chord: Chord, lowest: int = 53) -> list[int]:
    """The chord's notes in the octave above `lowest`, as MIDI numbers."""
    return sorted(lowest + (tone - lowest) % 12 for tone in chord.pitch_classes)


def _score(backing: Backing, band: Band, rng: random.Random) -> Score:
    score, metre = Score(round(backing.bpm)), backing.metre
    score.program(0, band.chords.program)
    if band.lead is not None:
        score.program(1, band.lead.program)
    for bar, chord in enumerate(backing.chords):
        start = bar * metre.beats
        score.note(0, 36 + chord.root, start, 0.95 if metre.beats < 4 else 1.9, 112)
        if metre.name == "4/4":
            score.note(0, 36 + chord.root, start + 2, 1.9, 90)
        for at, length, velocity, pitches in _chords(metre, chord):
            for pitch in pitches:
                score.note(0, pitch, start + at, length * 0.95, velocity)
        if band.lead is not None:
            for beat in range(metre.beats):
                tone = rng.choice(chord.pitch_classes)
                score.note(1, 66 + (tone - 66) % 12, start + beat, 0.9, 70 if beat else 88)
    return score


def _chords(metre: Metre, chord: Chord) -> Iterator[tuple[float, float, int, list[int]]]:
    """Start and length in beats, velocity and notes of what is played above the bass of a bar."""
    notes = voiced(chord)
    if metre.name == "6/8":
        yield 0, 1, 80, notes
        for part in range(6):
            yield part / 3, 1 / 3, (95, 55, 55, 80, 55, 55)[part], [notes[part % 3]]
    else:
        first = 0 if metre.name == "4/4" else 1
        for beat in range(first, metre.beats):
            yield beat, 1, 88 if beat == 0 else 66, notes
