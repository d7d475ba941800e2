"""Notes, chords and keys by their names, and as the values of choices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from audioqa.facts import Value

NOTES = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
"""One name a pitch class, so that no two choices are one note."""
SHARP = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
FLAT = ("C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B")
FLAT_KEYS = {False: frozenset({1, 3, 5, 8, 10}), True: frozenset({0, 2, 3, 5, 7, 10})}
"""Tonics of major and of minor keys that are written with flats."""
MAJOR_KEYS = ("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
MINOR_KEYS = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "G#", "A", "Bb", "B")
TONES = {"": (0, 4, 7), "m": (0, 3, 7), "7": (0, 4, 7, 10), "dim": (0, 3, 6)}
INTERVALS = {
    1: "minor second", 2: "major second", 3: "minor third", 4: "major third", 5: "perfect fourth",
    6: "tritone", 7: "perfect fifth", 8: "minor sixth", 9: "major sixth", 10: "minor seventh",
    11: "major seventh", 12: "octave",
}  # fmt: skip
DEGREES = {
    False: ((0, ""), (2, "m"), (4, "m"), (5, ""), (7, ""), (9, "m")),
    True: ((0, "m"), (3, ""), (5, "m"), (7, ""), (8, ""), (10, "")),
}
"""Semitones above the tonic and quality of the chords of a major and of a minor key."""


class Chord(NamedTuple):
    """A chord: pitch class of its root, and quality as in `TONES`."""

    root: int
    quality: str

    def label(self, names: Sequence[str]) -> str:
        """As chord symbols are written, by the names of the twelve notes."""
        return names[self.root] + self.quality

    @property
    def pitch_classes(self) -> tuple[int, ...]:
        """Root first."""
        return tuple((self.root + step) % 12 for step in TONES[self.quality])


class Key(NamedTuple):
    """A key: pitch class of its tonic, and whether it is minor."""

    tonic: int
    minor: bool

    @property
    def scale(self) -> tuple[int, ...]:
        """Semitones of the scale above the tonic, the harmonic one in minor."""
        return (0, 2, 3, 5, 7, 8, 11) if self.minor else (0, 2, 4, 5, 7, 9, 11)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the twelve notes as they are written in it: choices beside each other agree."""
        return FLAT if self.tonic in FLAT_KEYS[self.minor] else SHARP

    @property
    def chords(self) -> tuple[Chord, ...]:
        """Its chords, the tonic first."""
        return tuple(Chord((self.tonic + up) % 12, how) for up, how in DEGREES[self.minor])

    @property
    def neighbours(self) -> tuple[Key, ...]:
        """Keys that share all or all but one of its notes."""
        relative = Key((self.tonic + (3 if self.minor else 9)) % 12, not self.minor)
        fifths = [
            Key((key.tonic + up) % 12, key.minor) for key in (self, relative) for up in (5, 7)
        ]
        return relative, *fifths


KEYS = tuple(Key(tonic, minor) for minor in (False, True) for tonic in range(12))
MODES = (Value("major"), Value("minor"))


def note_value(pitch: int) -> Value:
    """The note of a MIDI number, without its octave."""
    return Value(NOTES[pitch % 12])


def note_values() -> list[Value]:
    """All twelve."""
    return [note_value(pitch) for pitch in range(12)]


def interval_values() -> list[Value]:
    """All from the minor second to the octave."""
    return [Value(name) for name in INTERVALS.values()]


def chord_value(chord: Chord, key: Key) -> Value:
    """The chord by its symbol."""
    return Value(chord.label(key.names))


def sequence_value(chords: Sequence[Chord], key: Key) -> Value:
    """The chords in order."""
    parts = {f"c{place}": chord.label(key.names) for place, chord in enumerate(chords, 1)}
    return Value(" ".join(f"{{{part}}}" for part in parts), parts)


def key_value(key: Key) -> Value:
    """The key by its usual name."""
    names = MINOR_KEYS if key.minor else MAJOR_KEYS
    return Value(f"{names[key.tonic]} {'minor' if key.minor else 'major'}")


def mode_value(key: Key) -> Value:
    """Major or minor."""
    return MODES[key.minor]
