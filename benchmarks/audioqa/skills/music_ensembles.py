"""Several instruments: how many, which begins, and when others take over."""

from __future__ import annotations

import random
from collections.abc import Sequence

from audioqa.chances import in_turn
from audioqa.facts import Value, number
from audioqa.scores import Score
from audioqa.skills.music_instruments import (
    Playable,
    chordal,
    instrument_value,
    other_instruments,
)
from audioqa.skills.music_kinds import Book
from audioqa.skills.music_theory import KEYS, Chord, Key
from audioqa.skills.music_tunes import melodic, wandering
from audioqa.sources import RATE

MOST = 4
BEAT = 0.5
"""Seconds of a note."""
CHANGES = range(3, 10)
"""Whole seconds at which a new part begins."""
NEAR = 3
"""Seconds between the times that a question offers."""


def make(book: Book, rng: random.Random) -> None:
    """Find facts about several instruments."""
    _one_by_one(book, rng)
    _joined(book, rng)
    _parts(book, rng)


def section_wrong(second: int) -> list[Value]:
    """Other times, no nearer than the ranges that are said of them reach."""
    times = [second + NEAR * away for away in (-2, -1, 1, 2, 3)]
    return [section_value(time) for time in times if 2 <= time <= 13]


def section_value(second: int) -> Value:
    """A time in whole seconds, one second to both sides as a range."""
    return number(second, "{n} s", reach=1)


def unlike(
    players: Sequence[Playable], count: int, rng: random.Random, *first: Playable
) -> list[Playable]:
    """So many of the players, no two of which are alike; fewer if there are not so many."""
    chosen = list(first)
    for player in rng.sample(list(players), len(players)):
        if player.instrument.alike not in {one.instrument.alike for one in chosen}:
            chosen.append(player)
    return chosen[:count]


def _add_first(book: Book, kind: str, clip: str, players: Sequence[Playable]) -> None:
    first, others = players[0], players[1:]
    absent = other_instruments(*(player.instrument for player in players))
    wrong = [instrument_value(player.instrument.name) for player in others]
    wrong += absent[:: max(1, len(absent) // 2)][: max(0, 3 - len(wrong))]
    sources = [player.source for player in players]
    book.add(
        "first_instrument", kind, clip, instrument_value(first.instrument.name), wrong, sources
    )


def _add_count(book: Book, kind: str, clip: str, players: Sequence[Playable]) -> None:
    sources = [player.source for player in players]
    counts = [number(n) for n in range(1, MOST + 1)]
    book.add("instrument_count", kind, clip, number(len(players)), counts, sources)


def _one_by_one(book: Book, rng: random.Random) -> None:
    """Instruments that take turns, one or two rounds of them."""
    counts, keys, index = in_turn(range(1, MOST + 1), rng), in_turn(KEYS, rng), 0
    kind, firsts = "in turn", in_turn(melodic(book), rng)
    while book.left("instrument_count", kind) or book.left("first_instrument", kind):
        count = next(counts)
        players, key = unlike(melodic(book), count, rng, next(firsts)), next(keys)
        rounds = 2 if count == 2 else 1
        score, start = Score(60), 0.2
        for channel, player in enumerate(players):
            score.program(channel, player.program)
        for turn in range(count * rounds):
            channel = turn % count
            notes = 12 if count == 1 else 5
            for pitch in wandering(key, players[channel].instrument, notes, rng):
                length = rng.choice((0.4, 0.5))
                score.note(channel, pitch, start, length * 0.9, rng.randint(88, 102))
                start += length
            start += rng.uniform(0.0, 0.3)
        clip = book.clip(f"turns_{index}", book.material.played(score.file(), rng))
        _add_count(book, kind, clip, players)
        if count > 1:
            _add_first(book, kind, clip, players)
        index += 1


def _joined(book: Book, rng: random.Random) -> None:
    """One instrument, which the others join bar by bar, each in a rhythm of its own."""
    counts, keys, index = in_turn(range(1, MOST + 1), rng), in_turn(KEYS, rng), 0
    together, joined, firsts = "together", "joined by others", in_turn(melodic(book), rng)
    while book.left("instrument_count", together) or book.left("first_instrument", joined):
        count = next(counts) if book.left("instrument_count", together) else rng.randint(2, MOST)
        players, key = unlike(melodic(book), count, rng, next(firsts)), next(keys)
        score = Score(60)
        for channel, player in enumerate(players):
            score.program(channel, player.program)
            _part(score, channel, player, key, 0.2 + channel * 2.0, 10.0, rng)
        clip = book.clip(f"joined_{index}", book.material.played(score.file(), rng))
        _add_count(book, together, clip, players)
        if count > 1:
            _add_first(book, joined, clip, players)
        index += 1


def _part(
    score: Score, channel: int, player: Playable, key: Key, start: float, end: float,
    rng: random.Random,
) -> None:  # fmt: skip
    """A part on the notes of the tonic chord, in notes of one, two or three beats."""
    length = BEAT * (1, 2, 1, 3)[channel]
    span = range(player.instrument.lowest, player.instrument.highest + 1)
    own = [pitch for pitch in span if pitch % 12 in key.chords[0].pitch_classes]
    while start < end - length / 2:
        score.note(channel, rng.choice(own), start, length * 0.9, rng.randint(84, 98))
        start += length


def _parts(book: Book, rng: random.Random) -> None:
    """A part by two instruments, then another one by others, in another key and rhythm."""
    seconds, keys, index = in_turn(CHANGES, rng), in_turn(KEYS, rng), 0
    while book.left("section_time", "instruments"):
        second, score, sources = next(seconds), Score(60), []
        end = min(14, second + rng.randint(4, 6))
        leads = unlike(melodic(book), 2, rng)
        below = rng.sample(chordal(book.maker), min(2, len(chordal(book.maker))))
        for half, (begin, until) in enumerate(((0, second), (second, end))):
            lead, under, key = leads[half], below[half % len(below)], next(keys)
            sources += [lead.source, under.source]
            score.program(2 * half, lead.program)
            score.program(2 * half + 1, under.program)
            note = (0.5, 0.25)[(half + index) % 2]
            _passage(score, 2 * half, lead, key, (begin, until, note), rng)
        sound = book.material.played(score.file(), rng)[: end * RATE + RATE // 2]
        clip = book.clip(f"parts_{index}", sound)
        answer, wrong = section_value(second), section_wrong(second)
        book.add("section_time", "instruments", clip, answer, wrong, sorted(set(sources)))
        index += 1


def _passage(
    score: Score, channel: int, lead: Playable, key: Key, times: tuple[float, float, float],
    rng: random.Random,
) -> None:  # fmt: skip
    """A tune on a channel and chords on the next; `times` are start, end and length of a note."""
    begin, end, note = times
    count = round((end - begin) / note)
    for place, pitch in enumerate(wandering(key, lead.instrument, count, rng)):
        score.note(channel, pitch, begin + place * note, note * 0.9, rng.randint(90, 102))
    tonic, *others = key.chords
    chord: Chord = tonic
    for second in range(round(begin), round(end)):
        for step in chord.pitch_classes:
            score.note(channel + 1, 48 + step, second, 0.95, 74)
        chord = tonic if (second - round(begin)) % 2 else rng.choice(others)
