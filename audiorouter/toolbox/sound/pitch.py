"""The pitch of a single voice or instrument: frequency, notes and contour."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from audiorouter.clips import Clip
from audiorouter.toolbox.interface import Domain, Finding, NoArguments, Tool
from audiorouter.toolbox.phrases import count_of, listing

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

HOP_SECONDS = 0.025
CONFIDENT = 0.5
"""CREPE confidence from which a frame counts as pitched."""
MIN_PITCHED = 0.15
"""Share of the sounding frames that have to be pitched before a pitch is claimed."""
FLAT_SEMITONES = 1.0
_MIN_NOTE_FRAMES = 4
_NAMED = 12
_NAMES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")


class Note(NamedTuple):
    """A held pitch: MIDI number, start and end in s."""

    midi: int
    start: float
    end: float


class Pitch(Tool[NoArguments]):
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
    version = "1"
    licence = "MIT"
    domain = Domain.MUSIC
    Arguments = NoArguments
    packages = ("torch",)
    weights = ("crepe-tiny",)

    def load(self) -> None:
        """Load the network."""
        from audiorouter.toolbox.sound.crepe import crepe

        crepe()

    def run(self, clip: Clip, arguments: NoArguments) -> Finding:
        """Track the pitch and describe it."""
        import numpy as np

        from audiorouter.toolbox.sound.activity import HOP_SECONDS as LEVEL_HOP
        from audiorouter.toolbox.sound.activity import envelope, threshold
        from audiorouter.toolbox.sound.crepe import SAMPLE_RATE, crepe

        track = crepe().track(clip.mono(SAMPLE_RATE), HOP_SECONDS)
        level = envelope(clip)
        nearest = np.minimum((track.times / LEVEL_HOP).round().astype(int), len(level) - 1)
        sounding = level[nearest] > threshold(level)
        pitched = sounding & (track.confidence >= CONFIDENT)
        share = float(pitched.sum() / max(1, sounding.sum()))
        if share < MIN_PITCHED or pitched.sum() < _MIN_NOTE_FRAMES:
            return Finding({"pitched_share": round(share, 2)}, "There is no clear pitch.")
        midi = 69 + 12 * np.log2(track.frequency / 440)
        notes = _notes(track.times, np.where(pitched, midi, np.nan))
        median = float(np.median(track.frequency[pitched]))
        low, high = (float(f) for f in np.percentile(track.frequency[pitched], [5, 95]))
        change = _contour(midi[pitched])
        data = {
            "median_hz": round(median, 1),
            "low_hz": round(low, 1),
            "high_hz": round(high, 1),
            "pitched_share": round(share, 2),
            "change_semitones": round(change, 1),
            "notes": [
                {"note": note_name(n.midi), "start_s": round(n.start, 2), "end_s": round(n.end, 2)}
                for n in notes
            ],
        }
        return Finding(data, _sentence(median, change, notes))


def note_name(midi: int) -> str:
    """Scientific pitch name of a MIDI number.

    >>> note_name(69)
    'A4'
    """
    return f"{_NAMES[midi % 12]}{midi // 12 - 1}"


def _notes(times: NDArray[np.float64], midi: NDArray[np.float64]) -> list[Note]:
    """Runs of at least 0.1 s on one semitone; NaN frames are unpitched and end a run."""
    notes: list[Note] = []
    current, started, frames = None, 0.0, 0
    for time, value in zip([*times, times[-1] + HOP_SECONDS], [*midi, math.nan], strict=True):
        semitone = None if math.isnan(value) else round(float(value))
        if semitone != current:
            if current is not None and frames >= _MIN_NOTE_FRAMES:
                notes.append(Note(current, started, float(time)))
            current, started, frames = semitone, float(time), 0
        frames += 1
    return notes


def _contour(midi: NDArray[np.float64]) -> float:
    """Semitones from the first third's median to the last third's."""
    import numpy as np

    third = max(1, len(midi) // 3)
    return float(np.median(midi[-third:]) - np.median(midi[:third]))


def _sentence(median: float, change: float, notes: list[Note]) -> str:
    text = f"The pitch is {median:.0f} Hz ({note_name(round(69 + 12 * math.log2(median / 440)))})."
    if change > FLAT_SEMITONES:
        text += " It rises (ascending, goes up)."
    elif change < -FLAT_SEMITONES:
        text += " It falls (descending, goes down)."
    else:
        text += " It stays the same."
    if len(notes) > 1:
        names = [note_name(note.midi) for note in notes[:_NAMED]]
        more = " …" if len(notes) > _NAMED else ""
        highest = max(notes, key=lambda note: note.midi)
        text += (
            f" {count_of(len(notes), 'note').capitalize()}: {listing(names)}{more}. "
            f"The highest is {note_name(highest.midi)}."
        )
    return text
