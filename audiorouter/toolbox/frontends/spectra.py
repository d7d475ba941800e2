"""Short-time spectra and mel filters in plain numpy.

The networks here were trained on spectra that differ in small ways (magnitude or power, HTK or
Slaney mel scale); these few lines cover them without importing torch or numba into every worker.
tests/test_spectra.py holds them against `transformers.audio_utils`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]

_BLOCK = 1_000

MelScale = Literal["htk", "slaney"]

_SLANEY_BREAK_HZ, _SLANEY_BREAK_MEL, _SLANEY_STEP = 1000.0, 15.0, np.log(6.4) / 27.0


def magnitudes(audio: FloatArray, *, window: int, hop: int, fft: int) -> FloatArray:
    """Magnitude spectra `(frames, fft // 2 + 1)` of `(samples,)` under a periodic Hann window."""
    if len(audio) < window:
        audio = np.pad(audio, (0, window - len(audio)))
    frames = np.lib.stride_tricks.sliding_window_view(audio, window)[::hop]
    hann = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(window) / window)).astype(np.float32)
    return np.abs(np.fft.rfft(frames * hann, fft)).astype(np.float32)


def in_blocks(audio: FloatArray, *, window: int, hop: int) -> Iterator[FloatArray]:
    """Stretches of `(samples,)` of at most 1,000 frames whose frames are, in turn, all its frames.

    Spectra of an hour at once would not fit into memory.
    """
    frames = 1 + max(0, len(audio) - window) // hop
    for first in range(0, frames, _BLOCK):
        last = min(frames, first + _BLOCK) - 1
        yield audio[first * hop : last * hop + window]


def mel_filters(
    *, bands: int, sample_rate: int, fft: int, low: float, high: float, scale: MelScale
) -> FloatArray:
    """Triangular filters `(fft // 2 + 1, bands)` from `low` to `high` Hz.

    "htk": equal height, on O'Shaughnessy's scale. "slaney": equal area, on Slaney's scale.
    """
    frequencies = np.linspace(0, sample_rate / 2, fft // 2 + 1)
    edges = np.linspace(_to_mel(low, scale), _to_mel(high, scale), bands + 2)
    if scale == "htk":
        # HTK's triangles are straight lines on the mel axis, Slaney's on the frequency axis.
        frequencies = _to_mel(frequencies, scale)
    else:
        edges = _from_slaney(edges)
    position = frequencies[:, None]
    rising = (position - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - position) / (edges[2:] - edges[1:-1])
    filters = np.maximum(0, np.minimum(rising, falling))
    if scale == "slaney":
        filters *= 2 / (edges[2:] - edges[:-2])
    return np.asarray(filters, dtype=np.float32)


def _to_mel(frequency: float | NDArray[np.float64], scale: MelScale) -> NDArray[np.float64]:
    hertz = np.asarray(frequency, dtype=np.float64)
    if scale == "htk":
        return np.asarray(1127.0 * np.log1p(hertz / 700.0))
    linear = hertz * 3 / 200
    logarithmic = _SLANEY_BREAK_MEL + np.log(np.maximum(hertz, 1e-9) / 1000.0) / _SLANEY_STEP
    return np.where(hertz < _SLANEY_BREAK_HZ, linear, logarithmic)


def _from_slaney(mel: NDArray[np.float64]) -> NDArray[np.float64]:
    linear = mel * 200 / 3
    logarithmic = _SLANEY_BREAK_HZ * np.exp(_SLANEY_STEP * (mel - _SLANEY_BREAK_MEL))
    return np.where(mel < _SLANEY_BREAK_MEL, linear, logarithmic)
