"""Sounds laid out in time: one after the other, or one behind the other."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from audioqa.sources import RATE, silence

FADE_S = 0.05
SHORTEST_S = 3.0


class Span(NamedTuple):
    """When something is heard, in s from the start of the clip."""

    start: float
    end: float

    @property
    def seconds(self) -> float:
        """How long it is."""
        return self.end - self.start


class Timeline:
    """Sounds one after the other; tells when each of them is heard.

    Sounds are `(samples,)` at `sources.RATE`; the first begins after `lead` seconds.
    """

    def __init__(self, lead: float = 0.3):
        self._parts: list[np.ndarray] = []
        self._samples = 0
        self.rest(lead)

    @property
    def now(self) -> float:
        """The end of what is there, in s."""
        return self._samples / RATE

    def rest(self, seconds: float) -> None:
        """Silence."""
        self._append(silence(max(0.0, seconds)))

    def rest_until(self, at: float) -> None:
        """Silence until a time in s; none if that is over."""
        self.rest(at - self.now)

    def add(self, audio: np.ndarray) -> Span:
        """The next sound."""
        start = self.now
        self._append(audio)
        return Span(start, self.now)

    def audio(self, tail: float = 0.3) -> np.ndarray:
        """Everything, and `tail` seconds of silence, or more for a clip of `SHORTEST_S`."""
        tail = max(tail, SHORTEST_S - self.now)
        return np.concatenate([*self._parts, silence(tail)])

    def _append(self, audio: np.ndarray) -> None:
        self._parts.append(audio)
        self._samples += len(audio)


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


def looped(audio: np.ndarray, seconds: float) -> np.ndarray:
    """As much of the sound as asked for, again and again, faded at its ends."""
    faded = audio.copy()
    ramp = np.linspace(0, 1, min(round(FADE_S * RATE), len(audio) // 2), dtype=np.float32)
    if len(ramp):
        faded[: len(ramp)] *= ramp
        faded[-len(ramp) :] *= ramp[::-1]
    length = round(seconds * RATE)
    return np.tile(faded, -(-length // len(faded)))[:length]


def over(front: np.ndarray, back: np.ndarray, ratio_db: float) -> np.ndarray:
    """`front` with `back`, looped, as many dB below the level that `front` has where it sounds."""
    behind = looped(back, len(front) / RATE)[: len(front)]
    loud = front[np.abs(front) > 1e-3]
    level = _rms(loud if len(loud) else front) * 10 ** (-ratio_db / 20)
    mixed = front + behind * (level / max(1e-6, _rms(behind)))
    return np.asarray(mixed / max(1.0, float(np.abs(mixed).max()) / 0.95), dtype=np.float32)


def _rms(audio: np.ndarray) -> float:
    return float(np.sqrt(np.mean(audio**2)))
