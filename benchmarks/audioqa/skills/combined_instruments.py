"""Several instruments in turn: which one plays when, and which note comes last."""

from __future__ import annotations

import random
from typing import NamedTuple

import numpy as np

from audioqa.arrangement import Span, Timeline
from audioqa.chances import evenly, others
from audioqa.facts import Maker, Value, in_seconds
from audioqa.lengths import faded
from audioqa.levels import at_loudness
from audioqa.scores import Score
from audioqa.skills.combined_sounds import NOTE, STROKE, Sounds, rendered
from audioqa.sound_names import INSTRUMENTS, article
from audioqa.sources import RATE

AT, LAST = "combined/instrument_at", "combined/last_instrument_note"
KINDS = (NOTE, STROKE)
NOTES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
UNPITCHED = frozenset(
    {
        "choir",
        "bagpipe",
        "glockenspiel",
        "kettledrum",
        "steel drum",
        "whistle",
        "church organ",
        "organ",
        "music box",
        "electric guitar",
        "xylophone",
        "harmonica",
    }
)
"""Not for the last note: theirs is too short, a little out of tune, or other notes sound along."""
LEVEL = -22.0
LAST_NOTE = 1.2
AWAY = 0.7
"""So far at least, in s, is a place that is asked for from where the instrument changes."""


class Part(NamedTuple):
    """What one instrument plays: `last` is its last note, in MIDI (0 for strokes)."""

    name: str
    audio: np.ndarray
    source: str
    last: int = 0


def make(maker: Maker) -> None:
    """Find the facts of this module."""
    rng, sounds = maker.rng(AT), Sounds(maker.material)
    tuned = [name for name in sounds.programs if name not in UNPITCHED]
    wanted = maker.wanted(LAST)
    last = zip(evenly(tuned, wanted, rng), evenly(NOTES, wanted, rng), strict=True)
    half = -(-maker.wanted(AT) // 2)
    for index, (name, note) in enumerate(last):
        before = rng.sample(sounds.apart(NOTE, name), 2)
        parts = [_notes(maker, rng, sounds, one) for one in before]
        parts.append(_notes(maker, rng, sounds, name, NOTES.index(note)))
        line, spans = _in_turn(rng, parts)
        clip = maker.clip(f"instruments_{index}", [line.audio()])
        sources = [part.source for part in parts]
        _ask_last(maker, rng, clip, parts, sources)
        if index < half:
            _ask_at(maker, rng, clip, parts, spans, index, sounds, NOTE)
    for index, name in enumerate(evenly(sounds.names(STROKE), maker.wanted(AT), rng)):
        names = rng.sample(sounds.apart(STROKE, name), 2)
        names.insert(index % 3, name)
        parts = [_strokes(maker, rng, sounds, name) for name in names]
        line, spans = _in_turn(rng, parts)
        clip = maker.clip(f"percussion_{index}", [line.audio()])
        _ask_at(maker, rng, clip, parts, spans, index, sounds, STROKE)


def _in_turn(rng: random.Random, parts: list[Part]) -> tuple[Timeline, list[Span]]:
    line = Timeline(rng.uniform(0.2, 0.5))
    return line, [line.add(part.audio, rng.uniform(0.05, 0.3)) for part in parts]


def _notes(
    maker: Maker, rng: random.Random, sounds: Sounds, name: str, last: int | None = None
) -> Part:
    """About 2 s of notes; `last` says which pitch class a long last note has, 0 is C."""
    number = sounds.programs[name]
    middle = INSTRUMENTS[number].pitch
    score, time, note = Score(60), 0.0, middle
    score.program(0, number)
    wanted = rng.uniform(1.8, 2.4) - (0.7 if last is not None else 0)
    while time < wanted:
        length = rng.choice((0.3, 0.45))
        note = min(middle + 7, max(middle - 5, note + rng.choice((-4, -2, -1, 1, 2, 3, 5))))
        score.note(0, note, time, length * 0.95, rng.randint(88, 104))
        time += length
    if last is not None:
        note = middle - 5 + (last - middle + 5) % 12
        score.note(0, note, time, LAST_NOTE, 100)
        time += LAST_NOTE
    audio = rendered(maker.material, score, rng)[: round((time + 0.1) * RATE)]
    return Part(name, at_loudness(faded(audio, 0.08), LEVEL), f"program:{number}", note)


def _strokes(maker: Maker, rng: random.Random, sounds: Sounds, name: str) -> Part:
    """About 2 s of strokes in a rhythm of its own."""
    number, score, time = sounds.drums[name], Score(60), 0.0
    rhythm = rng.choice(((0.5,), (0.25, 0.25, 0.5), (0.4, 0.2), (0.6, 0.3, 0.3)))
    wanted, index = rng.uniform(1.8, 2.4), 0
    while time < wanted:
        score.note(9, number, time, 0.1, rng.randint(90, 110))
        time += rhythm[index % len(rhythm)]
        index += 1
    audio = rendered(maker.material, score, rng)[: round((time + 0.2) * RATE)]
    return Part(name, at_loudness(faded(audio, 0.05), LEVEL), f"drum:{number}")


def _ask_at(
    maker: Maker, rng: random.Random, clip: str, parts: list[Part], spans: list[Span], index: int,
    sounds: Sounds, kind: str,
) -> None:  # fmt: skip
    """Ask for the first, second or third instrument in turn, well within what it plays."""
    asked = index % len(parts)
    time = in_seconds(rng.uniform(spans[asked].start + AWAY, spans[asked].end - AWAY))
    answer = _instrument(parts[asked].name)
    known = [_instrument(name) for name in sounds.apart(kind, parts[asked].name)]
    heard = [_instrument(part.name) for part in parts]
    wrong = others(rng, answer, [one for one in heard if one in known], known)
    maker.add(AT, clip, answer, wrong, [part.source for part in parts], kind=kind, t=time)


def _instrument(name: str) -> Value:
    return Value("{answer}", {"answer": name, "a_or_an": article(name)})


def _ask_last(
    maker: Maker, rng: random.Random, clip: str, parts: list[Part], sources: list[str]
) -> None:
    """Ask for the last note and its instrument.

    Wrong is the note with another instrument, another note with the instrument, and both.
    """
    last, other = parts[-1], rng.choice(parts[:-1])
    steps = rng.sample((2, 3, 4, 5, 7, 8, 9, 10), 2)
    pairs = ((0, other.name), (steps[0], last.name), (steps[1], other.name))
    wrong = [_pair(last.last + step, name) for step, name in pairs]
    maker.add(LAST, clip, _pair(last.last, last.name), wrong, sources)


def _pair(note: int, instrument: str) -> Value:
    name = NOTES[note % 12]
    spoken = name.replace("#", " sharp")
    parts = {"instrument": instrument, "note_ascii": name, "note_spoken": spoken}
    return Value("{note}+{instrument}", parts)
