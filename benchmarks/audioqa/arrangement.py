"""Sounds laid out in time: one after the other, at a time, or one behind the other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from audioqa.lengths import looped
from audioqa.levels import rms, unclipped
from audioqa.sources import RATE

SHORTEST_S = 3.2
"""Seconds that a clip has at least."""


class Span(NamedTuple):
    """When something is heard, in s from the start of the clip."""

    start: float
    end: float

    @property
    def seconds(self) -> float:
        """How long it is."""
        return self.end - self.start

    @property
    def middle(self) -> float:
        """Half way, in s."""
        return (self.start + self.end) / 2


class Timeline:
    """Sounds one after the other, or on top of each other: when each is heard is known.

    Sounds are `(samples,)` at `sources.RATE`; the first begins after `lead` seconds.
    """

    def __init__(self, lead: float = 0.3):
        self._placed: list[tuple[float, np.ndarray]] = []
        self.end = lead
        """The end of what is there, rests too, in s."""

    def put(self, audio: np.ndarray, at: float) -> Span:
        """Add it from `at` s on, whatever else sounds there."""
        self._placed.append((at, audio))
        span = Span(at, at + len(audio) / RATE)
        self.end = max(self.end, span.end)
        return span

    def add(self, audio: np.ndarray, gap: float = 0.0) -> Span:
        """Add it `gap` s after everything that is there."""
        return self.put(audio, self.end + gap)

    def rest(self, seconds: float) -> None:
        """Silence."""
        self.end += max(0.0, seconds)

    def rest_until(self, at: float) -> None:
        """Silence until a time in s; none if that is over."""
        self.rest(at - self.end)

    def audio(self, tail: float = 0.3, *, shortest: float = SHORTEST_S) -> np.ndarray:
        """All of it and `tail` s of silence, more where it would be shorter than `shortest`.

        Brought down where it would clip.
        """
        return unclipped(placed(self._placed, max(self.end + tail, shortest)))


def placed(sounds: Iterable[tuple[float, np.ndarray]], seconds: float) -> np.ndarray:
    """The sounds from their starts in s on, added up; what lies beyond `seconds` is cut."""
    mixed = np.zeros(round(seconds * RATE), dtype=np.float32)
    for start, sound in sounds:
        first = round(start * RATE)
        part = sound[: max(0, len(mixed) - first)]
        mixed[first : first + len(part)] += part
    return mixed


def one_by_one(
    sounds: Sequence[np.ndarray],
    gaps: Sequence[float],
    lead: float,
    tail: float,
    *,
    shortest: float = SHORTEST_S,
) -> np.ndarray:
    """The sounds with `gaps` (s) between them, `lead` before and at least `tail` after them."""
    line = Timeline(lead)
    for sound, gap in zip(sounds, [0.0, *gaps], strict=True):
        line.add(sound, gap)
    return line.audio(tail, shortest=shortest)


def third(span: Span, total: float, margin: float = 0.02) -> int | None:
    """The third (0 to 2) of a clip of `total` seconds in which all of the span lies.

    None if it touches two, or comes nearer to a border than `margin` of the clip.
    """
    for index in range(3):
        if (index / 3 + margin * (index > 0)) * total <= span.start and span.end <= (
            (index + 1) / 3 - margin * (index < 2)
        ) * total:
            return index
    return None


def over(front: np.ndarray, back: np.ndarray, ratio_db: float) -> np.ndarray:
    """`front` with `back`, looped, as many dB below the level that `front` has where it sounds."""
    behind = looped(back, len(front) / RATE)
    loud = front[np.abs(front) > 1e-3]
    level = rms(loud if len(loud) else front) * 10 ** (-ratio_db / 20)
    return unclipped(front + behind * np.float32(level / max(1e-6, rms(behind))))
