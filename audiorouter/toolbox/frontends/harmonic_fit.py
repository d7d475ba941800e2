"""How well the harmonics of each piano key fit the spectrum: what tells a note from its octave.

After Camacho & Harris, "A sawtooth waveform inspired pitch estimator for speech and music" (SWIPE),
JASA 2008: energy at the harmonics speaks for a fundamental, energy between them against it, since
that belongs to a lower one.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from audiorouter.toolbox.frontends.spectra import FloatArray, in_blocks, magnitudes

SAMPLE_RATE = 16_000
KEYS, LOWEST_KEY_HZ = 88, 27.5
_WINDOW = 2048
_HARMONICS = 8
_HIGHEST_HZ = 5500.0
_WIDTH, _LEAST_WIDTH_HZ = 0.014, 5.0
"""Standard deviation of the lobe at a harmonic, as a share of its frequency, and at least."""
_HALVES, _THIRDS = 0.5, 0.25
"""Weight of the energy at halves and thirds between the harmonics, beside that at harmonics."""


def harmonic_fit(audio: FloatArray, hop_seconds: float) -> NDArray[np.float64]:
    """Cosine `(frames, 88)` of each key's harmonics and the spectrum of 16 kHz mono `(samples,)`.

    Frames are centred on multiples of `hop_seconds`.
    """
    padded, hop = np.pad(audio, _WINDOW // 2), round(hop_seconds * SAMPLE_RATE)
    return np.concatenate(
        [_fit(block, hop) for block in in_blocks(padded, window=_WINDOW, hop=hop)]
    )


def _fit(audio: FloatArray, hop: int) -> NDArray[np.float64]:
    # The square root keeps single loud partials from deciding alone.
    spectrum = np.sqrt(magnitudes(audio, window=_WINDOW, hop=hop, fft=_WINDOW), dtype=np.float64)
    length = np.linalg.norm(spectrum, axis=1, keepdims=True)
    return np.asarray((spectrum / (length + 1e-9)) @ _kernels().T)


@cache
def _kernels() -> NDArray[np.float64]:
    """Unit kernels `(88, bins)`."""
    bins = np.fft.rfftfreq(_WINDOW, 1 / SAMPLE_RATE)
    kernels = np.zeros((KEYS, len(bins)))
    for kernel, fundamental in zip(
        kernels, LOWEST_KEY_HZ * 2 ** (np.arange(KEYS) / 12), strict=True
    ):
        for harmonic in range(1, _HARMONICS + 1):
            weight = harmonic**-0.5
            for below, share in (
                (0.0, weight),
                (1 / 2, -_HALVES * weight),
                (1 / 3, -_THIRDS * weight),
                (2 / 3, -_THIRDS * weight),
            ):
                centre = (harmonic - below) * fundamental
                if centre < _HIGHEST_HZ:
                    width = max(_WIDTH * centre, _LEAST_WIDTH_HZ)
                    lobe = np.exp(-0.5 * np.square((bins - centre) / width))
                    kernel += share * lobe * _LEAST_WIDTH_HZ / width
        kernel /= np.linalg.norm(kernel) + 1e-9
    return kernels
