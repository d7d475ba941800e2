"""Excerpts of whole recorded pieces: where one gives way to another, and how loud they are."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from audioqa.chances import in_turn
from audioqa.facts import Value
from audioqa.skills.music_ensembles import CHANGES, section_value, section_wrong
from audioqa.skills.music_kinds import Book
from audioqa.skills.music_rhythm import SWELLS, swelling
from audioqa.sources import RATE, levelled, silence

FRAME = 0.5
"""Seconds over which a level is taken."""
STEADY_DB, SWINGING_DB = 6.0, 20.0
"""Range of levels up to which they hardly vary, and from which on they vary a great deal."""
STEADY_TREND_DB = 2.0
QUIETEST_DB = -45.0
"""Level of an excerpt that can be heard well, by its median."""
TRIES = 400


class Excerpt(NamedTuple):
    """A part of a piece."""

    piece: str
    audio: np.ndarray

    @property
    def source(self) -> str:
        """As a fact names it."""
        return f"piece:{self.piece}"

    @property
    def levels(self) -> np.ndarray:
        """Level of each half second, in dB."""
        frame = round(FRAME * RATE)
        cut = self.audio[: len(self.audio) // frame * frame].reshape(-1, frame)
        return np.asarray(20 * np.log10(np.sqrt(np.mean(cut**2, axis=1)) + 1e-6))

    @property
    def range_db(self) -> float:
        """Between soft and loud."""
        low, high = np.percentile(self.levels, (10, 95))
        return float(high - low)

    @property
    def trend_db(self) -> float:
        """How much louder it gets from its first third to its last."""
        third = len(self.levels) // 3
        return float(self.levels[-third:].mean() - self.levels[:third].mean())

    @property
    def steady(self) -> bool:
        """Whether it is about as loud all the time."""
        return self.range_db <= STEADY_DB and abs(self.trend_db) <= STEADY_TREND_DB


def make(book: Book, rng: random.Random) -> None:
    """Find facts about recorded pieces."""
    pieces = in_turn(book.material.names("piece"), rng)
    _sections(book, rng, pieces)
    _repeated(book, rng, pieces)
    _swelling(book, rng, pieces)
    _contrasting(book, rng, pieces)


def found(
    book: Book, rng: random.Random, pieces: Iterator[str], seconds: float,
    fits: Callable[[Excerpt], bool],
) -> Excerpt:  # fmt: skip
    """An excerpt that fits, of the next piece that has one.

    Raises:
        LookupError: no piece has one.
    """
    length = round(seconds * RATE)
    for _ in range(TRIES):
        name = next(pieces)
        piece = book.material.piece(name)
        if len(piece) < 2 * length:
            continue
        for _ in range(12):
            start = rng.randrange(len(piece) - length)
            excerpt = Excerpt(name, piece[start : start + length])
            if np.median(excerpt.levels) > QUIETEST_DB and fits(excerpt):
                return excerpt
    raise LookupError(f"no piece of {book.material.split} has such an excerpt")


def soft_ended(audio: np.ndarray) -> np.ndarray:
    """With ends that do not click."""
    edge = np.linspace(0, 1, round(0.02 * RATE), dtype=np.float32)
    shaped = np.array(audio, dtype=np.float32)
    shaped[: len(edge)] *= edge
    shaped[-len(edge) :] *= edge[::-1]
    return shaped


def _sections(book: Book, rng: random.Random, pieces: Iterator[str]) -> None:
    """A steady excerpt of one piece, then one of another, at one level."""
    seconds, index = in_turn(CHANGES, rng), 0
    while book.left("section_time", "pieces"):
        second = next(seconds)
        first = found(book, rng, pieces, second, lambda one: one.range_db < 2 * STEADY_DB)
        rest = rng.randint(4, 5)
        then = found(
            book, rng, pieces, rest,
            lambda one, first=first: one.piece != first.piece and one.range_db < 2 * STEADY_DB,
        )  # fmt: skip
        parts = [soft_ended(levelled(one.audio)) for one in (first, then)]
        clip = book.clip(f"pieces_{index}", *parts)
        answer, wrong = section_value(second), section_wrong(second)
        book.add("section_time", "pieces", clip, answer, wrong, [first.source, then.source])
        index += 1


def _repeated(book: Book, rng: random.Random, pieces: Iterator[str]) -> None:
    """An excerpt, a pause, and the excerpt again or one of another piece."""
    answers, index = (Value("the same"), Value("different")), 0
    while book.left("same_melody", "piece"):
        again, seconds = index % 2 == 1, rng.uniform(3.5, 5.5)
        first = found(book, rng, pieces, seconds, lambda one: one.range_db < 3 * STEADY_DB)
        second = first
        if not again:
            second = found(
                book, rng, pieces, seconds,
                lambda one, first=first: one.piece != first.piece and one.range_db < 3 * STEADY_DB,
            )  # fmt: skip
        parts = [soft_ended(levelled(one.audio)) for one in (first, second)]
        clip = book.clip(f"excerpts_{index}", parts[0], silence(0.7), parts[1])
        sources = sorted({first.source, second.source})
        book.add("same_melody", "piece", clip, answers[not again], answers, sources)
        index += 1


def _swelling(book: Book, rng: random.Random, pieces: Iterator[str]) -> None:
    """Steady excerpts that are turned up or down slowly, or left."""
    swells, index = in_turn(list(SWELLS), rng), 0
    while book.left("crescendo", "piece"):
        swell = next(swells)
        excerpt = found(book, rng, pieces, rng.uniform(8, 11), lambda one: one.steady)
        places = np.linspace(0, 1, 200)
        gains = [swelling(SWELLS[swell], float(place)) for place in places]
        gain = np.interp(np.linspace(0, 1, len(excerpt.audio)), places, gains)
        sound = soft_ended(levelled(np.asarray(excerpt.audio * gain, dtype=np.float32)))
        clip = book.clip(f"swell_piece_{index}", sound)
        wrong = [Value(one) for one in SWELLS]
        book.add("crescendo", "piece", clip, Value(swell), wrong, [excerpt.source])
        index += 1


def _contrasting(book: Book, rng: random.Random, pieces: Iterator[str]) -> None:
    """Excerpts as they were recorded."""
    answers, index = (Value("small"), Value("large")), 0
    while book.left("contrast", "piece"):
        large = index % 2 == 0
        excerpt = found(
            book, rng, pieces, rng.uniform(9, 12),
            lambda one, large=large: one.range_db >= SWINGING_DB if large else one.steady,
        )  # fmt: skip
        clip = book.clip(f"contrast_piece_{index}", soft_ended(levelled(excerpt.audio)))
        book.add("contrast", "piece", clip, answers[large], answers, [excerpt.source])
        index += 1
