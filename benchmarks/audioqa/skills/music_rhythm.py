"""Recorded drums: number of strokes, what is struck, pace, tempo and how they change."""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from audioqa.chances import in_turn
from audioqa.facts import Value, number
from audioqa.noises import in_quiet_place
from audioqa.scores import Score
from audioqa.skills.music_backing import METRES, Backing, beaten, voiced
from audioqa.skills.music_bands import PACES, SURE, TEMPI, tempo_value, tempo_wrong
from audioqa.skills.music_instruments import chordal, instrument_value
from audioqa.skills.music_kinds import Book
from audioqa.skills.music_kits import ALIKE, NAMED, Hit, Kit, damped, struck, whole_kits
from audioqa.skills.music_theory import KEYS
from audioqa.sources import levelled

CHANGES = {"speeds up": 0.58, "slows down": 1.72, "stays steady": 1.0}
"""The last beat's length as a part of the first one's."""
SWELLS = {"louder": 1, "quieter": -1, "stays": 0}
SOFTEST = 0.09
"""Gain at the soft end of a crescendo: 21 dB down."""


def make(book: Book, rng: random.Random, kits: Sequence[Kit]) -> None:
    """Find facts about drums, and about beats that change."""
    _strokes(book, rng, kits)
    _swells(book, rng, whole_kits(kits))
    _paces(book, rng, whole_kits(kits))
    _changes(book, rng, whole_kits(kits))


def _strokes(book: Book, rng: random.Random, kits: Sequence[Kit]) -> None:
    """Two to twelve strokes in no rhythm, on one drum or on several in turn."""
    there = in_turn(sorted({drum for kit in kits for drum in kit.strokes}), rng)
    counts = in_turn(range(2, 13), rng)
    for kind in ("one drum", "several drums"):
        index = 0
        while book.left("strokes", kind):
            count, drums = next(counts), [next(there)]
            kit = rng.choice([kit for kit in kits if drums[0] in kit.strokes])
            if kind == "several drums":
                drums = rng.sample(sorted(kit.strokes), min(3, len(kit.strokes)))
            hits, start = [], rng.uniform(0.2, 0.6)
            for place in range(count):
                drum = drums[place] if place < len(drums) else rng.choice(drums)
                hits.append(Hit(start, drum, rng.uniform(0.6, 1.0)))
                start += rng.uniform(0.35, 0.75)
            sound = struck(damped(kit), hits, max(3.0, start + 0.4))
            sound, scene = in_quiet_place(book.material, rng, sound)
            clip = book.clip(f"strokes_{kind.replace(' ', '_')}_{index}", sound)
            near = [number(n) for n in range(max(2, count - 3), count + 4)]
            sources = [kit.source, *scene]
            book.add("strokes", kind, clip, number(count), near, sources)
            if kind == "one drum":
                book.add("instrument", "stroke", clip, *_struck(drums[0]), sources)
            index += 1


def _struck(drum: str) -> tuple[Value, list[Value]]:
    """What is struck, and what that is not."""
    alike = {drum}.union(*(group for group in ALIKE if drum in group))
    return instrument_value(drum), [instrument_value(one) for one in NAMED if one not in alike]


def _paces(book: Book, rng: random.Random, kits: Sequence[Kit]) -> None:
    """Slow, moderate and fast drumming; and, at any tempo, drumming whose tempo is asked for."""
    paces, tempi, index = in_turn(list(PACES), rng), in_turn(TEMPI, rng), 0
    while book.left("pace", "drums") or book.left("tempo", "drums"):
        pace = next(paces) if book.left("pace", "drums") else ""
        bpm = rng.randint(*PACES[pace]) if pace else next(tempi)
        bars = max(2, round(9 * bpm / 60 / METRES[SURE].beats))
        backing = Backing(bpm, METRES[SURE], KEYS[0], [KEYS[0].chords[0]] * bars)
        kit = rng.choice(kits)
        sound = levelled(struck(kit, beaten(backing), backing.seconds + 0.3))
        clip = book.clip(f"drumming_{index}", sound)
        if pace:
            wrong = [Value(one) for one in PACES]
            book.add("pace", "drums", clip, Value(pace), wrong, [kit.source])
        else:
            book.add("tempo", "drums", clip, tempo_value(bpm), tempo_wrong(bpm), [kit.source])
        index += 1


def _changes(book: Book, rng: random.Random, kits: Sequence[Kit]) -> None:
    """Beats that get shorter, longer, or stay, by drums or by a bass with chords."""
    changes = in_turn(list(CHANGES), rng)
    for kind in ("drums", "band"):
        index = 0
        while book.left("tempo_change", kind):
            change = next(changes)
            starts = _beats(CHANGES[change], rng)
            if kind == "drums":
                kit = rng.choice(kits)
                source, sound = kit.source, _drummed(kit, starts)
            else:
                source, sound = _accompanied(book, starts, rng)
            clip = book.clip(f"tempo_change_{kind}_{index}", sound)
            wrong = [Value(one) for one in CHANGES]
            book.add("tempo_change", kind, clip, Value(change), wrong, [source])
            index += 1


def _beats(change: float, rng: random.Random) -> np.ndarray:
    """Starts in seconds of the beats of about 10 s, whose lengths change evenly."""
    middle = rng.uniform(0.42, 0.62)
    count = round(10 / middle)
    lengths = middle * change ** (np.arange(count) / (count - 1) - 0.5)
    return np.asarray(0.1 + np.cumsum([0, *lengths]))


def _drummed(kit: Kit, starts: np.ndarray) -> np.ndarray:
    hits = []
    for place, (start, end) in enumerate(pairwise(starts)):
        hits.append(Hit(start, ("bass drum", "snare drum")[place % 2], 0.9))
        hits += [Hit(start, "hi-hat", 0.4), Hit((start + end) / 2, "hi-hat", 0.3)]
    return levelled(struck(kit, hits, float(starts[-1]) + 0.2))


def _accompanied(book: Book, starts: np.ndarray, rng: random.Random) -> tuple[str, np.ndarray]:
    score, player, key = Score(60), rng.choice(chordal(book.maker)), rng.choice(KEYS)
    score.program(0, player.program)
    for place, (start, end) in enumerate(pairwise(starts)):
        chord = key.chords[(0, 3, 5, 0)[place // 4 % 4]]
        pitches = voiced(chord) if place % 2 else [36 + chord.root, 48 + chord.root]
        for pitch in pitches:
            score.note(0, pitch, start, (end - start) * 0.9, 78 if place % 2 else 100)
    return player.source, book.material.played(score.file(), rng)


def _swells(book: Book, rng: random.Random, kits: Sequence[Kit]) -> None:
    """Drumming that gets louder, quieter, or stays, at any pace."""
    swells, paces, index = in_turn(list(SWELLS), rng), in_turn(list(PACES), rng), 0
    while book.left("crescendo", "drums"):
        swell, pace = next(swells), next(paces)
        bpm = rng.randint(*PACES[pace])
        bars = round(9 * bpm / 60 / METRES[SURE].beats)
        backing = Backing(bpm, METRES[SURE], KEYS[0], [KEYS[0].chords[0]] * bars)
        kit = rng.choice(kits)
        hits = [
            hit._replace(gain=hit.gain * swelling(SWELLS[swell], hit.start / backing.seconds))
            for hit in beaten(backing)
        ]
        sound = levelled(struck(kit, hits, backing.seconds + 0.2))
        clip = book.clip(f"swell_drums_{index}", sound)
        wrong = [Value(one) for one in SWELLS]
        book.add("crescendo", "drums", clip, Value(swell), wrong, [kit.source])
        book.add("pace", "drums", clip, Value(pace), [Value(one) for one in PACES], [kit.source])
        index += 1


def swelling(way: int, place: float) -> float:
    """Gain at a place between 0 and 1 of what gets louder (1), quieter (-1) or stays (0)."""
    away = {1: 1 - place, -1: place, 0: 0.0}[way]
    return float(SOFTEST**away)
