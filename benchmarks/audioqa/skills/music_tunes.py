"""Tunes of one instrument: notes, shape, repetition and loudness, some over soft chords."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from itertools import pairwise

from audioqa.chances import in_turn
from audioqa.facts import Value, number
from audioqa.noises import in_quiet_place
from audioqa.scores import Score
from audioqa.skills.music_backing import voiced
from audioqa.skills.music_instruments import (
    FAMILIES,
    Instrument,
    Playable,
    chordal,
    family_values,
    instrument_value,
    other_instruments,
    playable,
)
from audioqa.skills.music_kinds import Book
from audioqa.skills.music_rhythm import SWELLS
from audioqa.skills.music_theory import KEYS, Key, note_value, note_values

SHAPES = {
    "rises": (1, 1), "falls": (-1, -1), "rises then falls": (1, -1), "falls then rises": (-1, 1),
}  # fmt: skip
"""Step of a scale from note to note, in the first half of a tune and in the second."""
SHAPED = range(5, 9)
"""Notes of a tune with a shape."""
OTHER_COUNTS = (2, 3, 4, 9, 10, 11, 12)
"""Notes of other tunes."""
FEWEST_TO_NAME = 5
"""Notes from which on an instrument is asked for."""
UNEVEN = frozenset({"bells"})
"""What has no clear pitch."""
LOWEST_LEAD = 64
"""From which note on a tune is above its chords."""


def make(book: Book, rng: random.Random) -> None:
    """Find facts about tunes."""
    _shaped(book, rng)
    _counted(book, rng)
    _repeated(book, rng)
    _swelling(book, rng)
    _contrasting(book, rng)


def melodic(book: Book) -> list[Playable]:
    """Instruments of the split with one clear pitch a note."""
    own = playable(book.maker)
    return [one for one in own if one.instrument.alike not in UNEVEN and one.program != 109]


def by_family(players: Sequence[Playable], rng: random.Random) -> Iterator[Playable]:
    """Players without end, each family as often as the others."""
    there = [name for name in FAMILIES if any(one.instrument.family == name for one in players)]
    for family in in_turn(there, rng):
        yield rng.choice([one for one in players if one.instrument.family == family])


def degrees(key: Key, instrument: Instrument) -> list[int]:
    """The notes of the key that the instrument plays, from low to high."""
    own = {(key.tonic + step) % 12 for step in key.scale}
    return [p for p in range(instrument.lowest, instrument.highest + 1) if p % 12 in own]


def wandering(key: Key, instrument: Instrument, notes: int, rng: random.Random) -> list[int]:
    """A tune in the key by steps and small leaps, without a note twice in a row."""
    scale = degrees(key, instrument)
    places = [rng.randrange(len(scale) // 4, len(scale) * 3 // 4)]
    while len(places) < notes:
        moves = [places[-1] + move for move in (-3, -2, -1, 1, 2, 3)]
        places.append(rng.choice([place for place in moves if 0 <= place < len(scale)]))
    return [scale[place] for place in places]


def tune(score: Score, pitches: Sequence[int], rng: random.Random, *, start: float = 0.2) -> float:
    """Add notes of several lengths to channel 0; where the last one ends, in seconds."""
    for pitch in pitches:
        length = rng.choice((0.45, 0.45, 0.6, 0.8))
        score.note(0, pitch, start, length * 0.88, rng.randint(88, 104))
        start += length
    return start


def solo(player: Playable) -> Score:
    """A score in seconds that this player plays on channel 0."""
    score = Score(60)
    score.program(0, player.program)
    return score


def _counted(book: Book, rng: random.Random) -> None:
    """Few notes or many, of instruments that hold them or pluck them."""
    counts = in_turn(OTHER_COUNTS, rng)
    players = {
        kind: in_turn([one for one in melodic(book) if one.instrument.held == held], rng)
        for kind, held in (("held", True), ("plucked", False))
    }
    keys, index = in_turn(KEYS, rng), 0
    while book.left("note_count", "held") or book.left("note_count", "plucked"):
        kind = ("held", "plucked")[index % 2]
        if not book.left("note_count", kind):
            kind = ("plucked", "held")[index % 2]
        count, player = next(counts), next(players[kind])
        pitches = wandering(next(keys), player.instrument, count, rng)
        score = solo(player)
        tune(score, pitches, rng)
        sound = book.material.played(score.file(), rng)
        sound, scene = in_quiet_place(book.material, rng, sound)
        clip, sources = book.clip(f"tune_{index}", sound), [player.source, *scene]
        _ask_count(book, clip, pitches, player, sources)
        if count >= FEWEST_TO_NAME:
            _ask_instrument(book, clip, player, sources)
        elif count > 2:
            _ask_highest(book, "alone", clip, pitches, sources)
        index += 1


def _ask_count(
    book: Book, clip: str, pitches: Sequence[int], player: Playable, sources: Sequence[str]
) -> None:
    count, kind = len(pitches), "held" if player.instrument.held else "plucked"
    near = [number(count + 3 * away, reach=1) for away in (-2, -1, 1, 2, 3)]
    wrong = [one for one in near if int(one.parts["n"]) > 1]
    book.add("note_count", kind, clip, number(count, reach=1), wrong, sources)


def _ask_instrument(book: Book, clip: str, player: Playable, sources: Sequence[str]) -> None:
    answer, wrong = instrument_value(player.instrument.name), other_instruments(player.instrument)
    book.add("instrument", "tune", clip, answer, wrong, sources)


def _ask_highest(
    book: Book, kind: str, clip: str, pitches: Sequence[int], sources: Sequence[str]
) -> None:
    book.add("highest_note", kind, clip, note_value(max(pitches)), note_values(), sources)


def _shaped(book: Book, rng: random.Random) -> None:
    """Tunes that rise, fall, or turn round in the middle."""
    shapes = {kind: in_turn(list(SHAPES), rng) for kind in ("alone", "accompanied")}
    counts = in_turn(SHAPED, rng)
    leads = [one for one in melodic(book) if one.instrument.highest >= LOWEST_LEAD + 12]
    players = {"alone": by_family(melodic(book), rng), "accompanied": in_turn(leads, rng)}
    keys, accompany, index = in_turn(KEYS, rng), in_turn(chordal(book.maker), rng), 0
    wanted = [("contour", "alone"), ("contour", "accompanied"), ("highest_note", "accompanied")]
    while any(book.left(*one) for one in (*wanted, ("family", "tune"))):
        kind = ("alone", "accompanied")[index % 2]
        shape, player, key = next(shapes[kind]), next(players[kind]), next(keys)
        lowest = LOWEST_LEAD if kind == "accompanied" else 0
        scale = [pitch for pitch in degrees(key, player.instrument) if pitch >= lowest]
        pitches = _along(shape, next(counts), scale, rng)
        score, sources = solo(player), [player.source]
        end = tune(score, pitches, rng)
        if kind == "accompanied":
            below = next(accompany)
            sources.append(below.source)
            _chords_below(score, below, key, end)
        clip = book.clip(f"shape_{kind}_{index}", book.material.played(score.file(), rng))
        book.add("contour", kind, clip, Value(shape), [Value(one) for one in SHAPES], sources)
        if kind == "accompanied":
            _ask_highest(book, kind, clip, pitches, sources)
        else:
            family = Value(player.instrument.family)
            book.add("family", "tune", clip, family, family_values(), sources)
            _ask_count(book, clip, pitches, player, sources)
        index += 1


def _along(shape: str, count: int, scale: Sequence[int], rng: random.Random) -> list[int]:
    """So many notes of the scale in this shape, or fewer if it is short, anywhere they fit."""
    places = [0]
    count = min(count, len(scale))
    for place in range(count - 1):
        places.append(places[-1] + SHAPES[shape][place >= (count - 1) // 2])
    first = rng.randint(-min(places), len(scale) - 1 - max(places))
    return [scale[first + place] for place in places]


def _chords_below(score: Score, player: Playable, key: Key, end: float) -> None:
    score.program(1, player.program)
    for place, start in enumerate((0.2, 0.2 + (end - 0.2) / 2)):
        chord = key.chords[(0, 3)[place]]
        for pitch in voiced(chord, 45):
            score.note(1, pitch, start, (end - 0.2) / 2 * 0.95, 52)


def _repeated(book: Book, rng: random.Random) -> None:
    """A phrase, a pause, and the same phrase or another one in the same rhythm."""
    players, keys, index = in_turn(melodic(book), rng), in_turn(KEYS, rng), 0
    answers = (Value("the same"), Value("different"))
    while book.left("same_melody", "tune"):
        player, key, notes = next(players), next(keys), rng.choice((5, 6, 7))
        first = wandering(key, player.instrument, notes, rng)
        again = index % 2 == 0
        second = first if again else _unlike(first, key, player.instrument, rng)
        score, lengths = solo(player), [rng.choice((0.4, 0.4, 0.6)) for _ in range(notes)]
        start = 0.2
        for phrase in (first, second):
            for pitch, length in zip(phrase, lengths, strict=True):
                score.note(0, pitch, start, length * 0.9, rng.randint(86, 104))
                start += length
            start += 0.8
        clip = book.clip(f"phrases_{index}", book.material.played(score.file(), rng))
        book.add("same_melody", "tune", clip, answers[not again], answers, [player.source])
        _ask_instrument(book, clip, player, [player.source])
        _ask_highest(book, "alone", clip, [*first, *second], [player.source])
        index += 1


def _unlike(
    first: Sequence[int], key: Key, instrument: Instrument, rng: random.Random
) -> list[int]:
    """Another tune as long, most notes of which are others."""
    while True:
        other = wandering(key, instrument, len(first), rng)
        steps = [[b - a for a, b in pairwise(one)] for one in (first, other)]
        moved = sum(a != b for a, b in zip(*steps, strict=True))
        if sum(a != b for a, b in zip(first, other, strict=True)) > 3 and moved > 2:
            return other


def _swelling(book: Book, rng: random.Random) -> None:
    """Tunes that are played ever louder, ever softer, or evenly."""
    swells, players, index = in_turn(list(SWELLS), rng), in_turn(melodic(book), rng), 0
    while book.left("crescendo", "tune"):
        swell, player = next(swells), next(players)
        pitches = wandering(rng.choice(KEYS), player.instrument, 16, rng)
        score = solo(player)
        for place, pitch in enumerate(pitches):
            away = {1: place, -1: 15 - place, 0: 11}[SWELLS[swell]]
            score.note(0, pitch, 0.2 + place * 0.5, 0.45, round(30 * 4 ** (away / 15)))
        clip = book.clip(f"swell_tune_{index}", book.material.played(score.file(), rng))
        wrong = [Value(one) for one in SWELLS]
        book.add("crescendo", "tune", clip, Value(swell), wrong, [player.source])
        index += 1


def _contrasting(book: Book, rng: random.Random) -> None:
    """Tunes of loud and soft groups of four notes, or of even ones."""
    players, index = in_turn(melodic(book), rng), 0
    answers = (Value("small"), Value("large"))
    while book.left("contrast", "tune"):
        player, large = next(players), index % 2 == 1
        score = solo(player)
        for place, pitch in enumerate(wandering(rng.choice(KEYS), player.instrument, 16, rng)):
            loud = (place // 4 + index // 2) % 2 == 0
            velocity = (120 if loud else 30) if large else rng.randint(84, 96)
            score.note(0, pitch, 0.2 + place * 0.5, 0.45, velocity)
        clip = book.clip(f"contrast_tune_{index}", book.material.played(score.file(), rng))
        book.add("contrast", "tune", clip, answers[large], answers, [player.source])
        index += 1
