"""Chroma and chords by librosa, under the ISC licence, without trained models.

Chroma is that of a constant-Q transform over the harmonic part; chords are the 24 triads as
templates (Fujishima, "Realtime Chord Recognition of Musical Sound", ICMC 1999) under Viterbi.
"""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import NDArray

from audiorouter.toolbox.frontends.librosa_rhythm import SAMPLE_RATE
from audiorouter.toolbox.frontends.spectra import FloatArray
from audiorouter.toolbox.note_names import NAMES

HOP = 2048
FRAME_SECONDS = HOP / SAMPLE_RATE
STAY = 0.95
"""Probability that a chord goes on for another frame of 93 ms."""
SHARPNESS = 12.0
"""How much likelier a better fitting template is."""


def chroma_of(audio: FloatArray) -> NDArray[np.float64]:
    """Chroma `(frames, 12)`, C first, 10.8 frames a second, of audio at 22,050 Hz `(samples,)`."""
    from librosa import effects, feature

    harmonic = effects.harmonic(audio, margin=2.0)
    chroma = feature.chroma_cqt(y=harmonic, sr=SAMPLE_RATE, hop_length=HOP)
    return np.nan_to_num(np.asarray(chroma.T, dtype=np.float64))


def chords_of(chroma: NDArray[np.float64]) -> list[tuple[float, float, str]]:
    """Start and end in s and label (`C:maj`, `A:min`, `N`) of each chord, from such a chroma."""
    from librosa import sequence

    if len(chroma) < 2:
        return []
    length = np.linalg.norm(chroma, axis=1, keepdims=True)
    fit = (chroma / np.maximum(length, 1e-6)) @ _templates().T
    likely = np.exp(SHARPNESS * (fit - fit.max(axis=1, keepdims=True)))
    likely /= likely.sum(axis=1, keepdims=True)
    path = sequence.viterbi_discriminative(
        likely.T, sequence.transition_loop(likely.shape[1], STAY)
    )
    silent = length[:, 0] < 0.1 * max(1e-6, float(length.max()))
    labels = [
        "N" if quiet else f"{NAMES[int(state) % 12]}:{'maj' if state < 12 else 'min'}"
        for state, quiet in zip(path, silent, strict=True)
    ]
    edges = [0, *(i for i in range(1, len(labels)) if labels[i] != labels[i - 1]), len(labels)]
    return [(a * FRAME_SECONDS, b * FRAME_SECONDS, labels[a]) for a, b in itertools.pairwise(edges)]


def _templates() -> NDArray[np.float64]:
    """Unit templates `(24, 12)`: twelve major triads, then twelve minor ones."""
    triads = [(0, 4, 7), (0, 3, 7)]
    rows = []
    for triad in triads:
        for root in range(12):
            row = np.zeros(12)
            row[[(root + step) % 12 for step in triad]] = 1 / np.sqrt(3)
            rows.append(row)
    return np.stack(rows)
