"""Single notes, two notes, and notes that sound together."""

from __future__ import annotations

import random
from collections.abc import Sequence

from audioqa.chances import in_turn
from audioqa.facts import Value, number
from audioqa.scores import Score
from audioqa.skills.music_instruments import (
    Instrument,
    Playable,
    chordal,
    family_values,
    playable,
)
from audioqa.skills.music_kinds import Book
from audioqa.skills.music_theory import INTERVALS, interval_values, note_value, note_values
from audioqa.skills.music_tunes import UNEVEN, by_family, melodic, solo

STACKS = ((0, 7, 16, 22, 26), (0, 7, 15, 22, 26), (0, 9, 16, 23, 26), (0, 5, 9, 14, 19))
"""Semitones above the lowest of notes none of which doubles another one."""
MOST_TOGETHER = 5
LOWEST_CHORD = 45


def make(book: Book, rng: random.Random) -> None:
    """Find facts about notes."""
    _single(book, rng)
    _pairs(book, rng)
    _together(book, rng)


def within(pitch: int, instrument: Instrument, rng: random.Random) -> int:
    """One of the notes of this name that the instrument plays."""
    span = range(instrument.lowest, instrument.highest + 1)
    return rng.choice([one for one in span if (one - pitch) % 12 == 0])


def _single(book: Book, rng: random.Random) -> None:
    """One note, played two or three times."""
    families = by_family(playable(book.maker), rng)
    pitches, index = in_turn(range(12), rng), 0
    while book.left("note", "instrument") or book.left("family", "note"):
        player, pitch = next(families), next(pitches)
        own, start = player.instrument, 0.2
        number_played, score = within(pitch, own, rng), solo(player)
        for _ in range(rng.choice((2, 3))):
            length = rng.choice((0.9, 1.3))
            score.note(0, number_played, start, length, rng.randint(84, 106))
            start += length + rng.uniform(0.1, 0.3)
        clip = book.clip(f"note_{index}", book.material.played(score.file(), rng))
        book.add("family", "note", clip, Value(own.family), family_values(), [player.source])
        if own.alike not in UNEVEN:
            answer = note_value(number_played)
            book.add("note", "instrument", clip, answer, note_values(), [player.source])
        index += 1


def _pairs(book: Book, rng: random.Random) -> None:
    """Two notes, one after the other or both at once, played twice."""
    for kind in ("in turn", "together"):
        sizes, index = in_turn(list(INTERVALS), rng), 0
        able = [one for one in melodic(book) if one.instrument.lowest >= LOWEST_CHORD]
        players = in_turn(able, rng)
        while book.left("interval", kind):
            size, player = next(sizes), next(players)
            lowest = rng.randint(player.instrument.lowest, player.instrument.highest - size)
            pair = rng.sample((lowest, lowest + size), 2)
            score = solo(player)
            for start in (0.2, 2.6):
                _pair(score, pair, start, rng.uniform(0.7, 1.0), together=kind == "together")
            clip = book.clip(
                f"pair_{kind.replace(' ', '_')}_{index}", book.material.played(score.file(), rng)
            )
            answer = Value(INTERVALS[size])
            book.add("interval", kind, clip, answer, interval_values(), [player.source])
            index += 1


def _pair(
    score: Score, pair: Sequence[int], start: float, length: float, *, together: bool
) -> None:
    for place, pitch in enumerate(pair):
        at = start if together else start + place * length
        score.note(0, pitch, at, length * (1.9 if together else 0.95), 96)


def _together(book: Book, rng: random.Random) -> None:
    """One to five notes at once, three times; of one instrument, or each of another one."""
    sizes = in_turn(range(1, MOST_TOGETHER + 1), rng)
    for kind in ("one instrument", "several instruments"):
        index = 0
        while book.left("voices", kind):
            size = next(sizes)
            lowest = rng.randrange(50, 58)
            pitches = [lowest + step for step in rng.choice(STACKS)[:size]]
            players = _players(book, pitches, kind, rng)
            score = Score(60)
            for channel, (player, pitch) in enumerate(zip(players, pitches, strict=True)):
                score.program(channel, player.program)
                for stroke in range(3):
                    score.note(channel, pitch, 0.2 + stroke * 1.4, 1.2, 92)
            clip = book.clip(
                f"together_{kind.split()[0]}_{index}", book.material.played(score.file(), rng)
            )
            sizes_said = [number(n) for n in range(1, MOST_TOGETHER + 1)]
            sources = sorted({player.source for player in players})
            book.add("voices", kind, clip, number(size), sizes_said, sources)
            index += 1


def _players(book: Book, pitches: Sequence[int], kind: str, rng: random.Random) -> list[Playable]:
    if kind == "one instrument":
        return [rng.choice(chordal(book.maker))] * len(pitches)
    chosen: list[Playable] = []
    for pitch in pitches:
        able = [
            one
            for one in melodic(book)
            if one.instrument.lowest <= pitch <= one.instrument.highest
            and one.instrument.name not in {other.instrument.name for other in chosen}
            and one.instrument.held
        ]
        chosen.append(rng.choice(able))
    return chosen
