"""Whether only one or two notes sound: then there are no chords, and the key is a guess."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from audiorouter.clips import Clip
from audiorouter.toolbox.frontends.basic_pitch import (
    TranscribedNote,
    key_probabilities,
    notes_of,
    pitch_classes,
)
from audiorouter.toolbox.frontends.energy import HOP_SECONDS, envelope, threshold
from audiorouter.toolbox.note_names import an_interval, spelled_note

TOGETHER = 0.1
"""Share of the time with notes over which several sound, from which it is no single line: legato
notes touch. Solo instruments reach 0.03 (example clips and violins), pieces with chords 0.97."""
CLEAR = 0.65
"""Mean probability of the notes from which no other is taken to have been missed."""
COVERED = 0.3
"""Share of what sounds that the notes last at least."""
PAIRED = 0.5
"""Share of the time with notes over which both of a pair sound."""
SOUNDS, THIRD = 0.3, 0.25
"""Probability from which a pitch class sounds, and mean one, while two do, below which there is no
third. benchmarks/tools.py counts how often pairs are told from chords."""


class SingleLine(NamedTuple):
    """Notes that sound one at a time: the name of the note where there is but one."""

    notes: int
    only: str | None

    def not_a(self, thing: str) -> str:
        """Why it has no key or chord.

        >>> SingleLine(1, "A4").not_a("key"), SingleLine(5, None).not_a("chord")
        ('only the note A4 is heard, which has no key', 'one note is heard at a time, and no chord')
        """
        if self.only is not None:
            return f"only the note {self.only} is heard, which has no {thing}"
        return f"one note is heard at a time, and no {thing}"


def too_few_notes(clip: Clip, thing: str) -> str | None:
    """Why what is heard has no key or chord: it is one note, or two that sound together."""
    line = single_line(clip)
    if line is not None:
        return None if line.only is None else line.not_a(thing)
    pair = _two_notes(clip)
    if pair is None:
        return None
    low, high = pair
    return (
        f"only the notes {spelled_note(low)} and {spelled_note(high)} sound together, "
        f"{an_interval(high - low)} apart, which have no {thing}"
    )


def _two_notes(clip: Clip) -> tuple[int, int] | None:
    """MIDI numbers of a pair, where all notes are of two names: each's that lasts longest.

    One note after the other is no pair, though the first may still ring.
    """
    lasts: dict[int, float] = {}
    for note in notes_of(clip):
        lasts[note.midi] = lasts.get(note.midi, 0.0) + (note.end - note.start) * note.strength
    longest: dict[int, int] = {}
    for midi in sorted(lasts, key=lasts.__getitem__):
        longest[midi % 12] = midi
    classes = pitch_classes(key_probabilities(clip).sounding)
    sounding = (classes >= SOUNDS).sum(axis=1)
    together = sounding >= 2
    if len(longest) != 2 or together.sum() < PAIRED * max(1, (sounding >= 1).sum()):
        return None
    if np.sort(classes[together].mean(axis=0))[-3] >= THIRD:
        return None
    low, high = sorted(longest.values())
    return low, high


def single_line(clip: Clip) -> SingleLine | None:
    """The line that is heard alone; None where several notes sound together, or none is clear."""
    notes = notes_of(clip)
    if not notes or sum(note.strength for note in notes) < CLEAR * len(notes):
        return None
    level = envelope(clip)
    sounding = level > threshold(level)
    alone, together = (_sounds(notes, len(level)) >= number for number in (1, 2))
    if (alone & sounding).sum() < COVERED * sounding.sum():
        return None
    if together.sum() >= TOGETHER * alone.sum():
        return None
    names = {spelled_note(note.midi) for note in notes}
    return SingleLine(len(notes), names.pop() if len(names) == 1 else None)


def _sounds(notes: list[TranscribedNote], frames: int) -> np.ndarray[tuple[int], np.dtype[np.int_]]:
    """How many of the notes sound in each frame of 10 ms."""
    edges = np.zeros(frames + 1, dtype=np.int_)
    for note in notes:
        edges[min(frames, round(note.start / HOP_SECONDS))] += 1
        edges[min(frames, round(note.end / HOP_SECONDS))] -= 1
    return np.cumsum(edges[:-1])
