"""Which chords there are, in which order, and how often they change."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from audioqa.chances import in_turn
from audioqa.facts import Value, number
from audioqa.scores import Score
from audioqa.skills.music_backing import METRES, Backing, Band, bands, heard, voiced
from audioqa.skills.music_kinds import Book
from audioqa.skills.music_kits import Kit
from audioqa.skills.music_theory import KEYS, Chord, Key, chord_value, sequence_value

KINDS = ("chords", "band")
MOST_CHANGES = 8
LISTED = (2, 3, 4)
"""Changes of those clips whose chords are listed."""
APART = 0.35
"""Seconds that a moment is at least away from the changes beside it."""


class Harmony(NamedTuple):
    """Chords of equal length, some of them held on: `held` has one entry a length."""

    key: Key
    held: list[Chord]

    @property
    def chords(self) -> list[Chord]:
        """Each chord once as it comes."""
        return [
            chord
            for place, chord in enumerate(self.held)
            if place == 0 or chord != self.held[place - 1]
        ]


def make(book: Book, rng: random.Random, kits: Sequence[Kit]) -> None:
    """Find facts about chords that follow one another."""
    playing = bands(book, rng, kits)
    for kind in KINDS:
        changes, keys, index = in_turn(range(1, MOST_CHANGES + 1), rng), in_turn(KEYS, rng), 0
        while any(
            book.left(skill, kind) for skill in ("chord_count", "chord_sequence", "chord_at")
        ):
            often = next(changes) if book.left("chord_count", kind) else rng.choice(LISTED)
            harmony = _harmony(next(keys), often, rng)
            band = next(playing)[rng.random() < 0.3]
            length, audio = _played(book, harmony, band, kind, rng)
            clip = book.clip(f"chords_{kind}_{index}", audio)
            sources = band.sources if kind == "band" else [band.chords.source]
            _facts(book, kind, clip, harmony, length, sources, rng)
            index += 1


def chord_wrong(chord: Chord, key: Key) -> list[Value]:
    """Other chords of the key, and the one of the other quality on its root."""
    parallel = Chord(chord.root, "" if chord.quality else "m")
    return [chord_value(other, key) for other in (*key.chords, parallel) if other != chord]


def _harmony(key: Key, changes: int, rng: random.Random) -> Harmony:
    chords = [rng.choice(key.chords)]
    while len(chords) <= changes:
        chords.append(rng.choice([one for one in key.chords if one != chords[-1]]))
    twice = rng.randrange(len(chords)) if changes < 6 and rng.random() < 0.5 else None
    held = [chord for place, chord in enumerate(chords) for _ in range(1 + (place == twice))]
    return Harmony(key, held)


def _played(
    book: Book, harmony: Harmony, band: Band, kind: str, rng: random.Random
) -> tuple[float, np.ndarray]:
    """Seconds of each length of a chord, and the audio."""
    if kind == "band":
        fastest = len(harmony.held) > 5
        bpm = rng.randint(154, 164) if fastest else rng.randint(112, 138)
        backing = Backing(bpm, METRES["4/4"], harmony.key, harmony.held)
        return backing.bar, heard(book, backing, band, rng)
    length = rng.choice((1.2, 1.4)) if len(harmony.held) > 6 else rng.choice((1.5, 1.8, 2.0))
    score = Score(60)
    score.program(0, band.chords.program)
    strokes = rng.choice((1, 1, 2, 3))
    for place, chord in enumerate(harmony.held):
        for stroke in range(strokes):
            for pitch in (36 + chord.root, *voiced(chord)):
                start = (place + stroke / strokes) * length
                score.note(0, pitch, start, length / strokes * 0.95, rng.randint(84, 98))
    return length, book.material.played(score.file(), rng)


def _facts(
    book: Book, kind: str, clip: str, harmony: Harmony, length: float, sources: Sequence[str],
    rng: random.Random,
) -> None:  # fmt: skip
    chords = harmony.chords
    changes = len(chords) - 1
    counts = [number(n) for n in range(max(1, changes - 3), changes + 4)]
    book.add("chord_count", kind, clip, number(changes), counts, sources)
    if changes in LISTED:
        answer = sequence_value(chords, harmony.key)
        chance = book.maker.rng(f"other chords than {clip}")
        wrong = list(_other_sequences(chords, harmony.key, chance))
        book.add("chord_sequence", kind, clip, answer, wrong, sources)
    key = harmony.key
    place = rng.randrange(1, len(harmony.held))
    moments = [half / 2 for half in range(1, 40) if _within(half / 2, place * length, length)]
    answer, moment = chord_value(harmony.held[place], key), rng.choice(moments)
    wrong = chord_wrong(harmony.held[place], key)
    book.add("chord_at", kind, clip, answer, wrong, sources, t=f"{moment:g}")
    answer, wrong = chord_value(chords[0], key), chord_wrong(chords[0], key)
    book.add("first_chord", kind, clip, answer, wrong, sources)


def _within(moment: float, start: float, length: float) -> bool:
    return start + APART <= moment <= start + length - APART


def _other_sequences(chords: Sequence[Chord], key: Key, rng: random.Random) -> Iterator[Value]:
    """As many chords of the key, and these ones backwards and in another key.

    Most have nothing to do with the right ones, which could be told from what they share otherwise.
    """
    for _ in range(6):
        yield sequence_value(_harmony(key, len(chords) - 1, rng).chords, key)
    yield sequence_value(chords[::-1], key)
    for up in (2, 5):
        yield sequence_value([Chord((root + up) % 12, how) for root, how in chords], key)
