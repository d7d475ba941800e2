"""Chorales by Bach: key and mode from their ends, first chord and highest note from their starts."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from audioqa.scores import Score
from audioqa.skills.music_bands import add_key
from audioqa.skills.music_harmony import chord_wrong
from audioqa.skills.music_instruments import chordal
from audioqa.skills.music_kinds import Book
from audioqa.skills.music_theory import Chord, Key, chord_value, note_value, note_values

KIND = "chorale"
VOICES = 4
ENSEMBLES = (48, 52, 60)
"""Programs that play in four parts, besides instruments for chords."""
BEATS = 12
SKILLS = ("key", "mode", "first_chord", "highest_note")
QUALITIES = {"major": "", "minor": "m"}


class Sung(NamedTuple):
    """A note of a chorale: MIDI number, start and length in crotchets, and whether of the soprano."""

    pitch: int
    start: float
    length: float
    soprano: bool


class _Chorale(NamedTuple):
    index: int
    notes: Sequence[Sung]
    program: int
    name: str

    @property
    def sources(self) -> list[str]:
        return [f"score:{self.name}", f"program:{self.program}"]


def make(book: Book, rng: random.Random) -> None:
    """Find facts about chorales, each of which gives two clips at most."""
    names = [name for name in book.material.names("score") if name.endswith(".mxl")]
    programs = [one.program for one in chordal(book.maker)]
    programs += [number for number in ENSEMBLES if number in book.material.programs]
    for index, name in enumerate(rng.sample(names, len(names))):
        if not any(book.left(skill, KIND) for skill in SKILLS):
            return
        score = _parsed(name)
        if score is None:
            continue
        chorale = _Chorale(index, list(_notes(score)), rng.choice(programs), name)
        _end(book, chorale, _last_key(score), rng)
        _start(book, chorale, score, rng)


def _asks_key(book: Book, key: Key | None) -> bool:
    """Whether the key is still asked for, or the mode: major and minor by turns."""
    if key is None:
        return False
    return book.left("key", KIND) > 0 or _asks_mode(book, key)


def _asks_mode(book: Book, key: Key) -> bool:
    left = book.left("mode", KIND)
    return left > 0 and left % 2 != key.minor


def _add_key(book: Book, clip: str, key: Key, sources: Sequence[str]) -> None:
    asks_mode = _asks_mode(book, key)
    if book.left("key", KIND):
        add_key(book, KIND, clip, key, sources, key_asked=True)
    if asks_mode:
        add_key(book, KIND, clip, key, sources, key_asked=False)


def _end(book: Book, chorale: _Chorale, key: Key | None, rng: random.Random) -> None:
    """The last bars, so that the cadence is heard."""
    if key is not None and _asks_key(book, key):
        end = max(note.start + note.length for note in chorale.notes)
        clip = _clip(book, f"chorale_end_{chorale.index}", chorale, end - BEATS, end, rng)
        _add_key(book, clip, key, chorale.sources)


def _start(book: Book, chorale: _Chorale, score: Any, rng: random.Random) -> None:
    """The first bars."""
    first = _first_chord(score)
    if first is None:
        return
    own = Key(first.root, first.quality == "m")
    sure = _opens_in(score, own) and _asks_key(book, own)
    if not sure and not book.left("first_chord", KIND) + book.left("highest_note", KIND):
        return
    clip = _clip(book, f"chorale_start_{chorale.index}", chorale, 0, BEATS, rng)
    answer, wrong = chord_value(first, own), chord_wrong(first, own)
    book.add("first_chord", KIND, clip, answer, wrong, chorale.sources)
    top = max(note.pitch for note in chorale.notes if note.soprano and note.start < BEATS)
    book.add("highest_note", KIND, clip, note_value(top), note_values(), chorale.sources)
    if sure:
        _add_key(book, clip, own, chorale.sources)


def _clip(
    book: Book, name: str, chorale: _Chorale, start: float, end: float, rng: random.Random
) -> str:
    """What begins between these crotchets; the soprano a little louder."""
    score = Score(rng.randint(76, 96))
    for channel in (0, 1):
        score.program(channel, chorale.program)
    for note in chorale.notes:
        if start <= note.start < end:
            length = min(note.length, end - note.start) * 0.97
            loud = 100 if note.soprano else 78
            score.note(0 if note.soprano else 1, note.pitch, note.start - start, length, loud)
    return book.clip(name, book.material.played(score.file(), rng))


def _parsed(name: str) -> Any | None:
    """The score by music21 if it is in four parts and keeps to them."""
    from music21 import corpus

    score = corpus.parse(name)
    return score if len(score.parts) == VOICES else None


def _notes(score: Any) -> Iterator[Sung]:
    for place, part in enumerate(score.stripTies().parts):
        for note in part.flatten().notes:
            if not note.duration.isGrace:
                for pitch in note.pitches:
                    at, length = float(note.offset), float(note.quarterLength)
                    yield Sung(pitch.midi, at, length, place == 0)


def _last_key(score: Any) -> Key | None:
    """The key on which the analysis of the notes, the signature and the last chord agree."""
    analysed = score.analyze("key")
    signatures = {one.sharps for one in score.recurse().getElementsByClass("KeySignature")}
    last = [next(reversed(part.flatten().notes)).pitches for part in score.parts]
    classes = {pitch.pitchClass for pitches in last for pitch in pitches}
    tonic, minor = analysed.tonic.pitchClass, analysed.mode == "minor"
    third = (tonic + (3 if minor else 4)) % 12
    bass = min(pitch.midi for pitches in last for pitch in pitches) % 12
    sure = signatures == {analysed.sharps} and {tonic, third} <= classes and bass == tonic
    return Key(tonic, minor) if sure and classes <= {tonic, third, (tonic + 7) % 12} else None


def _opens_in(score: Any, key: Key) -> bool:
    """Whether the notes of the first bars, and those of the whole, are in this key."""
    opening = score.flatten().notes.getElementsByOffset(0, BEATS).stream()
    analysed = [stream.analyze("key") for stream in (score, opening)]
    found = {(one.tonic.pitchClass, one.mode == "minor") for one in analysed}
    return found == {(key.tonic, key.minor)}


def _first_chord(score: Any) -> Chord | None:
    """The triad with which all voices begin, in root position; none if they begin otherwise."""
    from music21 import chord

    firsts = [next(iter(part.flatten().notes)) for part in score.parts]
    if any(one.offset for one in firsts) or any(one.quarterLength < 1 for one in firsts):
        return None
    together = chord.Chord([pitch for one in firsts for pitch in one.pitches])
    quality = QUALITIES.get(together.quality)
    if quality is None or len(together.pitchClasses) < 3 or together.inversion() != 0:
        return None
    return Chord(together.root().pitchClass, quality)
