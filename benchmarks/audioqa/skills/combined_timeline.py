"""Recordings laid out in time."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from audioqa.facts import Value
from audioqa.sources import RATE

FADE = 0.02


class Span(NamedTuple):
    """From `start` to `end` in s."""

    start: float
    end: float

    @property
    def middle(self) -> float:
        """Half way, in s."""
        return (self.start + self.end) / 2


class Timeline:
    """Recordings one after the other, or on top of each other: where each lies is known."""

    def __init__(self, lead: float = 0.3):
        self._placed: list[tuple[int, np.ndarray]] = []
        self.end = lead
        """Where the last of the recordings ends, in s; `lead` of silence comes first."""

    def put(self, audio: np.ndarray, at: float) -> Span:
        """Add `(samples,)` from `at` s on, whatever else sounds there."""
        self._placed.append((round(at * RATE), audio))
        span = Span(at, at + len(audio) / RATE)
        self.end = max(self.end, span.end)
        return span

    def then(self, audio: np.ndarray, gap: float = 0.0) -> Span:
        """Add it `gap` s after everything that is there."""
        return self.put(audio, self.end + gap)

    def audio(self, tail: float = 0.3) -> np.ndarray:
        """All of it with `tail` s of silence at the end, brought down where it would clip."""
        mixed = np.zeros(round((self.end + tail) * RATE) + 1, dtype=np.float32)
        for start, part in self._placed:
            mixed[start : start + len(part)] += part
        return mixed / max(1.0, float(np.abs(mixed).max()) / 0.95)


def faded(audio: np.ndarray, fade: float = FADE) -> np.ndarray:
    """With both ends brought to silence within `fade` s, so that a cut does not click."""
    length = min(round(fade * RATE), len(audio) // 2)
    ramp = np.linspace(0, 1, length, dtype=np.float32)
    made = np.array(audio, dtype=np.float32)
    made[:length] *= ramp
    made[len(made) - length :] *= ramp[::-1]
    return made


def looped(audio: np.ndarray, seconds: float) -> np.ndarray:
    """Again and again until it is as long."""
    samples = round(seconds * RATE)
    return faded(np.tile(audio, -(-samples // len(audio)))[:samples])


def level(audio: np.ndarray) -> float:
    """How loud it is to the ear, in dB: the root mean square under the A-weighting of IEC 61672.

    Of the loudest half of its 50 ms, so that pauses do not count.
    """
    f2 = np.fft.rfftfreq(len(audio), 1 / RATE) ** 2
    weight = 12194**2 * f2**2 / (f2 + 20.6**2) / (f2 + 12194**2)
    weight /= np.sqrt((f2 + 107.7**2) * (f2 + 737.9**2)) * 0.794
    heard = np.fft.irfft(np.fft.rfft(audio) * weight, len(audio))
    hops = np.arange(0, len(heard), RATE // 20)
    energy = np.sort(np.add.reduceat(heard**2, hops) / (RATE // 20))
    return float(10 * np.log10(np.mean(energy[len(energy) // 2 :]) + 1e-12))


def at_level(audio: np.ndarray, decibels: float) -> np.ndarray:
    """As loud as that, by `level`."""
    return np.asarray(audio * 10 ** ((decibels - level(audio)) / 20), dtype=np.float32)


def others(
    rng: random.Random,
    answer: Value,
    heard: Sequence[Value],
    known: Sequence[Value],
    count: int = 3,
) -> list[Value]:
    """Wrong choices: what is heard elsewhere in the clip is always one, others are by chance.

    Without the former, to know what is in the clip would be enough, whichever part is asked for.
    """
    chosen = {value.identity: value for value in heard if value.identity != answer.identity}
    rest = [value for value in known if value.identity not in {*chosen, answer.identity}]
    kept = list(chosen.values())
    if len(kept) > count:
        kept = rng.sample(kept, count)
    return kept + rng.sample(rest, min(len(rest), count - len(kept)))


def said(seconds: float) -> str:
    """A place in time as a question says it: `4`, `2.5`."""
    return f"{seconds:.1f}".removesuffix(".0")


def evenly(rng: random.Random, values: Iterable[str], count: int) -> list[str]:
    """`count` of the values, each as often as the others as far as that goes, in any order."""
    kept = list(values)
    rounds = [rng.sample(kept, len(kept)) for _ in range(-(-count // len(kept)))]
    return [value for one in rounds for value in one][:count]
