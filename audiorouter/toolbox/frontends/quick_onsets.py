"""When something begins, cheaply: peaks of the spectral flux.

Bello et al., "A tutorial on onset detection in music signals", IEEE TSAP 13(5), 2005; peaks are
picked as in Böck, Krebs & Schedl, "Evaluating the online capabilities of onset detection methods",
ISMIR 2012. `librosa` does it better; this needs no library and no compiling.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from audiorouter.clips import Clip
from audiorouter.toolbox.frontends.attacks import begins
from audiorouter.toolbox.frontends.spectra import FloatArray, magnitudes, mel_filters
from audiorouter.toolbox.frontends.windows import framewise

RATE = 16_000
_WINDOW, _HOP, _FFT, _BANDS = 512, 160, 512, 40
_HOP_SECONDS = _HOP / RATE
_AROUND, _BEFORE, _APART = 3, 10, 5
"""Frames of 10 ms: a peak is the largest of so many on both sides, stands out from the mean of so
many before it, and comes so many after the last one."""
_RISE = 0.15
"""Mean rise in nepers over the bands by which a peak stands out."""


def onset_times(clip: Clip) -> NDArray[np.float64]:
    """Onsets in s, computed once a clip."""

    def listen() -> NDArray[np.float64]:
        times = _peaks(framewise(clip, RATE, _HOP, _flux))
        return times[begins(clip, times)]

    return clip.shared("flux onsets", listen)


def onsets_of(audio: FloatArray) -> NDArray[np.float64]:
    """Onsets in s of 16 kHz audio `(samples,)`."""
    return _peaks(_flux(audio))


def _flux(audio: FloatArray) -> NDArray[np.float64]:
    """Mean rise of the bands in nepers, `(frames,)`."""
    filters = mel_filters(
        bands=_BANDS, sample_rate=RATE, fft=_FFT, low=50.0, high=8000.0, scale="slaney"
    )
    bands = magnitudes(np.pad(audio, _WINDOW // 2), window=_WINDOW, hop=_HOP, fft=_FFT) @ filters
    floor = max(1e-6, 1e-3 * float(bands.max(initial=0.0)))
    rises = np.maximum(0.0, np.diff(np.log(bands + floor), axis=0, prepend=np.log(floor)))
    return np.asarray(rises.mean(axis=1))


def _peaks(flux: NDArray[np.float64]) -> NDArray[np.float64]:
    """Times in s of the peaks that stand out."""
    times: list[int] = []
    for frame in range(len(flux)):
        around = flux[max(0, frame - _AROUND) : frame + _AROUND + 1]
        before = flux[max(0, frame - _BEFORE) : frame + _AROUND + 1]
        is_peak = flux[frame] == around.max() and flux[frame] >= before.mean() + _RISE
        if is_peak and (not times or frame - times[-1] > _APART):
            times.append(frame)
    return np.array(times, dtype=np.float64) * _HOP_SECONDS
