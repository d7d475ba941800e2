"""How high a sound is, cheaply: the strongest period of its autocorrelation, frame by frame.

Boersma, "Accurate short-term analysis of the fundamental frequency", IFA Proceedings 17, 1993: the
autocorrelation of a windowed frame over that of the window. CREPE is surer and costs a hundred
times as much; this is for saying which of two stretches is higher.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from audiorouter.clips import Clip
from audiorouter.toolbox.frontends.spectra import FloatArray
from audiorouter.toolbox.frontends.windows import framewise

RATE = 16_000
HOP_SECONDS = 0.02
_HOP = round(HOP_SECONDS * RATE)
_WINDOW = 1024
_FFT = 2048
_AT_ONCE = 4_000
"""Frames whose spectra are in memory at once."""
_LOWEST_HZ, _HIGHEST_HZ = 60.0, 1000.0
_PERIODIC = 0.8
"""Correlation with itself, one period later, from which a frame has a pitch."""
_OCTAVE_COST = 0.02
"""By how much a lower octave has to correlate better; it always correlates about as well."""


def pitches(clip: Clip) -> NDArray[np.float64]:
    """Pitch in Hz every 20 ms, NaN where a frame has none, `(frames,)`; computed once a clip."""
    return clip.shared("periodicity", lambda: framewise(clip, RATE, _HOP, pitch_track))


def pitch_track(audio: FloatArray) -> NDArray[np.float64]:
    """Pitch in Hz every 20 ms of 16 kHz audio `(samples,)`, between 60 and 1000 Hz."""
    if len(audio) < _WINDOW:
        return np.zeros(0)
    hop = _HOP
    window = np.hanning(_WINDOW + 2)[1:-1]
    samples = audio.astype(np.float64)
    frames = np.lib.stride_tricks.sliding_window_view(samples, _WINDOW)[::hop]
    found = [_track(frames[i : i + _AT_ONCE], window) for i in range(0, len(frames), _AT_ONCE)]
    hertz, energy = (np.concatenate(each) for each in zip(*found, strict=True))
    return np.where(energy > 1e-3 * np.percentile(energy, 99), hertz, np.nan)


def _track(
    frames: NDArray[np.float64], window: NDArray[np.floating[Any]]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Pitch in Hz of frames `(frames, 1024)`, NaN where they have none, and their energy."""
    frames = frames * window
    frames = frames - window * (frames.sum(axis=1, keepdims=True) / window.sum())
    correlation = _autocorrelation(frames) / np.maximum(_autocorrelation(window[None]), 1e-3)
    energy = correlation[:, :1]
    correlation = correlation / np.maximum(energy, 1e-9)
    shortest, longest = int(RATE / _HIGHEST_HZ), int(RATE / _LOWEST_HZ)
    lags = np.arange(shortest, longest + 1)
    inside = correlation[:, shortest - 1 : longest + 2]
    peak = (inside[:, 1:-1] >= inside[:, :-2]) & (inside[:, 1:-1] > inside[:, 2:])
    strength = np.where(peak, inside[:, 1:-1] - _OCTAVE_COST * np.log2(lags / shortest), -1.0)
    best = strength.argmax(axis=1)
    rows = np.arange(len(best))
    left, middle, right = (inside[rows, best + shift] for shift in (0, 1, 2))
    curve = np.where(2 * middle - left - right > 1e-9, 2 * middle - left - right, 1.0)
    lag = lags[best] + 0.5 * (right - left) / curve
    voiced = (strength[rows, best] > 0) & (middle >= _PERIODIC)
    return np.where(voiced, RATE / lag, np.nan), energy[:, 0]


def _autocorrelation(frames: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    power = np.square(np.abs(np.fft.rfft(frames, _FFT, axis=1)))
    return np.asarray(np.fft.irfft(power, axis=1)[:, : _WINDOW // 2])
