"""Questions about music that sampled instruments play."""

from __future__ import annotations

import random

import mido

from audioqa.items import Maker
from audioqa.scores import Score, played
from audioqa.sources import Recordings, split_of

NAMES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
INSTRUMENTS = {
    "piano": 0, "harpsichord": 6, "music box": 10, "xylophone": 13, "church organ": 19,
    "accordion": 21, "acoustic guitar": 25, "electric guitar": 30, "bass guitar": 33, "violin": 40,
    "cello": 42, "harp": 46, "choir": 52, "trumpet": 56, "saxophone": 65, "oboe": 68, "clarinet": 71,
    "flute": 73, "sitar": 104, "banjo": 105, "bagpipes": 109, "steel drum": 114,
}  # fmt: skip
SOLO = (0, 24, 40, 42, 56, 65, 68, 71, 73)
PROGRESSIONS = {
    False: ((0, 7, 9, 5), (0, 9, 5, 7), (0, 5, 7, 0), (0, 5, 0, 7)),
    True: ((0, 8, 3, 10), (0, 5, 7, 0), (0, 10, 8, 7), (0, 3, 10, 5)),
}
"""Semitones from the tonic to the root of each bar's chord, in major and in minor."""


def make(maker: Maker, heard: Recordings, count: int) -> None:
    """Add `count` questions a skill."""
    for index in range(count):
        _piece(maker, heard, index, count)
    for index in range(count):
        _melody(maker, heard, index)
        _single(maker, heard, index)


def _piece(maker: Maker, heard: Recordings, index: int, count: int) -> None:
    """A backing with drums, bass, chords and melody; up to four questions about it."""
    rng = maker.rng
    bpm = rng.choice([64, 72, 80, 92, 100, 112, 126, 140, 156])
    meter, minor, tonic = (3, 4)[index % 2], bool(rng.getrandbits(1)), rng.randrange(12)
    progression = rng.choice(PROGRESSIONS[minor])
    chords = [chord_of(tonic, step, minor) for step in progression]
    bars = max(4, round(11 * bpm / 60 / meter / 4) * 4)
    clip = maker.clip(
        f"piece_{index}",
        [played(heard, piece(rng, bpm, meter, tonic, minor, chords, bars))[: 22_050 * 13]],
    )
    source = f"generated piece {maker.split} {index}"
    wanted = [
        s for s in ("tempo", "meter", "key", "mode", "chords", "pace") if _short_of(maker, s, count)
    ]
    key = f"{NAMES[tonic]} {'minor' if minor else 'major'}"
    for skill in wanted:
        if skill == "tempo":
            maker.add(
                clip,
                skill,
                f"{bpm} BPM",
                [f"{round(bpm * f)} BPM" for f in (0.6, 0.75, 1.3, 1.6)],
                source,
            )
        elif skill == "meter":
            maker.add(clip, skill, f"{meter}/4", ("3/4", "4/4"), source)
        elif skill == "key":
            others = [
                f"{NAMES[(tonic + d) % 12]} {'minor' if minor else 'major'}"
                for d in (1, 3, 6, 8, 10)
            ]
            maker.add(clip, skill, key, others, source)
        elif skill == "mode":
            maker.add(clip, skill, "minor" if minor else "major", ("major", "minor"), source)
        elif skill == "chords":
            right = ", ".join(chord_label(c) for c in chords)
            wrong = [
                ", ".join(chord_label(((r + d) % 12, q)) for r, q in chords) for d in (2, 5, 6)
            ]
            maker.add(clip, skill, right, wrong, source)
        elif not 80 < bpm < 120:
            maker.add(clip, skill, "slow" if bpm <= 80 else "fast", ("slow", "fast"), source)


def _short_of(maker: Maker, skill: str, count: int) -> bool:
    return sum(item.skill == skill for item in maker.items) < count


def chord_of(tonic: int, step: int, minor: bool) -> tuple[int, bool]:
    """Root and whether the chord is minor."""
    is_minor = step not in (3, 7, 8, 10) if minor else step in (2, 4, 9)
    return (tonic + step) % 12, is_minor


def chord_label(chord: tuple[int, bool]) -> str:
    """A chord by its name."""
    return f"{NAMES[chord[0]]} {'minor' if chord[1] else 'major'}"


def piece(
    rng: random.Random, bpm: int, meter: int, tonic: int, minor: bool,
    chords: list[tuple[int, bool]], bars: int, *, drums: bool = True,
) -> mido.MidiFile:  # fmt: skip
    """A backing of bass, chords and melody: one chord a bar."""
    score = Score(bpm)
    score.program(0, rng.choice([0, 4, 24, 25, 48, 19]))
    score.program(1, rng.choice([0, 40, 56, 65, 73, 11]))
    score.program(2, 33)
    scale = (0, 2, 3, 5, 7, 8, 10) if minor else (0, 2, 4, 5, 7, 9, 11)
    for bar in range(bars):
        root, is_minor = chords[bar % len(chords)]
        triad = (0, 3 if is_minor else 4, 7)
        start = bar * meter
        score.note(2, 36 + root, start, meter * 0.95, 95)
        for beat in range(meter):
            for step in triad:
                score.note(0, 48 + (root + step) % 12, start + beat, 0.9, 85 if beat == 0 else 70)
            if drums:
                _drums(score, start, beat, meter)
            tone = (
                rng.choice([root + s for s in triad])
                if beat % 2 == 0
                else tonic + rng.choice(scale)
            )
            score.note(1, 67 + (tone - 67) % 12, start + beat, 0.85, 80)
    return score.file()


def _drums(score: Score, start: int, beat: int, meter: int) -> None:
    score.note(9, 42, start + beat, 0.1, 60)
    score.note(9, 42, start + beat + 0.5, 0.1, 45)
    if beat == 0:
        score.note(9, 36, start, 0.1, 110)
    elif meter == 3 or beat % 2:
        score.note(9, 38, start + beat, 0.1, 95 if meter == 4 else 60)


def _melody(maker: Maker, heard: Recordings, index: int) -> None:
    """A few notes of one instrument; instrument, direction and number are asked for."""
    rng = maker.rng
    own = split_of(sorted(INSTRUMENTS), maker.split, 6)
    name = own[index % len(own)]
    length, kind = 2 + index % 5, index % 2
    start = rng.randrange(55, 67)
    step = (2, -2)[kind]
    notes = [start + 4 * (step < 0) + step * i for i in range(length)]
    score = Score(100)
    score.program(0, INSTRUMENTS[name])
    for position, note in enumerate(notes):
        score.note(0, note, position * 1.25, 1.0, 95)
    clip = maker.clip(f"melody_{index}", [played(heard, score.file())])
    maker.add(clip, "instrument", name, list(INSTRUMENTS), name)

    solo = split_of(SOLO, maker.split, 7)
    score = Score(100)
    score.program(0, rng.choice(solo))
    for position, note in enumerate(notes):
        score.note(0, note, position * 1.25, 0.9, 95)
    clip = maker.clip(f"line_{index}", [played(heard, score.file())])
    words = ("two", "three", "four", "five", "six", "seven")
    maker.add(clip, "note_count", words[length - 2], words, f"generated line {maker.split} {index}")
    if length > 2:
        maker.add(
            clip,
            "contour",
            ("it rises", "it falls")[kind],
            ("it rises", "it falls", "it stays the same"),
            f"generated line {maker.split} {index}",
        )
    else:
        score = Score(100)
        score.program(0, rng.choice(solo))
        for position in range(4):
            score.note(0, start, position * 1.25, 0.9, 95)
        clip = maker.clip(f"flat_{index}", [played(heard, score.file())])
        maker.add(
            clip,
            "contour",
            "it stays the same",
            ("it rises", "it falls", "it stays the same"),
            f"generated line {maker.split} {index}",
        )


def _single(maker: Maker, heard: Recordings, index: int) -> None:
    rng = maker.rng
    note = rng.randrange(52, 80)
    score = Score(60)
    score.program(0, rng.choice(split_of(SOLO, maker.split, 7)))
    score.note(0, note, 0, 2.0, 95)
    clip = maker.clip(f"note_{index}", [played(heard, score.file())])
    label = lambda n: f"{NAMES[n % 12]}{n // 12 - 1}"  # noqa: E731
    maker.add(
        clip,
        "pitch",
        label(note),
        [label(note + d) for d in (-9, -5, -4, 3, 5, 8)],
        f"generated note {maker.split} {index}",
    )
