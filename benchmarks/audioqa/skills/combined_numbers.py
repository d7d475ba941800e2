"""Numbers that are read out: how many the first of two voices reads, and which word is when."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import soxr

from audioqa.arrangement import Span, Timeline
from audioqa.chances import evenly, others
from audioqa.facts import Maker, Value, in_seconds, number
from audioqa.levels import at_loudness
from audioqa.noises import in_quiet_place
from audioqa.sources import RATE, in_words

DIGITS, WORD_AT = "combined/first_speaker_digits", "combined/word_at"
MOST, MOST_IN_ALL = 6, 9
DEEPER, HIGHER = 0.76, 1.25
"""How much faster the recorded voice is played for another one."""
VOICE = -22.0
SHORTEST = 0.3
"""Of a word that is asked for by its time, which is given in tenths of a second, in s."""


class Word(NamedTuple):
    """A number that is said, and where."""

    number: int
    span: Span

    @property
    def value(self) -> Value:
        """The number in letters."""
        text = in_words(self.number)
        return Value("{answer}", {"answer": text, "answer_uppercase": text.upper()})


def make(maker: Maker) -> None:
    """Find the facts of this module."""
    asked: Counter[int] = Counter()
    _two_voices(maker, asked)
    _one_voice(maker, asked)


def _two_voices(maker: Maker, asked: Counter[int]) -> None:
    """Two voices, of which one or both are the recorded one played slower or faster."""
    rng = maker.rng(DIGITS)
    digits = [n for n in maker.material.numbers if n < 10]
    wanted = maker.wanted(DIGITS) if len(digits) > 1 else 0
    asked_for = maker.wanted(WORD_AT) // 2
    counts = evenly(range(1, MOST + 1), wanted, rng)
    for index in range(wanted):
        first = counts[index]
        second = rng.choice([n for n in range(1, MOST_IN_ALL - first + 1) if n != first])
        speeds = rng.choice(((1.0, DEEPER), (DEEPER, 1.0), (1.0, HIGHER), (DEEPER, HIGHER)))
        line = Timeline(rng.uniform(0.2, 0.5))
        words: list[Word] = []
        for count, speed in zip((first, second), speeds, strict=True):
            words += _read(maker, rng, line, digits, count, speed)
        clip = maker.clip(f"two_read_{index}", [line.audio()])
        values = [number(n, one="1") for n in range(1, MOST + 1)]
        heard = [values[n - 1] for n in (second, first + second) if n <= MOST]
        sources = _sources(words)
        wrong = others(rng, values[first - 1], heard, values)
        maker.add(DIGITS, clip, values[first - 1], wrong, sources)
        if index < asked_for:
            _word_at(maker, rng, clip, words, asked, sources, kind="two voices in turn")


def _one_voice(maker: Maker, asked: Counter[int]) -> None:
    """Numbers of one voice in quick succession, often before a quiet background."""
    rng = maker.rng(WORD_AT)
    for index in range(maker.wanted(WORD_AT)):
        line = Timeline(rng.uniform(0.2, 2.0))
        words = _read(maker, rng, line, maker.material.numbers, 8, 1.0, gaps=(0.05, 0.15))
        audio, sources = in_quiet_place(maker.material, rng, line.audio())
        clip = maker.clip(f"one_reads_{index}", [audio])
        sources += _sources(words)
        _word_at(maker, rng, clip, words, asked, sources, kind="one voice, quickly")


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
        played = at_loudness(soxr.resample(audio, RATE, RATE / speed), VOICE)
        words.append(Word(chosen, line.add(played, rng.uniform(*gaps))))
    return words


def _word_at(
    maker: Maker, rng: random.Random, clip: str, words: list[Word], asked: Counter[int],
    sources: list[str], *, kind: str,
) -> None:  # fmt: skip
    """Ask for a word by its middle: one that has been `asked` for as seldom as any other."""
    clear = [word for word in words if word.span.seconds >= SHORTEST]
    word = min(rng.sample(clear, len(clear)), key=lambda one: asked[one.number])
    asked[word.number] += 1
    known = [Word(n, word.span).value for n in maker.material.numbers]
    wrong = others(rng, word.value, [one.value for one in words], known)
    maker.add(WORD_AT, clip, word.value, wrong, sources, kind=kind, t=in_seconds(word.span.middle))


def _sources(words: list[Word]) -> list[str]:
    return [f"prompt:English/digits/{n}" for n in sorted({word.number for word in words})]
