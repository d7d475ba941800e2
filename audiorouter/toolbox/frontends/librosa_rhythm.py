"""Onsets and beats by librosa: signal processing under the ISC licence, without trained models.

Ellis, "Beat Tracking by Dynamic Programming", JNMR 2007; McFee et al., "librosa: Audio and Music
Signal Analysis in Python", SciPy 2015. Where bars begin is not in librosa: the downbeat is taken to
be the beat of the bar whose onsets are strongest, low ones above all.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from audiorouter.toolbox.frontends.beats import Beats
from audiorouter.toolbox.frontends.spectra import FloatArray

SAMPLE_RATE = 22_050
HOP = 512
BEATS_PER_BAR = (2, 3, 4)
LOW_HZ = 150.0
RANGE_DB = 60.0
"""What is further below the loudest band counts as silence: out of digital silence even a faint
hiss would rise by more than any note, which would then pass for nothing."""


class OnsetStrength(NamedTuple):
    """How much rises from frame to frame, `(frames,)`: in all bands, and in the low ones."""

    all: NDArray[np.float64]
    low: NDArray[np.float64]


def onset_strength(audio: FloatArray) -> OnsetStrength:
    """Spectral flux over mel bands of audio at 22,050 Hz `(samples,)`, 43 frames a second."""
    from librosa import feature, mel_frequencies, onset, power_to_db

    mel = power_to_db(
        feature.melspectrogram(y=audio, sr=SAMPLE_RATE, hop_length=HOP, n_mels=128),
        top_db=RANGE_DB,
    )
    centres = mel_frequencies(n_mels=128, fmax=SAMPLE_RATE / 2)
    whole = onset.onset_strength(S=mel, sr=SAMPLE_RATE, hop_length=HOP)
    low = onset.onset_strength(S=mel[centres <= LOW_HZ], sr=SAMPLE_RATE, hop_length=HOP)
    return OnsetStrength(np.asarray(whole, np.float64), np.asarray(low, np.float64))


def onsets_of(audio: FloatArray) -> NDArray[np.float64]:
    """Onsets in s of audio at 22,050 Hz `(samples,)`."""
    return onsets_in(onset_strength(audio).all)


def onsets_in(strength: NDArray[np.float64]) -> NDArray[np.float64]:
    """Onsets in s, by how much rises from frame to frame."""
    from librosa import onset

    onsets = onset.onset_detect(
        onset_envelope=strength, sr=SAMPLE_RATE, hop_length=HOP, units="time"
    )
    return np.asarray(onsets, dtype=np.float64)


def track_beats(audio: FloatArray) -> Beats:
    """Beats of audio at 22,050 Hz `(samples,)`."""
    from librosa import beat, frames_to_time

    strength = onset_strength(audio)
    nothing = np.zeros(0)
    if not strength.all.any():
        return Beats(nothing, nothing.astype(np.int64), nothing, nothing)
    _, frames = beat.beat_track(
        onset_envelope=strength.all, sr=SAMPLE_RATE, hop_length=HOP, trim=False
    )
    frames = np.asarray(frames, dtype=np.int64)
    if len(frames) == 0:
        return Beats(nothing, nothing.astype(np.int64), nothing, nothing)
    accent = _near(strength.all, frames) + 2 * _near(strength.low, frames)
    times = frames_to_time(frames, sr=SAMPLE_RATE, hop_length=HOP)
    clear = np.full(len(frames), _clarity(strength.all, frames))
    return Beats(np.asarray(times, np.float64), _positions(accent), clear, accent / accent.max())


def _clarity(strength: NDArray[np.float64], frames: NDArray[np.int64]) -> float:
    """How much the onsets repeat from beat to beat: their autocorrelation there, 0…1."""
    if len(frames) < 2:
        return 0.0
    centred = strength - strength.mean()
    lag = round(float(np.median(np.diff(frames))))
    near = [float(centred[:-k] @ centred[k:]) for k in range(max(1, lag - 1), lag + 2)]
    return float(np.clip(max(near) / max(1e-9, float(centred @ centred)), 0, 1))


def _near(strength: NDArray[np.float64], frames: NDArray[np.int64]) -> NDArray[np.float64]:
    """The largest value within two frames of each beat."""
    around = np.clip(frames[:, None] + np.arange(-2, 3), 0, len(strength) - 1)
    return np.asarray(strength[around].max(axis=1))


def _positions(accent: NDArray[np.float64]) -> NDArray[np.int64]:
    """Place of each beat in its bar, from 1: the metre and phase whose first beats stand out."""
    best, positions = -np.inf, np.ones(len(accent), dtype=np.int64)
    spread = float(accent.std()) or 1.0
    for length in BEATS_PER_BAR:
        for phase in range(length):
            first = np.arange(len(accent)) % length == phase
            if first.sum() < 2 or first.all():
                continue
            # Standard errors by which first beats are stronger than the others.
            gain = float(accent[first].mean() - accent[~first].mean()) / spread
            worth = gain / np.sqrt(1 / first.sum() + 1 / (~first).sum())
            if worth > best:
                best, positions = worth, (np.arange(len(accent)) - phase) % length + 1
    return positions
