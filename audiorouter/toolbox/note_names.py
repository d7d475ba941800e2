"""Names of notes and of the intervals between them."""

from __future__ import annotations

from audiorouter.toolbox.phrases import with_article

_NAMES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
_INTERVALS = (
    "unison", "minor second (semitone)", "major second (whole tone)", "minor third",
    "major third", "perfect fourth", "tritone", "perfect fifth", "minor sixth", "major sixth",
    "minor seventh", "major seventh",
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
    return " and ".join(_parts(semitones))


def an_interval(semitones: int) -> str:
    """The same with its article.

    >>> an_interval(-7), an_interval(16), an_interval(24)
    ('a perfect fifth', 'an octave and a major third', '2 octaves')
    """
    parts = _parts(semitones)
    return " and ".join(part if part[0].isdigit() else with_article(part) for part in parts)


def _parts(semitones: int) -> list[str]:
    """The octaves of an interval, and what is left of it."""
    octaves, rest = divmod(abs(semitones), 12)
    whole = [] if octaves == 0 else ["octave" if octaves == 1 else f"{octaves} octaves"]
    return [*whole, *([_INTERVALS[rest]] if rest or not whole else [])]
