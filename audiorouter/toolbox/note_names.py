"""Names of notes and of the intervals between them."""

from __future__ import annotations

_NAMES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
_INTERVALS = (
    "unison", "minor second (semitone)", "major second (whole tone)", "minor third",
    "major third", "perfect fourth", "tritone", "perfect fifth", "minor sixth", "major sixth",
    "minor seventh", "major seventh", "octave",
)  # fmt: skip


def note_name(midi: int) -> str:
    """Scientific pitch name of a MIDI number.

    >>> note_name(69)
    'A4'
    """
    return f"{_NAMES[midi % 12]}{midi // 12 - 1}"


def interval_name(semitones: int) -> str:
    """Name of the distance between two notes, whichever is higher.

    >>> interval_name(-7), interval_name(16)
    ('perfect fifth', 'octave and major third')
    """
    octaves, rest = divmod(abs(semitones), 12)
    if octaves == 0 or (octaves == 1 and rest == 0):
        return _INTERVALS[12 * octaves + rest]
    more = "octave" if octaves == 1 else f"{octaves} octaves"
    return f"{more} and {_INTERVALS[rest]}" if rest else more
