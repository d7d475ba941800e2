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
from audiorouter.toolbox.frontends.windows import framewise, is_long, windows_of

SAMPLE_RATE = 22_050
KEYS, LOWEST_MIDI = 88, 21
_WINDOW, _HOP = 43_844, 256
_FRAMES = 172
"""Frames that the network gives a window, of which the outer 15 at each end overlap."""
_OVERLAP = 30
FRAME_SECONDS = _HOP / SAMPLE_RATE
_ONSET, _FRAME = 0.55, 0.3
_AGAIN = 0.75
"""Onset probability from which a key that sounds already begins again: vibrato reaches less."""
_SOUNDS, _LONG, _GAP = 0.5, 0.25, 0.1
"""Probability and seconds from which a key sounds though nothing begins it, and seconds after a
note of that key within which it is still that note."""
_CLEAR = 0.4
"""Mean probability below which a note is left out."""
_FADED = 11
"""Weak frames after which a note has ended."""
_SHORTEST = 0.08
OVERTONES = frozenset({12, 19, 24, 28, 31, 34, 36})
"""Semitones from a tone to its second to eighth partial."""
_TOGETHER, _STRONGER = 0.08, 1.3
"""Seconds by which an overtone may begin before its tone, and by how much it is weaker."""
_NOTE, _ONSETS = "StatefulPartitionedCall:1", "StatefulPartitionedCall:2"


class TranscribedNote(NamedTuple):
    """A note: MIDI number, start and end in s, strength 0…1."""

    midi: int
    start: float
    end: float
    strength: float


def notes_of(clip: Clip) -> list[TranscribedNote]:
    """Notes in order of their start, computed once a clip."""

    def listen() -> list[TranscribedNote]:
        heard = key_probabilities(clip)
        if not is_long(clip):
            return decode(*heard)
        notes: list[TranscribedNote] = []
        for start, end, first, last in windows_of(clip.duration):
            frames = slice(round(first / FRAME_SECONDS), round(last / FRAME_SECONDS))
            for note in decode(heard.sounding[frames], heard.onsets[frames]):
                if start <= note.start + first < end:
                    notes.append(note._replace(start=note.start + first, end=note.end + first))
        return notes

    return clip.shared("notes", listen)


class KeyProbabilities(NamedTuple):
    """How likely each of 88 piano keys sounds, and begins, `(frames, 88)`; 86 frames a second."""

    sounding: NDArray[np.float32]
    onsets: NDArray[np.float32]


def network() -> Any:
    """The worker's one network, loaded when first wanted."""
    return session("basic-pitch", "nmp.onnx")


def key_probabilities(clip: Clip) -> KeyProbabilities:
    """What the network hears of the clip, computed once for all tools that want it."""
    return clip.shared("key probabilities", lambda: framewise(clip, SAMPLE_RATE, _HOP, posteriors))


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


def pitch_classes(sounding: NDArray[Any]) -> NDArray[Any]:
    """How likely each pitch class sounds, C first, of `(frames, 88)`: `(frames, 12)`."""
    keys = [sounding[:, (pc - LOWEST_MIDI) % 12 :: 12] for pc in range(12)]
    return np.stack([octaves.max(axis=1) for octaves in keys], axis=1)


def decode(sounding: NDArray[np.float32], onsets: NDArray[np.float32]) -> list[TranscribedNote]:
    """Notes from the posteriors, latest onsets first, so that a note ends where the next begins."""
    left = sounding.copy()
    inside = onsets[1:-1]
    peaks = (inside >= _ONSET) & (inside >= onsets[:-2]) & (inside > onsets[2:])
    notes: list[TranscribedNote] = []
    for frame, key in sorted(np.argwhere(peaks).tolist(), reverse=True):
        start, before = frame + 1, sounding[max(0, frame - 8) : max(1, frame - 2), key]
        if before.mean() >= _FRAME and onsets[start, key] < _AGAIN:
            continue
        end = _fades(left[:, key], start)
        if (end - start) * FRAME_SECONDS >= _SHORTEST:
            notes.append(_note(sounding, key, start, end))
            left[start:end, max(0, key - 1) : key + 2] = 0
    notes += _without_onset(sounding, left, notes)
    clear = [note for note in notes if note.strength >= _CLEAR]
    return sorted(_without_overtones(clear), key=lambda note: (note.start, note.midi))


def _note(sounding: NDArray[np.float32], key: int, start: int, end: int) -> TranscribedNote:
    strength = float(sounding[start:end, key].mean())
    return TranscribedNote(key + LOWEST_MIDI, start * FRAME_SECONDS, end * FRAME_SECONDS, strength)


def _without_onset(
    sounding: NDArray[np.float32], left: NDArray[np.float32], notes: list[TranscribedNote]
) -> list[TranscribedNote]:
    """Notes that sound for long though nothing begins them: bowed and blown ones swell.

    `left` is what the notes that have an onset leave of `sounding`.
    """
    found = []
    for key in np.flatnonzero((left >= _SOUNDS).any(axis=0)).tolist():
        edges = np.flatnonzero(np.diff(left[:, key] >= _SOUNDS, prepend=False, append=False))
        ends = [note.end for note in notes if note.midi == key + LOWEST_MIDI]
        for start, end in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
            goes_on = any(-_GAP / 2 < start * FRAME_SECONDS - before < _GAP for before in ends)
            if (end - start) * FRAME_SECONDS >= _LONG and not goes_on:
                while start > 0 and left[start - 1, key] >= _FRAME:
                    start -= 1
                found.append(_note(sounding, key, start, end))
    return found


def _without_overtones(notes: list[TranscribedNote]) -> list[TranscribedNote]:
    """Notes less those that begin while a clearly stronger one sounds whose overtone they are."""

    def is_overtone(note: TranscribedNote) -> bool:
        return any(
            note.midi - other.midi in OVERTONES
            and other.start - _TOGETHER <= note.start < other.end - _TOGETHER / 2
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
