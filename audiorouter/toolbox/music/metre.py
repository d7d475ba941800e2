"""What tells metres apart that have the same beats: how bars divide, and how they are accented."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from audiorouter.clips import Clip
from audiorouter.toolbox.frontends.attacks import spectral_flux
from audiorouter.toolbox.frontends.beats import Beats
from audiorouter.toolbox.frontends.spectral_flux import HOP_SECONDS

COMPOUND = "6/8"
_NEAR = 4
"""Frames by which an onset may be beside its place in the bar."""
_FAINT = 0.1
"""Share of the beats' onsets that thirds of a beat have to reach to be played at all."""
_LEAST = 1e-3


def compound_evidence(clip: Clip, beats: Beats) -> float:
    """Log ratio of what speaks for 6/8 to what speaks for simple beats: above 0 it is 6/8.

    A bar of six eighths is often tracked as three beats: then its middle, which lies between two
    of them, is accented more than the second and third. Tracked as two beats or four, each divides
    into three rather than two.
    """
    flux = spectral_flux(clip)
    length = int(beats.positions.max())
    if length == 3:
        first = np.flatnonzero(beats.positions == 1)
        first = first[first + 3 < len(beats.times)]
        if len(first) == 0:
            return -1.0
        start, end = beats.times[first], beats.times[first + 3]
        middle, second, third = (
            _mean_rise(flux, start + (end - start) * part) for part in (1 / 2, 1 / 3, 2 / 3)
        )
        return float(np.log((middle + _LEAST) / ((second + third) / 2 + _LEAST)))
    step = np.diff(beats.times)
    beat, half, one, two = (
        _mean_rise(flux, beats.times[:-1] + step * part) for part in (0, 1 / 2, 1 / 3, 2 / 3)
    )
    thirds = (one + two) / 2
    if thirds < _FAINT * beat:
        return -1.0
    return float(np.log((thirds + _LEAST) / (2 * half + _LEAST)))


def half_bar_accent(beats: Beats) -> float:
    """How much the third of four beats stands out beside the first, 0…1; 0 in other metres."""
    if int(beats.positions.max()) != 4:
        return 0.0
    first, third = (float(beats.accent[beats.positions == place].mean()) for place in (1, 3))
    return min(1.0, third / max(_LEAST, first))


def _mean_rise(flux: NDArray[np.float64], times: NDArray[np.float64]) -> float:
    """Mean of the largest flux near each of the times, in s."""
    frames = (times / HOP_SECONDS).round().astype(int)
    around = np.clip(frames[:, None] + np.arange(-_NEAR, _NEAR + 1), 0, len(flux) - 1)
    return float(flux[around].max(axis=1).mean())
