"""Where in a clip something sounds: segments of the energy envelope."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from audiorouter.clips import Clip
from audiorouter.toolbox.frontends.spectra import FloatArray
from audiorouter.toolbox.frontends.windows import framewise

RATE = 16_000
HOP_SECONDS = 0.01
_HOP = int(HOP_SECONDS * RATE)
_WINDOW_SECONDS = 0.03
_FLOOR_DBFS = -65.0
_BELOW_PEAK_DB = 30.0
_ABOVE_NOISE_DB = 9.0
_MIN_SECONDS = 0.05
MADE_SILENT_DBFS = -90.0
"""Level below which a moment is taken for silence that was put there: in a recording that was not
turned down to be hardly heard no noise is so faint."""
UNHEARD_DB = 20.0
"""How much of a clip's level has to be missing from what lies below 8 kHz for that to say nothing
of it."""
_OFFSET = 1e-3
"""Mean of the samples from which they have an offset: -60 dBFS."""


class Segment(NamedTuple):
    """A stretch of sound, in seconds from the clip's start."""

    start: float
    end: float


def envelope(clip: Clip) -> NDArray[np.float64]:
    """Level in dBFS every 10 ms, over 30 ms windows, `(frames,)`.

    It is that of what lies below 8 kHz, unless that is next to nothing of the clip.
    """
    return clip.shared("envelope", lambda: _envelope(clip))


def _envelope(clip: Clip) -> NDArray[np.float64]:
    level = framewise(clip, RATE, _HOP, levels)
    heard = mean_power(level)
    if clip.sample_rate <= RATE or heard >= clip.facts.rms_dbfs - UNHEARD_DB:
        return level
    hop = math.ceil(clip.sample_rate * HOP_SECONDS)
    rate = round(hop / HOP_SECONDS)
    return framewise(clip, rate, hop, lambda audio: levels(audio, rate))


def mean_level(clip: Clip, segment: Segment) -> float:
    """Mean power of a stretch, in dBFS."""
    level = envelope(clip)
    first = min(round(segment.start / HOP_SECONDS), len(level) - 1)
    return mean_power(level[first : max(first + 1, round(segment.end / HOP_SECONDS))])


def mean_power(level: NDArray[np.float64]) -> float:
    """Mean power, in dB, of levels in dB `(frames,)`, of which there is at least one."""
    return float(10 * np.log10(np.mean(10 ** (level / 10))))


def levels(audio: FloatArray, rate: int = RATE) -> NDArray[np.float64]:
    """Level in dBFS every 10 ms of audio `(samples,)` at `rate` Hz; an offset is not heard."""
    window, hop = int(_WINDOW_SECONDS * rate), int(HOP_SECONDS * rate)
    energy = np.zeros(len(audio) + 1)
    np.square(audio, out=energy[1:], dtype=np.float64)
    np.cumsum(energy, out=energy)
    centres = np.arange(0, len(audio), hop)
    low = np.maximum(centres - window // 2, 0)
    high = np.minimum(centres + window // 2, len(audio))
    power = (energy[high] - energy[low]) / np.maximum(high - low, 1)
    if len(audio) and abs(np.mean(audio)) > _OFFSET:
        sums = np.zeros(len(audio) + 1)
        np.cumsum(audio, out=sums[1:], dtype=np.float64)
        # In each window by itself: what is added to a clip may have none.
        power -= np.square((sums[high] - sums[low]) / np.maximum(high - low, 1))
    return np.asarray(10 * np.log10(np.maximum(power, 1e-12)))


def threshold(level: NDArray[np.float64]) -> float:
    """Level in dBFS from which a frame counts as sound.

    30 dB below the loudest part, or 9 dB above the noise floor where that is higher, unless the
    clip sounds throughout and its quiet part is no noise floor at all.
    """
    peak, floor = float(np.percentile(level, 99.5)), float(np.percentile(level, 10))
    bar = peak - _BELOW_PEAK_DB
    if peak - floor > 2 * _ABOVE_NOISE_DB:
        bar = max(bar, floor + _ABOVE_NOISE_DB)
    return max(bar, _FLOOR_DBFS)


def hardly_heard(clip: Clip, rate: int) -> bool:
    """Whether next to nothing of the clip is left at that sample rate in Hz.

    What tools make of the rest is made up: a note, or silence.
    """
    if clip.sample_rate <= rate or clip.facts.silent:
        return False
    audio = clip.mono(rate)
    power = float(np.vdot(audio, audio)) / max(1, len(audio))
    return power < 10 ** ((clip.facts.rms_dbfs - UNHEARD_DB) / 10)


def contrast_db(clip: Clip) -> float:
    """How far what sounds stands out of what lies between, dB."""
    low, high = np.percentile(envelope(clip), [10, 95])
    return float(high - low)


def sounding(clip: Clip, *, gap: float) -> list[Segment]:
    """Segments that sound, joined where less than `gap` seconds of quiet lie between them.

    There are none in a clip that is silent, or constant.
    """
    if clip.facts.silent:
        return []
    return join_active(envelope(clip), gap=gap, duration=clip.duration)


def join_active(level: NDArray[np.float64], *, gap: float, duration: float) -> list[Segment]:
    """Segments above the threshold; shorter ones than 50 ms are left out beside longer ones."""
    active = level > threshold(level)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], active.astype(np.int8), [0]])))
    joined: list[list[float]] = []
    for start, end in zip(edges[::2] * HOP_SECONDS, edges[1::2] * HOP_SECONDS, strict=True):
        if joined and start - joined[-1][1] < gap:
            joined[-1][1] = end
        else:
            joined.append([start, end])
    long = [(start, end) for start, end in joined if end - start >= _MIN_SECONDS]
    found = [Segment(round(a, 2), round(min(b, duration), 2)) for a, b in long or joined]
    return [segment for segment in found if segment.end > segment.start]
