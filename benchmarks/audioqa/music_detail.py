"""Questions about single notes, instruments, strokes, and how a piece changes."""

from __future__ import annotations

import numpy as np

from audioqa.items import Maker
from audioqa.music import INSTRUMENTS, NAMES, SOLO
from audioqa.scores import Score, played
from audioqa.sources import RATE, Recordings, split_of

INTERVALS = {
    2: "a major second", 3: "a minor third", 4: "a major third", 5: "a perfect fourth",
    7: "a perfect fifth", 9: "a major sixth", 12: "an octave",
}  # fmt: skip
FAMILIES = {
    "strings": ("violin", "cello"), "brass": ("trumpet",),
    "woodwind": ("saxophone", "oboe", "clarinet", "flute"),
    "keyboard": ("piano", "harpsichord", "church organ", "accordion"),
    "plucked strings": ("acoustic guitar", "electric guitar", "bass guitar", "harp", "banjo"),
    "percussion": ("xylophone", "steel drum", "music box"),
}  # fmt: skip
DRUMS = (35, 38, 41, 45, 48, 56, 76)
WORDS = ("one", "two", "three", "four", "five", "six", "seven", "eight")


def make(maker: Maker, heard: Recordings, count: int) -> None:
    """Add `count` questions a skill."""
    for index in range(count):
        _interval(maker, heard, index)
        _together(maker, heard, index)
        _strokes(maker, heard, index)
        _family(maker, heard, index)
        _tempo_change(maker, heard, index)
        _section(maker, heard, index)
        _contrast(maker, heard, index)


def _solo(maker: Maker, score: Score) -> None:
    score.program(0, maker.rng.choice(split_of(SOLO, maker.split, 7)))


def _interval(maker: Maker, heard: Recordings, index: int) -> None:
    rng = maker.rng
    steps, first = rng.choice(list(INTERVALS)), rng.randrange(58, 70)
    score = Score(60)
    _solo(maker, score)
    for position, note in enumerate((first, first + rng.choice((1, -1)) * steps)):
        score.note(0, note, position * 1.3, 1.1, 95)
    clip = maker.clip(f"interval_m_{index}", [played(heard, score.file())])
    source = f"generated notes {maker.split} {index}"
    maker.add(clip, "melody_interval", INTERVALS[steps], list(INTERVALS.values()), source)


def _together(maker: Maker, heard: Recordings, index: int) -> None:
    rng = maker.rng
    size, root = 1 + index % 4, rng.randrange(48, 60)
    notes = [root + step for step in (0, 7, 16, 22)[:size]]
    score = Score(60)
    score.program(0, rng.choice((0, 24, 19, 48)))
    for note in notes:
        score.note(0, note, 0, 2.5, 90)
    clip = maker.clip(f"together_{index}", [played(heard, score.file())])
    source = f"generated notes {maker.split} {index}"
    maker.add(clip, "voices", WORDS[size - 1], WORDS[:5], source)
    label = lambda n: f"{NAMES[n % 12]}{n // 12 - 1}"  # noqa: E731
    wrong = [label(root + d) for d in (-5, -2, 3, 5, 9)]
    maker.add(clip, "lowest_note", label(root), wrong, source)


def _strokes(maker: Maker, heard: Recordings, index: int) -> None:
    rng = maker.rng
    strokes = 2 + index % 6
    score, time = Score(60), 0.2
    drum = rng.choice(split_of(DRUMS, maker.split, 9))
    for _ in range(strokes):
        score.note(9, drum, time, 0.2, rng.randint(85, 110))
        time += rng.uniform(0.3, 0.8)
    clip = maker.clip(f"strokes_{index}", [played(heard, score.file())])
    maker.add(clip, "strokes", WORDS[strokes - 1], WORDS[1:], f"drum {drum}")


def _family(maker: Maker, heard: Recordings, index: int) -> None:
    rng = maker.rng
    own = split_of(sorted(INSTRUMENTS), maker.split, 6)
    known = {name: family for family, names in FAMILIES.items() for name in names}
    name = rng.choice([instrument for instrument in own if instrument in known])
    score = Score(90)
    score.program(0, INSTRUMENTS[name])
    for position in range(6):
        score.note(0, rng.randrange(55, 72), position, 0.95, 95)
    clip = maker.clip(f"family_{index}", [played(heard, score.file())])
    maker.add(clip, "family", known[name], list(FAMILIES), name)


def _tempo_change(maker: Maker, heard: Recordings, index: int) -> None:
    """Drums and bass whose beats get shorter, longer, or stay."""
    rng, kind = maker.rng, index % 3
    factor = (0.965, 1.036, 1.0)[kind]
    score, time, length = Score(60), 0.2, (0.75, 0.42, 0.55)[kind]
    score.program(0, 33)
    root = rng.randrange(36, 48)
    for beat in range(20):
        score.note(9, 36 if beat % 2 == 0 else 38, time, 0.1, 110)
        score.note(9, 42, time + length / 2, 0.1, 60)
        score.note(0, root + (0, 0, 7, 5)[beat % 4], time, length * 0.9, 95)
        time, length = time + length, length * factor
    clip = maker.clip(f"tempo_change_{index}", [played(heard, score.file())])
    answers = ("it speeds up", "it slows down", "the tempo stays the same")
    source = f"generated piece {maker.split} {index}"
    maker.add(clip, "tempo_change", answers[kind], answers, source)


def _section(maker: Maker, heard: Recordings, index: int) -> None:
    """Two instruments, one after the other."""
    rng, place = maker.rng, index % 3
    own = split_of(sorted(INSTRUMENTS), maker.split, 6)
    first, second = rng.sample(own, 2)
    change = (3, 6, 9)[place]
    score = Score(60)
    score.program(0, INSTRUMENTS[first])
    score.program(1, INSTRUMENTS[second])
    for half in range(24):
        channel, base = (0, 52) if half < 2 * change else (1, 64)
        score.note(channel, base + rng.choice((0, 4, 7, 12)), half / 2, 0.48, 95)
    clip = maker.clip(f"section_{index}", [played(heard, score.file())[: 12 * RATE]])
    answers = ("at the beginning", "in the middle", "near the end")
    maker.add(clip, "section", answers[place], answers, f"{first}, {second}")


def _contrast(maker: Maker, heard: Recordings, index: int) -> None:
    rng, wide = maker.rng, index % 2
    score = Score(100)
    _solo(maker, score)
    for position in range(12):
        score.note(0, rng.randrange(58, 74), position, 0.95, 95)
    audio = played(heard, score.file())
    if wide:
        levels = np.repeat(
            rng.choice(((1, 0.06, 0.8, 0.1), (0.07, 1, 0.1, 0.9))), len(audio) // 4 + 1
        )
        audio = audio * np.convolve(levels, np.ones(2000) / 2000, mode="same")[: len(audio)]
    clip = maker.clip(f"contrast_{index}", [audio.astype(np.float32)])
    answers = ("narrow", "wide")
    source = f"generated notes {maker.split} {index}"
    maker.add(clip, "contrast", answers[wide], answers, source)
