"""What librosa hears in a clip; librosa has compiled before, and front ends are computed once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from audiorouter.clips import Clip
from audiorouter.toolbox.frontends.beats import Beats, beats_by_windows
from audiorouter.toolbox.frontends.librosa_harmony import HOP as CHROMA_HOP
from audiorouter.toolbox.frontends.librosa_harmony import chords_of, chroma_of
from audiorouter.toolbox.frontends.librosa_ready import librosa_ready
from audiorouter.toolbox.frontends.librosa_rhythm import (
    HOP,
    SAMPLE_RATE,
    onset_strength,
    onsets_in,
    track_beats,
)
from audiorouter.toolbox.frontends.windows import framewise

_WINDOW = 300.0
"""Seconds that are heard at once of a long clip: librosa takes about 3 MB of memory for each."""


def onset_times(clip: Clip) -> NDArray[np.float64]:
    """Onsets of the clip in s."""
    librosa_ready()
    return onsets_in(framewise(clip, SAMPLE_RATE, HOP, onset_strength, seconds=_WINDOW).all)


def librosa_beats(clip: Clip) -> Beats:
    """Beats and estimated downbeats of the clip, computed once for all tools that want them."""
    librosa_ready()
    return clip.shared("librosa beats", lambda: beats_by_windows(clip, _beats_of))


def librosa_chroma(clip: Clip) -> NDArray[np.float64]:
    """Chroma `(frames, 12)`, C first, 10.8 frames a second, computed once a clip."""
    librosa_ready()
    return clip.shared(
        "librosa chroma",
        lambda: framewise(clip, SAMPLE_RATE, CHROMA_HOP, chroma_of, seconds=_WINDOW),
    )


def librosa_chords(clip: Clip) -> list[tuple[float, float, str]]:
    """Start and end in s and label (`C:maj`, `A:min`, `N`) of each chord."""
    return chords_of(librosa_chroma(clip))


def _beats_of(clip: Clip) -> Beats:
    return track_beats(clip.mono(SAMPLE_RATE))
