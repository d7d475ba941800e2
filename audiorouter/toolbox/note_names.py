"""Names of notes and of the intervals between them."""

from __future__ import annotations

from audiorouter.toolbox.phrases import with_article

NAMES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
"""Of the pitch classes, C first."""
_LETTERS = "CDEFGAB"
_FLATS = {"C#": "Db", "D#": "Eb", "F#": "Gb", "G#": "Ab", "A#": "Bb"}
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
    return f"{NAMES[midi % 12]}{midi // 12 - 1}"


def spelled_note(midi: int) -> str:
    """The same with its other spelling: which one a piece has is told by its key.

    >>> spelled_note(70), spelled_note(69)
    ('A#4/Bb4', 'A4')
    """
    name, octave = NAMES[midi % 12], midi // 12 - 1
    return f"{name}{octave}/{_FLATS[name]}{octave}" if name in _FLATS else f"{name}{octave}"


def spelled_class(name: str) -> str:
    """A pitch class with its other spelling.

    >>> spelled_class("A#"), spelled_class("C")
    ('A#/Bb', 'C')
    """
    return f"{name}/{_FLATS[name]}" if name in _FLATS else name


def flat_class(name: str) -> str:
    """A pitch class, a black key as a flat.

    >>> flat_class("A#"), flat_class("C")
    ('Bb', 'C')
    """
    return _FLATS.get(name, name)


def spelled_by_degree(pitch_class: int, root: str, degree: str) -> str:
    """A pitch class, C = 0, by the letter that it has as a degree above a root.

    Degrees are Harte's, such as `b3`. What would need two accidentals is spelled plainly.

    >>> spelled_by_degree(6, "D", "3"), spelled_by_degree(3, "C", "b3")
    ('F#', 'Eb')
    >>> spelled_by_degree(2, "A#", "3")
    'D'
    """
    letter = _LETTERS[(_LETTERS.index(root[0]) + int(degree.lstrip("b#")) - 1) % len(_LETTERS)]
    natural = NAMES.index(letter)
    accidental = {0: "", 1: "#", 11: "b"}.get((pitch_class - natural) % 12)
    return NAMES[pitch_class] if accidental is None else f"{letter}{accidental}"


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
