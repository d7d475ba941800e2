"""The notes that a single voice or instrument holds, one after the other.

Each frame scores every piano key by three front ends that err in different ways: CREPE, Basic Pitch
and the fit of its harmonics, which tells octaves apart. The notes are the likeliest path through
the keys (Viterbi, "Error bounds for convolutional codes", 1967), where another key costs more than
vibrato or a slip is worth. The same note again begins where the network hears an onset and the
spectrum rises (Böck & Widmer, "Maximum filter vibrato suppression for onset detection", DAFx 2013).
"""

from __future__ import annotations

import itertools
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from audiorouter.clips import Clip
from audiorouter.toolbox.frontends import basic_pitch, crepe, energy
from audiorouter.toolbox.frontends.harmonic_fit import harmonic_fit
from audiorouter.toolbox.frontends.spectral_flux import flux_of
from audiorouter.toolbox.frontends.windows import eventwise
from audiorouter.toolbox.music.likeliest_path import likeliest_path

_CREPE, _BASIC_PITCH, _FIT = 0.5, 1.0, 6.0
"""Weights of the front ends' logarithmic scores."""
_FLOOR, _UNPITCHED = 0.05, 0.15
"""Probability added to every key, and that of no key."""
_QUIET = 6.0
"""What sounding costs a key where the clip is quiet."""
_OTHER_KEY = 2.5
"""What going on to another key costs."""
_HIGHEST_CREPE = 75
"""Key from which on CREPE does not hear: its last bins lie there."""
_MIN_FRAMES = 4
_SLIP_FRAMES, _CONFUSED = 6, (12, 19, 24)
"""Frames below which a stretch may be a slip to an overtone, and the semitones to those."""
_AGAIN_ONSET, _AGAIN_FLUX, _AGAIN_DB = 0.5, 0.06, 4.0
"""Onset probability, spectral flux and rise of the level from which a note begins again."""
_EDGE_SECONDS = 0.06
_ATTACK = 0.2
"""Share of a note at its beginning over which its pitch is not yet steady."""
_WITHIN = 0.75
"""Semitones around a key that belong to it."""


_LIKELY = 0.1
"""Probability from which a key is taken to be heard at all."""


class HeldNote(NamedTuple):
    """A held pitch: MIDI number, start and end in s, frequency in Hz.

    `clarity` 0…1 is how much of what the networks hear while it sounds is this note.
    """

    midi: int
    start: float
    end: float
    frequency: float
    clarity: float


def held_notes(clip: Clip) -> list[HeldNote]:
    """Notes of at least 0.1 s in order, as of one voice; computed once a clip."""
    return clip.shared(
        "held notes",
        lambda: eventwise(
            clip,
            _listen,
            when=lambda note: note.start,
            moved=lambda note, by: note._replace(start=note.start + by, end=note.end + by),
        ),
    )


def _listen(clip: Clip) -> list[HeldNote]:
    if energy.hardly_heard(clip, crepe.SAMPLE_RATE):
        return []
    track = crepe.pitch_track(clip)
    heard = basic_pitch.key_probabilities(clip)
    if len(heard.sounding) == 0 or len(track.times) == 0:  # a sample or two
        return []
    nearest = (track.times / basic_pitch.FRAME_SECONDS).round().astype(int)
    around = np.clip(nearest[:, None] + np.arange(-1, 2), 0, len(heard.sounding) - 1)
    sounding = heard.sounding[around].mean(axis=1, dtype=np.float64)
    fit = harmonic_fit(clip.mono(crepe.SAMPLE_RATE), crepe.HOP_SECONDS)[: len(track.times)]
    level = energy.envelope(clip)
    at = np.minimum((track.times / energy.HOP_SECONDS).round().astype(int), len(level) - 1)
    quiet = level[at] <= energy.threshold(level)
    path = _without_slips(likeliest_path(_scores(track.keys, sounding, fit, quiet), _OTHER_KEY))
    again = _rises(clip, level)
    notes: list[HeldNote] = []
    for key, first, end in _stretches(path):
        start, stop = first * crepe.HOP_SECONDS, end * crepe.HOP_SECONDS
        onsets = _again(heard.onsets[:, key], again, start, stop)
        for one, other in itertools.pairwise([start, *onsets, stop]):
            frames = slice(round(one / crepe.HOP_SECONDS), round(other / crepe.HOP_SECONDS))
            notes.append(
                HeldNote(
                    key + basic_pitch.LOWEST_MIDI,
                    one,
                    other,
                    _frequency(track.frequency[frames], track.confidence[frames], key),
                    _clarity(sounding[frames], key),
                )
            )
    return notes


def _scores(
    salience: NDArray[np.float64],
    sounding: NDArray[np.float64],
    fit: NDArray[np.float64],
    quiet: NDArray[np.bool_],
) -> NDArray[np.float64]:
    """Logarithmic score of each key and, last, of none, `(frames, 89)`."""
    crepe_score = np.log(_FLOOR + salience)
    other = np.log(_FLOOR + sounding)
    crepe_score[:, _HIGHEST_CREPE:] = other[:, _HIGHEST_CREPE:]
    keys = _CREPE * crepe_score + _BASIC_PITCH * other
    keys += _FIT * (fit - fit.max(axis=1, keepdims=True))
    keys[quiet] -= _QUIET
    none = (_CREPE + _BASIC_PITCH) * np.log(_FLOOR + _UNPITCHED)
    return np.column_stack([keys, np.full(len(keys), none)])


def _without_slips(path: NDArray[np.int64]) -> NDArray[np.int64]:
    """The path, where a short stretch beside a long one is no octave or twelfth of it."""
    mended = path.copy()
    pairs = list(itertools.pairwise(_stretches(path)))
    for (key, first, end), (other, start, stop) in [*pairs, *(pair[::-1] for pair in pairs)]:
        touch = end == start or stop == first
        short = end - first < _SLIP_FRAMES and 3 * (end - first) <= stop - start
        if touch and short and abs(key - other) in _CONFUSED:
            mended[first:end] = other
    return mended


def _stretches(path: NDArray[np.int64]) -> list[tuple[int, int, int]]:
    """Key, first frame and end of each stretch of one key that is long enough for a note."""
    edges = [0, *(np.flatnonzero(np.diff(path)) + 1).tolist(), len(path)]
    return [
        (int(path[first]), first, end)
        for first, end in itertools.pairwise(edges)
        if path[first] < basic_pitch.KEYS and end - first >= _MIN_FRAMES
    ]


def _rises(clip: Clip, level: NDArray[np.float64]) -> list[float]:
    """Times in s at which spectrum and level rise at once, wherever a note might begin again."""
    flux = flux_of(clip.mono(crepe.SAMPLE_RATE))
    around = np.lib.stride_tricks.sliding_window_view(np.pad(flux, 3), 7).max(axis=1)
    times = []
    for frame in np.flatnonzero((flux >= _AGAIN_FLUX) & (flux == around)).tolist():
        before, after = level[max(0, frame - 6) : frame + 2], level[frame : frame + 8]
        if len(after) and len(before) and after.max() - before.min() >= _AGAIN_DB:
            times.append(frame * energy.HOP_SECONDS)
    return times


def _again(
    onsets: NDArray[np.float32], rises: list[float], start: float, end: float
) -> list[float]:
    """Times within a stretch of one key at which its note begins again."""
    times: list[float] = []
    for time in rises:
        frame = round(time / basic_pitch.FRAME_SECONDS)
        likely = float(onsets[max(0, frame - 6) : frame + 7].max(initial=0.0))
        since = time - (times[-1] if times else start)
        if likely >= _AGAIN_ONSET and since > _EDGE_SECONDS and end - time > _EDGE_SECONDS / 2:
            times.append(time)
    return times


def _frequency(frequency: NDArray[np.float64], confidence: NDArray[np.float64], key: int) -> float:
    """Hz of a note: the median over its steady part, weighted by how sure CREPE is.

    A frame that CREPE heard an octave off counts at the note's own octave.
    """
    steady = slice(int(_ATTACK * len(frequency)), None)
    midi = 69 + 12 * np.log2(frequency[steady] / 440)
    number = key + basic_pitch.LOWEST_MIDI
    off = (midi - number + 6) % 12 - 6
    near = np.abs(off) <= _WITHIN
    if not near.any():
        return float(440 * 2 ** ((number - 69) / 12))
    order = np.argsort(off[near])
    weight = np.cumsum(confidence[steady][near][order])
    middle = off[near][order][int(np.searchsorted(weight, weight[-1] / 2))]
    return float(440 * 2 ** ((number + middle - 69) / 12))


def _clarity(sounding: NDArray[np.float64], key: int) -> float:
    """Share of what is likely to sound that is the note's, or its octaves' and overtones'."""
    sounding = np.maximum(0.0, sounding - _LIKELY)
    of_it = [key + step for step in basic_pitch.OVERTONES | {0, -12, -1, 1}]
    inside = [k for k in of_it if 0 <= k < sounding.shape[1]]
    total = float(sounding.sum())
    return float(sounding[:, inside].sum()) / total if total > 0 else 0.0
