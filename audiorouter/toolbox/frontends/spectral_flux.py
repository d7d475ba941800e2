"""How much the spectrum rises, unmoved by vibrato.

Böck & Widmer, "Maximum filter vibrato suppression for onset detection", DAFx 2013: a band rises
where it is louder than it and its neighbours were.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from audiorouter.toolbox.frontends.spectra import FloatArray, in_blocks, magnitudes, mel_filters

SAMPLE_RATE = 16_000
HOP_SECONDS = 0.01
HOP = round(HOP_SECONDS * SAMPLE_RATE)
_WINDOW, _BANDS, _LAG = 1024, 80, 3
_FLOOR = 1e-3
"""Share of the loudest band below which a band is called quiet."""


def flux_of(audio: FloatArray) -> NDArray[np.float64]:
    """Mean rise over 30 ms, in units of 20 dB, of 80 mel bands of 16 kHz mono `(samples,)`.

    One value every 10 ms, `(frames,)`.
    """
    padded, hop = np.pad(audio, _WINDOW // 2), HOP
    filters = mel_filters(
        bands=_BANDS, sample_rate=SAMPLE_RATE, fft=_WINDOW, low=30, high=8000, scale="slaney"
    )
    bands = np.concatenate(
        [
            magnitudes(block, window=_WINDOW, hop=hop, fft=_WINDOW) @ filters
            for block in in_blocks(padded, window=_WINDOW, hop=hop)
        ]
    )
    level = np.log10(bands + _FLOOR * max(1e-9, float(bands.max()))).astype(np.float64)
    widest = np.lib.stride_tricks.sliding_window_view(
        np.pad(level, ((0, 0), (1, 1)), mode="edge"), 3, axis=1
    ).max(axis=2)
    flux = np.zeros(len(level))
    flux[_LAG:] = np.maximum(0, level[_LAG:] - widest[:-_LAG]).mean(axis=1)
    return flux
