"""Whether anything begins in a clip that stands out from what goes on all the time.

In steady noise and in steady tones every method of finding onsets or periods finds some; there the
strongest rise of the spectrum is hardly above the usual one. Generated noises of many colours, of
0.3 to 60 s, have a prominence of 0.8 at most, and recorded strokes, notes, speech and animals of
the training split 2.1 at least; in sustained music it may be either.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from audiorouter.clips import Clip
from audiorouter.toolbox.frontends.energy import HOP_SECONDS, contrast_db, envelope
from audiorouter.toolbox.frontends.spectral_flux import HOP, SAMPLE_RATE, flux_of
from audiorouter.toolbox.frontends.windows import framewise

STANDS_OUT = 1.2
"""Prominence from which something begins audibly."""
_FAINT = 0.02
"""Spectral flux, in units of 20 dB, that is taken for no rise."""
_EDGE = 10
"""Frames of 10 ms at either end of a clip, where a sound that was cut rises from nothing."""
_DECAYS_DB = 12.0
"""Contrast from which a clip may begin with an attack: what is steady has less."""


RELEASE_DB, RISE_DB = 12.0, 3.0
"""Fall of the level within 150 ms by which a rise of the spectrum is the end of a sound, where the
level itself does not rise by so much: what stops at once clicks, and rooms answer."""
_AS_LOUD_DB, _FADES_DB = 10.0, 6.0
"""How much fainter than other attacks one at the start may be, and fall of the level by which a
sound ends before the next."""
_BEFORE, _NEAR, _SOON, _AFTER = 10, 6, 7, 16
"""Frames of 10 ms before and after a time over which levels are compared."""


def begins(clip: Clip, times: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which of the times in s at which a spectrum rises are no ends of what sounded before."""
    level = envelope(clip)
    return np.array([not _is_release(level, round(t / HOP_SECONDS)) for t in times], dtype=bool)


def starts_with_attack(clip: Clip, times: NDArray[np.float64]) -> bool:
    """Whether a sound begins where the clip does, with nothing before it to rise from.

    `times` are in s where others begin. It is about as loud as they are and fades or is told apart
    from the next as they are; without others it is the loudest there is, and fades.
    """
    level = envelope(clip)
    frames = np.round(times / HOP_SECONDS).astype(int)
    if len(frames) and frames[0] < _BEFORE:
        return False
    first = level[:_SOON].max()
    falls = first - level[: frames[0] if len(frames) else None].min() >= _FADES_DB
    if not len(frames):
        return bool(falls and first >= level.max() - RISE_DB)
    peaks = [level[max(0, frame - _NEAR) : frame + _SOON].max() for frame in frames]
    lows = [level[max(0, frame - _BEFORE) : frame + 1].min() for frame in frames]
    legato = np.median(np.subtract(peaks, lows)) < _FADES_DB
    return bool(first >= np.median(peaks) - _AS_LOUD_DB and (falls or legato))


def _is_release(level: NDArray[np.float64], frame: int) -> bool:
    before = level[max(0, frame - _BEFORE) : max(0, frame - 2)]
    after = level[frame + 4 : frame + _AFTER]
    if not len(before) or not len(after):
        return False
    loudest = level[frame : frame + _SOON].max()
    rises = float(loudest - level[max(0, frame - _NEAR) : frame + 1].min())
    return rises < RISE_DB and float(np.median(before) - after.min()) >= RELEASE_DB


def spectral_flux(clip: Clip) -> NDArray[np.float64]:
    """`flux_of` the clip, every 10 ms, computed once a clip."""
    return clip.shared("spectral flux", lambda: framewise(clip, SAMPLE_RATE, HOP, flux_of))


def prominence(clip: Clip) -> NDArray[np.float64]:
    """Log ratio of the rise of the spectrum in each 10 ms to the usual one, `(frames,)`.

    It is 0 at most in clips of 0.2 s and less.
    """
    rises = spectral_flux(clip).copy()
    inner = rises[_EDGE:-_EDGE]
    usual = float(np.median(inner) if len(inner) else rises.max(initial=0.0))
    rises[-_EDGE:] = 0.0
    if contrast_db(clip) < _DECAYS_DB:
        rises[:_EDGE] = 0.0
    return np.asarray(np.log((rises + _FAINT) / (usual + _FAINT)))
