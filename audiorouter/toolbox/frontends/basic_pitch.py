"""Basic Pitch: notes of any number of voices, instrument by no matter which.

Bittner, Bosch, Rubinstein, Meseguer-Brocal & Ewert, "A Lightweight Instrument-Agnostic Model for
Polyphonic Note Transcription and Multipitch Estimation", ICASSP 2022. The network is Spotify's
ONNX file; reading notes off its posteriors follows the paper: onset peaks, then the note's frames
until they fade.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from audiorouter.clips import Clip
from audiorouter.toolbox.frontends.onnx import session
from audiorouter.toolbox.frontends.spectra import FloatArray

SAMPLE_RATE = 22_050
KEYS, LOWEST_MIDI = 88, 21
_WINDOW, _HOP = 43_844, 256
_FRAMES = 172
"""Frames that the network gives a window, of which the outer 15 at each end overlap."""
_OVERLAP = 30
FRAME_SECONDS = _HOP / SAMPLE_RATE
_ONSET, _FRAME = 0.5, 0.3
_FADED = 11
"""Weak frames after which a note has ended."""
_SHORTEST = 0.08
OVERTONES = frozenset({12, 19, 24, 28, 31, 34, 36})
"""Semitones from a tone to its second to eighth partial."""
_TOGETHER, _STRONGER = 0.08, 1.3
"""Seconds between onsets, and ratio of strengths, from which a note is another one's overtone."""
_NOTE, _ONSETS = "StatefulPartitionedCall:1", "StatefulPartitionedCall:2"


class TranscribedNote(NamedTuple):
    """A note: MIDI number, start and end in s, strength 0…1."""

    midi: int
    start: float
    end: float
    strength: float


def notes_of(clip: Clip) -> list[TranscribedNote]:
    """Notes in order of their start, computed once a clip."""
    return clip.shared("notes", lambda: decode(*key_probabilities(clip)))


class KeyProbabilities(NamedTuple):
    """How likely each of 88 piano keys sounds, and begins, `(frames, 88)`; 86 frames a second."""

    sounding: NDArray[np.float32]
    onsets: NDArray[np.float32]


def network() -> Any:
    """The worker's one network, loaded when first wanted."""
    return session("basic-pitch", "nmp.onnx")


def key_probabilities(clip: Clip) -> KeyProbabilities:
    """What the network hears of the clip, computed once for all tools that want it."""
    return clip.shared("key probabilities", lambda: posteriors(clip.mono(SAMPLE_RATE)))


def posteriors(audio: FloatArray) -> KeyProbabilities:
    """What the network hears of 22,050 Hz mono audio `(samples,)`."""
    step = _WINDOW - _OVERLAP * _HOP
    padded = np.concatenate([np.zeros(_OVERLAP // 2 * _HOP, dtype=np.float32), audio])
    windows: list[list[NDArray[np.float32]]] = []
    for start in range(0, len(padded), step):
        part = padded[start : start + _WINDOW]
        heard = np.pad(part, (0, _WINDOW - len(part)))[None, :, None]
        windows.append(network().run([_NOTE, _ONSETS], {"serving_default_input_2:0": heard}))
    inner = slice(_OVERLAP // 2, _FRAMES - _OVERLAP // 2)
    frames = round(len(audio) / _HOP)
    sounding, onsets = (
        np.concatenate([window[i][0, inner] for window in windows])[:frames] for i in (0, 1)
    )
    return KeyProbabilities(sounding, onsets)


def decode(sounding: NDArray[np.float32], onsets: NDArray[np.float32]) -> list[TranscribedNote]:
    """Notes from the posteriors, latest onsets first, so that a note ends where the next begins."""
    left = sounding.copy()
    inside = onsets[1:-1]
    peaks = (inside >= _ONSET) & (inside >= onsets[:-2]) & (inside > onsets[2:])
    notes: list[TranscribedNote] = []
    for frame, key in sorted(np.argwhere(peaks).tolist(), reverse=True):
        start, end = frame + 1, _fades(left[:, key], frame + 1)
        if (end - start) * FRAME_SECONDS >= _SHORTEST:
            strength = float(sounding[start:end, key].mean())
            notes.append(
                TranscribedNote(
                    key + LOWEST_MIDI, start * FRAME_SECONDS, end * FRAME_SECONDS, strength
                )
            )
            left[start:end, key] = 0
    return sorted(_without_overtones(notes), key=lambda note: (note.start, note.midi))


def _without_overtones(notes: list[TranscribedNote]) -> list[TranscribedNote]:
    """Notes less those that begin with a clearly stronger one whose overtone they are."""

    def is_overtone(note: TranscribedNote) -> bool:
        return any(
            note.midi - other.midi in OVERTONES
            and abs(note.start - other.start) <= _TOGETHER
            and other.strength >= _STRONGER * note.strength
            for other in notes
        )

    return [note for note in notes if not is_overtone(note)]


def _fades(strength: NDArray[np.float32], start: int) -> int:
    """Frame at which a note that starts at `start` has faded."""
    weak, frame = 0, start
    while frame < len(strength) and weak < _FADED:
        weak = weak + 1 if strength[frame] < _FRAME else 0
        frame += 1
    return frame - weak
