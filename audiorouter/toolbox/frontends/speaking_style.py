"""How a stretch of speech is said: its pitch, level, pace, pauses and how clear the voice is.

Syllables are counted as de Jong & Wempe do ("Praat script to detect syllable nuclei and measure
speech rate automatically", Behavior Research Methods, 2009): peaks of the level with a dip on both
sides. Harmonics-to-noise ratios are Boersma's ("Accurate short-term analysis of the fundamental
frequency and the harmonics-to-noise ratio of a sampled sound", IFA Proceedings 17, 1993).
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from audiorouter.clips import Clip
from audiorouter.toolbox.frontends.crepe import PitchTrack, pitch_track
from audiorouter.toolbox.frontends.energy import HOP_SECONDS, RATE, Segment, envelope, mean_power
from audiorouter.toolbox.frontends.spectra import FloatArray
from audiorouter.toolbox.frontends.speech import speech_segments

LOWEST_HZ, HIGHEST_HZ = 55.0, 550.0
"""Voices speak within these bounds; what CREPE hears beyond them is not a voice."""
PAUSE_SECONDS = 0.25
VOICED = 0.35
"""CREPE's confidence from which on a frame has a pitch."""
_MIN_VOICED = 8
_SMOOTHED, _DIP_DB, _APART, _BELOW_LOUD_DB = 3, 1.5, 6, 25.0
_HARMONICITY_WINDOW = round(0.04 * RATE)


class PitchSpan(NamedTuple):
    """Where a voice lies, in Hz: 5th percentile, median and 95th; and where it goes."""

    low: float
    median: float
    high: float
    change_semitones: float
    """From the median of the first third to that of the last: above 0 it rises."""


class Style(NamedTuple):
    """How a stretch of speech is said."""

    pitch_hz: float
    """Median of the fundamental frequency."""
    range_semitones: float
    """From its 5th to its 95th percentile."""
    movement_semitones: float
    """From the median of the first third to that of the last: above 0 it rises."""
    level_db: float
    """Mean power of the speech, in dB full scale."""
    syllables_per_second: float
    """Of the speech without its pauses."""
    pauses: int
    pause_seconds: float
    harmonicity_db: float
    """Harmonics-to-noise ratio, median over voiced frames: low where it is breathy or hoarse."""
    voiced_seconds: float


def style(clip: Clip, stretches: Sequence[tuple[float, float]]) -> Style | None:
    """How what is said in these stretches (start and end in s) is said, taken together.

    None where too little of it has a pitch.
    """
    track = pitch_track(clip)
    voiced = voiced_within(track, stretches)
    pitch = pitch_span(track.frequency[voiced])
    if pitch is None:
        return None
    level = envelope(clip)
    spoken = [part for stretch in stretches for part in _spoken(clip, *stretch)]
    heard = _within(np.arange(len(level)) * HOP_SECONDS, spoken)
    talk = max(0.1, float(heard.sum()) * HOP_SECONDS)
    gaps = [
        after.start - before.end
        for start, end in stretches
        for before, after in _pairs(_spoken(clip, start, end))
        if after.start - before.end >= PAUSE_SECONDS
    ]
    return Style(
        pitch_hz=pitch.median,
        range_semitones=float(12 * np.log2(pitch.high / pitch.low)),
        movement_semitones=pitch.change_semitones,
        level_db=mean_power(level[heard]) if heard.any() else -120,
        syllables_per_second=sum(syllables(level, *part) for part in spoken) / talk,
        pauses=len(gaps),
        pause_seconds=float(sum(gaps)),
        harmonicity_db=_harmonicity(clip.mono(RATE), track, voiced),
        voiced_seconds=float(voiced.sum() * (track.times[1] - track.times[0])),
    )


def voiced_within(track: PitchTrack, stretches: Sequence[tuple[float, float]]) -> NDArray[np.bool_]:
    """Which frames of the track lie in these stretches (start and end in s) and are a voice's."""
    return (
        _within(track.times, stretches)
        & (track.confidence >= VOICED)
        & (track.frequency >= LOWEST_HZ)
        & (track.frequency <= HIGHEST_HZ)
    )


def pitch_span(frequency: NDArray[np.floating[Any]]) -> PitchSpan | None:
    """Where these frequencies (Hz) lie; None where too few are given to tell."""
    if len(frequency) < _MIN_VOICED:
        return None
    third = max(1, len(frequency) // 3)
    low, median, high = np.percentile(frequency, [5, 50, 95])
    change = 12 * np.log2(np.median(frequency[-third:]) / np.median(frequency[:third]))
    return PitchSpan(float(low), float(median), float(high), float(change))


def syllables(level: NDArray[np.float64], start: float, end: float) -> int:
    """How many syllables lie between `start` and `end` (s) of levels in dB every 10 ms."""
    from scipy.signal import find_peaks

    part = level[round(start / HOP_SECONDS) : round(end / HOP_SECONDS)]
    if len(part) < _SMOOTHED:
        return 0
    smooth = np.convolve(np.pad(part, _SMOOTHED // 2, mode="edge"), np.ones(_SMOOTHED), "valid")
    smooth /= _SMOOTHED
    quiet = np.percentile(smooth, 95) - _BELOW_LOUD_DB
    # A peak at the very edge has no dip on its other side.
    around = np.concatenate([[quiet - 10], smooth, [quiet - 10]])
    peaks, _ = find_peaks(around, height=quiet, prominence=_DIP_DB, distance=_APART)
    return len(peaks)


def _spoken(clip: Clip, start: float, end: float) -> list[Segment]:
    """The speech within a stretch."""
    return [
        Segment(max(start, one.start), min(end, one.end))
        for one in speech_segments(clip)
        if min(end, one.end) - max(start, one.start) > 0.05
    ]


def _pairs(segments: list[Segment]) -> list[tuple[Segment, Segment]]:
    return list(itertools.pairwise(segments))


def _within(
    times: NDArray[np.floating[Any]], stretches: Sequence[tuple[float, float]]
) -> NDArray[np.bool_]:
    inside = np.zeros(len(times), dtype=bool)
    for start, end in stretches:
        inside |= (times >= start) & (times <= end)
    return inside


def _harmonicity(audio: FloatArray, track: PitchTrack, voiced: NDArray[np.bool_]) -> float:
    """Median of 10 log10(r / (1 - r)) over the voiced frames, r the correlation a period apart."""
    window = np.hanning(_HARMONICITY_WINDOW)
    size = 2 * _HARMONICITY_WINDOW
    own = np.fft.irfft(np.abs(np.fft.rfft(window, size)) ** 2)
    ratios = []
    for time, frequency in zip(track.times[voiced], track.frequency[voiced], strict=True):
        first = round(time * RATE) - _HARMONICITY_WINDOW // 2
        if first < 0 or first + _HARMONICITY_WINDOW > len(audio):
            continue
        frame = audio[first : first + _HARMONICITY_WINDOW]
        power = np.abs(np.fft.rfft((frame - frame.mean()) * window, size)) ** 2
        alike = np.fft.irfft(power) / own.clip(1e-9)
        lag = RATE / frequency
        near = alike[max(1, int(0.94 * lag)) : int(1.06 * lag) + 2].max() / max(alike[0], 1e-12)
        ratio = min(max(float(near), 1e-3), 0.9999)
        ratios.append(10 * np.log10(ratio / (1 - ratio)))
    return float(np.median(ratios)) if ratios else 0.0
