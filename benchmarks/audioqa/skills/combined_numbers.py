"""Numbers that are read out: how many the first of two voices reads, and which word is when."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import NamedTuple

import soxr

from audioqa.arrangement import Span, Timeline, at_level, evenly, others, said
from audioqa.facts import NUMBER_WORDS, Maker, Value, number
from audioqa.skills.combined_speech_sounds import background
from audioqa.sources import RATE

DIGITS, WORD_AT = "combined/first_speaker_digits", "combined/word_at"
TENS = {
    30: "thirty", 40: "forty", 50: "fifty", 60: "sixty", 70: "seventy", 80: "eighty", 90: "ninety",
}  # fmt: skip
MOST, MOST_IN_ALL = 6, 9
DEEPER, HIGHER = 0.76, 1.25
"""How much faster the recorded voice is played for another one."""
VOICE = -22.0
FOUND = 0.25
"""So far at least, in s, is a place that is asked for from the words beside it."""


class Word(NamedTuple):
    """A number that is said, and where."""

    number: int
    span: Span

    @property
    def value(self) -> Value:
        """The number in letters."""
        text = TENS.get(self.number) or NUMBER_WORDS[self.number]
        return Value("{answer}", {"answer": text, "answer_uppercase": text.upper()})


def make(maker: Maker) -> None:
    """Find the facts of this module."""
    _two_voices(maker)
    _one_voice(maker)


def _two_voices(maker: Maker) -> None:
    """Two voices, of which one or both are the recorded one played slower or faster."""
    rng = maker.rng(DIGITS)
    digits = [n for n in maker.material.numbers if n < 10]
    wanted = maker.wanted(DIGITS) if len(digits) > 1 else 0
    asked_for = maker.wanted(WORD_AT) // 2
    counts = evenly(rng, [str(n) for n in range(1, MOST + 1)], wanted)
    for index in range(wanted):
        first = int(counts[index])
        second = rng.choice([n for n in range(1, MOST_IN_ALL - first + 1) if n != first])
        speeds = rng.choice(((1.0, DEEPER), (DEEPER, 1.0), (1.0, HIGHER), (DEEPER, HIGHER)))
        line = Timeline(rng.uniform(0.2, 0.5))
        words: list[Word] = []
        for count, speed in zip((first, second), speeds, strict=True):
            words += _read(maker, rng, line, digits, count, speed)
        clip = maker.clip(f"two_read_{index}", [line.audio()])
        values = [number(n, one="1") for n in range(1, MOST + 1)]
        sources = _sources(words)
        maker.add(
            DIGITS, clip, values[first - 1],
            others(rng, values[first - 1], [values[second - 1]] if second <= MOST else [], values),
            sources,
        )  # fmt: skip
        if index < asked_for:
            _word_at(maker, rng, clip, words, sources, kind="two voices in turn")


def _one_voice(maker: Maker) -> None:
    """Numbers of one voice in quick succession, often before a quiet background."""
    rng = maker.rng(WORD_AT)
    for index in range(maker.wanted(WORD_AT)):
        line = Timeline(rng.uniform(0.2, 2.0))
        words = _read(maker, rng, line, maker.material.numbers, 8, 1.0, gaps=(0.05, 0.15))
        place, sources = background(maker, rng, line.end)
        line.put(place, 0)
        clip = maker.clip(f"one_reads_{index}", [line.audio()])
        _word_at(maker, rng, clip, words, [*_sources(words), *sources], kind="one voice, quickly")


def _read(
    maker: Maker, rng: random.Random, line: Timeline, numbers: Sequence[int], count: int,
    speed: float, *, gaps: tuple[float, float] = (0.2, 0.45),
) -> list[Word]:  # fmt: skip
    """Numbers at the end of the line, no number twice on end."""
    words: list[Word] = []
    for _ in range(count):
        last = words[-1].number if words else None
        chosen = rng.choice([n for n in numbers if n != last])
        audio = maker.material.heard.prompt("English", f"digits/{chosen}")
        played = at_level(soxr.resample(audio, RATE, RATE / speed), VOICE)
        words.append(Word(chosen, line.then(played, rng.uniform(*gaps))))
    return words


def _word_at(
    maker: Maker, rng: random.Random, clip: str, words: list[Word], sources: list[str], *, kind: str
) -> None:
    """Ask for a word by its middle, where there is nothing else for a while."""
    clear = [
        word
        for word in words
        if round(word.span.middle, 1) - word.span.start >= FOUND * 0.6
        and word.span.end - round(word.span.middle, 1) >= FOUND * 0.6
    ]
    asked = rng.choice(clear)
    known = [Word(n, asked.span).value for n in maker.material.numbers]
    wrong = others(rng, asked.value, [word.value for word in words], known)
    middle = said(asked.span.middle)
    maker.add(WORD_AT, clip, asked.value, wrong, sources, kind=kind, t=middle)


def _sources(words: list[Word]) -> list[str]:
    return [f"prompt:English/digits/{n}" for n in sorted({word.number for word in words})]
