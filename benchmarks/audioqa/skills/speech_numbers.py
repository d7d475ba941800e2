"""Numbers that are read out: which, how many, and their sum."""

from __future__ import annotations

import random

from audioqa.arrangement import Timeline
from audioqa.facts import Maker, Value
from audioqa.sources import NUMBERS, in_words
from audioqa.spoken import Line, lines, recorded, said

_BEFORE_NUMBERS = frozenset({"to", "entered", "number", "extension", "from", "is", "currently"})
"""Last words of prompts that a number may follow."""
SKILLS = ("digit_count", "digit_string", "digit_sum")
SHORTEST_STRING, LONGEST_SUM = 3, 6
LARGEST_SUM = 45


def make(maker: Maker) -> None:
    """Two to nine numbers, half of the time after the beginning of an announcement."""
    rng = maker.rng("speech numbers")
    openings = [
        line
        for line in lines(maker.material, "English", (2, 6))
        if line.words[-1] in _BEFORE_NUMBERS
    ]
    single = [value for value in maker.material.numbers if value < 10]
    values = single or list(maker.material.numbers)
    index = 0
    while any(maker.wanted(f"speech/{skill}") for skill in SKILLS):
        count = 2 + index % 8
        chosen = [rng.choice(values) for _ in range(count)]
        opening = rng.choice(openings) if index // 8 % 2 else None
        clip, sources = _read(maker, rng, f"speech_numbers_{index}", chosen, opening)
        wrong = [_count(maker, rng.choice((2 * n, 2 * n + 1))) for n in range(1, 5)
                 if n != count // 2]  # fmt: skip
        maker.add("speech/digit_count", clip, _count(maker, count), wrong, sources)
        if count >= SHORTEST_STRING:
            others = [_string(other) for other in _misheard(rng, chosen, values)]
            maker.add("speech/digit_string", clip, _string(chosen), others, sources)
        if count <= LONGEST_SUM and sum(chosen) <= LARGEST_SUM:
            total = sum(chosen)
            least = max(1, total - rng.randrange(9))
            sums = [_sum(n) for n in range(least, least + 9)]
            maker.add("speech/digit_sum", clip, _sum(total), sums, sources)
        index += 1


def _read(
    maker: Maker, rng: random.Random, name: str, chosen: list[int], opening: Line | None
) -> tuple[str, list[str]]:
    timeline, sources = Timeline(rng.uniform(0.2, 0.8)), []
    if opening is not None:
        timeline.add(said(maker.material, opening))
        timeline.rest(rng.uniform(0.15, 0.4))
        sources.append(opening.source)
    gap = rng.uniform(0.15, 0.45)
    for value in chosen:
        audio, source = recorded(maker.material, value)
        timeline.add(audio)
        timeline.rest(gap * rng.uniform(0.8, 1.25))
        sources.append(source)
    clip = maker.clip(name, [timeline.audio() * rng.uniform(0.5, 1.0)])
    return clip, sorted(set(sources))


def _count(maker: Maker, n: int) -> Value:
    """How many; the range is of a pair, so that no two ranges of a question overlap.

    Where no number of one digit is recorded, "5 digits" could be meant otherwise: in words only.
    """
    lo = n - n % 2
    parts = {"n_word": in_words(n), "lo": str(lo), "hi": str(lo + 1)}
    if any(value < 10 for value in maker.material.numbers):
        parts["n"] = str(n)
    return Value("{n}", parts)


def _string(values: list[int]) -> Value:
    digits = [str(value) for value in values]
    return Value(
        "{digits}",
        {
            "digits": " ".join(digits),
            "digits_as_words": " ".join(NUMBERS[value] for value in values),
            "digits_dashed": "-".join(digits),
            "digits_with_commas": ", ".join(digits),
        },
    )


def _misheard(rng: random.Random, chosen: list[int], values: list[int]) -> list[list[int]]:
    """As many numbers, with one or two others, or with two in the other order."""
    found: list[list[int]] = []
    for _ in range(200):
        other = list(chosen)
        place = rng.randrange(len(other))
        if rng.random() < 0.5 and place:
            other[place - 1], other[place] = other[place], other[place - 1]
        else:
            other[place] = rng.choice(values)
        if other != chosen and other not in found:
            found.append(other)
        if len(found) == 8:
            break
    return found


def _sum(n: int) -> Value:
    return Value("{n}", {"n": str(n), "n_word": in_words(n)})
