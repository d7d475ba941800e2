"""Sounds laid out in time: one after the other, over something else, for as long as wanted."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from typing import NamedTuple, TypeVar

import numpy as np

from audioqa.sources import RATE, silence

FRAME = round(0.025 * RATE)
SHORTEST = 3.2
"""Seconds that a clip has at least."""

T = TypeVar("T")


class Row(NamedTuple):
    """Sounds one after the other; when each starts and ends, in seconds."""

    audio: np.ndarray
    starts: tuple[float, ...]
    ends: tuple[float, ...]


def row(
    sounds: Sequence[np.ndarray],
    gaps: Sequence[float],
    lead: float,
    tail: float,
    *,
    shortest: float = SHORTEST,
) -> Row:
    """Lay the sounds out with `gaps` (s) between them, `lead` before and `tail` after them.

    The tail is longer where the row would be shorter than `shortest`.
    """
    sounding = lead + sum(gaps) + sum(map(len, sounds)) / RATE
    tail = max(tail, shortest - sounding)
    parts, starts, ends, at = [silence(lead)], [], [], round(lead * RATE)
    for sound, gap in zip(sounds, [*gaps, tail], strict=True):
        starts.append(at / RATE)
        ends.append((at + len(sound)) / RATE)
        parts += [sound, silence(gap)]
        at += len(sound) + round(gap * RATE)
    return Row(np.concatenate(parts), tuple(starts), tuple(ends))


def evenly(values: Iterable[T], count: int, rng: random.Random) -> list[T]:
    """So many of the values, each as often as the others, in an order left to chance."""
    kinds = list(values)
    rng.shuffle(kinds)
    chosen = [kinds[index % len(kinds)] for index in range(count)]
    rng.shuffle(chosen)
    return chosen


def levels(audio: np.ndarray) -> np.ndarray:
    """Levels of frames of 25 ms, in dB below the loudest one."""
    frames = audio[: len(audio) // FRAME * FRAME].reshape(-1, FRAME)
    power = np.mean(frames**2, axis=1) + 1e-12
    return np.asarray(10 * np.log10(power / power.max()))


def tight(audio: np.ndarray, below_db: float = 24) -> np.ndarray:
    """From the first to the last frame that is not much quieter than the loudest."""
    loud = np.flatnonzero(levels(audio) > -below_db)
    return faded(audio[loud[0] * FRAME : (loud[-1] + 1) * FRAME])


def faded(audio: np.ndarray, seconds: float = 0.02) -> np.ndarray:
    """With an end that does not click."""
    length = min(len(audio), round(seconds * RATE))
    ramp = np.ones(len(audio), dtype=np.float32)
    ramp[len(audio) - length :] = np.linspace(1, 0, length)
    return audio * ramp


def cut(audio: np.ndarray, seconds: float) -> np.ndarray:
    """At most so many seconds."""
    wanted = round(seconds * RATE)
    return audio if len(audio) <= wanted else faded(audio[:wanted])


def loudest(audio: np.ndarray, seconds: float) -> np.ndarray:
    """The loudest stretch of so many seconds, or all of what is shorter."""
    wanted = round(seconds * RATE)
    if len(audio) <= wanted:
        return audio
    power = np.concatenate([[0.0], np.cumsum(audio.astype(np.float64) ** 2)])
    first = int(np.argmax(power[wanted:] - power[:-wanted]))
    return faded(faded(audio[first : first + wanted])[::-1])[::-1]


def looped(audio: np.ndarray, seconds: float) -> np.ndarray:
    """For exactly so many seconds, its end faded into its beginning as often as needed."""
    wanted, cross = round(seconds * RATE), min(len(audio) // 4, round(0.05 * RATE))
    ramp = np.sqrt(np.linspace(0, 1, cross, dtype=np.float32))
    made = audio
    while len(made) < wanted:
        seam = made[len(made) - cross :] * ramp[::-1] + audio[:cross] * ramp
        made = np.concatenate([made[: len(made) - cross], seam, audio[cross:]])
    return faded(made[:wanted], 0.05)


def rms(audio: np.ndarray) -> float:
    """Root mean square, 1 for a full-scale square wave."""
    return float(np.sqrt(np.mean(np.square(audio, dtype=np.float64))))


def at_rms(audio: np.ndarray, wanted: float) -> np.ndarray:
    """Brought to this root mean square."""
    return np.asarray(audio * (wanted / max(rms(audio), 1e-9)), dtype=np.float32)


def unclipped(audio: np.ndarray) -> np.ndarray:
    """Brought down if it would be beyond full scale."""
    return audio / max(1.0, float(np.abs(audio).max()) / 0.95)


def over(bed: np.ndarray, sounds: Sequence[np.ndarray], starts: Sequence[float]) -> np.ndarray:
    """The bed, and the sounds over it from these seconds on."""
    mixed = bed.copy()
    for sound, start in zip(sounds, starts, strict=True):
        first = round(start * RATE)
        mixed[first : first + len(sound)] += sound[: max(0, len(mixed) - first)]
    return mixed


def room(length: int, rng: random.Random, level_rms: float) -> np.ndarray:
    """The faint noise of a room, which falls by 3 dB an octave; `length` in samples."""
    noise = np.random.default_rng(rng.getrandbits(32)).standard_normal(length)
    spectrum = np.fft.rfft(noise)
    spectrum[1:] /= np.sqrt(np.arange(1, len(spectrum)))
    spectrum[: max(1, round(40 * length / RATE))] = 0
    return at_rms(np.fft.irfft(spectrum, length), level_rms)
