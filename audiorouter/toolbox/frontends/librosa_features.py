"""What librosa hears in a clip; librosa has compiled before, and front ends are computed once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from audiorouter.clips import Clip
from audiorouter.toolbox.frontends.beats import Beats
from audiorouter.toolbox.frontends.librosa_harmony import chords_of, chroma_of
from audiorouter.toolbox.frontends.librosa_ready import librosa_ready
from audiorouter.toolbox.frontends.librosa_rhythm import SAMPLE_RATE, onsets_of, track_beats


def onset_times(clip: Clip) -> NDArray[np.float64]:
    """Onsets of the clip in s."""
    librosa_ready()
    return onsets_of(clip.mono(SAMPLE_RATE))


def librosa_beats(clip: Clip) -> Beats:
    """Beats and estimated downbeats of the clip, computed once for all tools that want them."""
    librosa_ready()
    return clip.shared("librosa beats", lambda: track_beats(clip.mono(SAMPLE_RATE)))


def librosa_chroma(clip: Clip) -> NDArray[np.float64]:
    """Chroma `(frames, 12)`, C first, 10.8 frames a second, computed once a clip."""
    librosa_ready()
    return clip.shared("librosa chroma", lambda: chroma_of(clip.mono(SAMPLE_RATE)))


def librosa_chords(clip: Clip) -> list[tuple[float, float, str]]:
    """Start and end in s and label (`C:maj`, `A:min`, `N`) of each chord."""
    return chords_of(librosa_chroma(clip))
