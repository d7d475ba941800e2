"""The pitch of a single voice or instrument: frequency, notes and contour."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING, NamedTuple

from audiorouter.clips import Clip
from audiorouter.toolbox.interface import Domain, Finding, SpanArguments, Tool
from audiorouter.toolbox.note_names import note_name
from audiorouter.toolbox.phrases import listing, number_word

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

CONFIDENT = 0.5
"""CREPE confidence from which a frame counts as pitched."""
MIN_PITCHED = 0.15
"""Share of the sounding frames that have to be pitched before a pitch is claimed."""
FLAT_SEMITONES = 1.0
_MIN_NOTE_FRAMES = 4
_DROPOUT_SECONDS = 0.12
_NAMED = 12


class HeldNote(NamedTuple):
    """A held pitch: MIDI number, start and end in s."""

    midi: int
    start: float
    end: float


class _PitchTrack(NamedTuple):
    """CREPE's track where something sounds: `midi` is fractional, NaN where nothing is pitched."""

    times: NDArray[np.float64]
    midi: NDArray[np.float64]
    share: float
    """Share of the sounding frames that are pitched, 0…1."""


class Pitch(Tool[SpanArguments]):
    """Fundamental frequency through CREPE."""

    name = "pitch"
    description = (
        "Measures the fundamental frequency in Hz and names the notes of a single voice or "
        "instrument; says whether the melody rises or falls and which note is highest."
    )
    examples = (
        "Which note is played?",
        "What is the pitch in Hz?",
        "Does the melody rise or fall?",
        "How many notes are played?",
    )
    version = "3"
    licence = "MIT"
    domain = Domain.MUSIC
    Arguments = SpanArguments
    packages = ("torch",)
    weights = ("crepe-tiny",)

    def load(self) -> None:
        """Load the network."""
        from audiorouter.toolbox.frontends.crepe import crepe

        crepe()

    def run(self, clip: Clip, arguments: SpanArguments) -> Finding:
        """Track the pitch and describe it."""
        import numpy as np

        heard = _heard(clip)
        midi = heard.midi[~np.isnan(heard.midi)]
        if len(midi) == 0:
            return Finding({"pitched_share": round(heard.share, 2)}, "There is no clear pitch.")
        notes = held_notes(clip)
        low, median, high = (
            float(f) for f in 440 * 2 ** ((np.percentile(midi, [5, 50, 95]) - 69) / 12)
        )
        change = _contour(midi)
        data = {
            "median_hz": round(median, 1),
            "low_hz": round(low, 1),
            "high_hz": round(high, 1),
            "pitched_share": round(heard.share, 2),
            "change_semitones": round(change, 1),
            "notes": [
                {"note": note_name(n.midi), "start_s": round(n.start, 2), "end_s": round(n.end, 2)}
                for n in notes
            ],
        }
        return Finding(data, _sentence(median, change, notes))


def held_notes(clip: Clip) -> list[HeldNote]:
    """The notes that a single voice or instrument holds, in order, computed once a clip."""
    return clip.shared("held notes", lambda: _notes(_heard(clip)))


def _heard(clip: Clip) -> _PitchTrack:
    return clip.shared("heard pitch", lambda: _listen(clip))


def _listen(clip: Clip) -> _PitchTrack:
    """The pitch where it is clear; nowhere, where too little of the clip is pitched."""
    import numpy as np

    from audiorouter.toolbox.frontends.crepe import pitch_track
    from audiorouter.toolbox.frontends.energy import HOP_SECONDS as LEVEL_HOP
    from audiorouter.toolbox.frontends.energy import envelope, threshold

    track = pitch_track(clip)
    level = envelope(clip)
    nearest = np.minimum((track.times / LEVEL_HOP).round().astype(int), len(level) - 1)
    sounding = level[nearest] > threshold(level)
    pitched = sounding & (track.confidence >= CONFIDENT)
    share = float(pitched.sum() / max(1, sounding.sum()))
    if share < MIN_PITCHED or pitched.sum() < _MIN_NOTE_FRAMES:
        pitched = np.zeros_like(pitched)
    midi = 69 + 12 * np.log2(track.frequency / 440)
    return _PitchTrack(track.times, np.where(pitched, midi, np.nan), share)


def _notes(heard: _PitchTrack) -> list[HeldNote]:
    """Stretches of at least 0.1 s on one semitone.

    Vibrato and short slips are smoothed over first, and a note that drops out for a moment is one.
    """
    import numpy as np

    from audiorouter.toolbox.frontends.crepe import HOP_SECONDS

    smooth = _median_of_five(heard.midi)
    semitones = np.where(np.isnan(smooth), -1, np.nan_to_num(smooth).round()).astype(int)
    edges = [0, *(np.flatnonzero(np.diff(semitones)) + 1).tolist(), len(semitones)]
    notes: list[HeldNote] = []
    for first, end in itertools.pairwise(edges):
        if semitones[first] < 0 or end - first < _MIN_NOTE_FRAMES:
            continue
        start, stop = float(heard.times[first]), float(heard.times[end - 1]) + HOP_SECONDS
        before = notes[-1] if notes else None
        if before and before.midi == semitones[first] and start - before.end < _DROPOUT_SECONDS:
            notes[-1] = before._replace(end=stop)
        else:
            notes.append(HeldNote(int(semitones[first]), start, stop))
    return notes


def _median_of_five(midi: NDArray[np.float64]) -> NDArray[np.float64]:
    """Median over the pitched ones of five frames; unpitched frames stay unpitched."""
    import numpy as np

    padded = np.pad(midi, 2, constant_values=np.nan)
    around = np.lib.stride_tricks.sliding_window_view(padded, 5)
    kept = ~np.isnan(midi)
    smooth = np.full(len(midi), np.nan)
    smooth[kept] = np.nanmedian(around[kept], axis=1)
    return smooth


def _contour(midi: NDArray[np.float64]) -> float:
    """Semitones from the first third's median to the last third's."""
    import numpy as np

    third = max(1, len(midi) // 3)
    return float(np.median(midi[-third:]) - np.median(midi[:third]))


def _sentence(median: float, change: float, notes: list[HeldNote]) -> str:
    middle = note_name(round(69 + 12 * math.log2(median / 440)))
    if len(notes) > 1:
        names = [note_name(note.midi) for note in notes[:_NAMED]]
        more = " …" if len(notes) > _NAMED else ""
        highest = max(notes, key=lambda note: note.midi)
        text = (
            f"The notes that are played are {listing(names)}{more}; the highest is "
            f"{note_name(highest.midi)}, and the middle of the pitch is {middle} "
            f"({median:.0f} Hz). The number of notes is {number_word(len(notes))}."
        )
    else:
        text = f"The note that is played is {middle}, at a pitch of {median:.0f} Hz."
    if change > FLAT_SEMITONES:
        return f"{text} The melody goes up: it rises."
    if change < -FLAT_SEMITONES:
        return f"{text} The melody goes down: it falls."
    return f"{text} The melody stays on one pitch: it stays the same."
