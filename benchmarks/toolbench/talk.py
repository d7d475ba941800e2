"""Talk of several people, put together from recordings of each: whose turn is when is known.

Voices are those of the spoken prompts (sentences) and of ktuberling-data (words, several of them a
turn). Somebody who reads in two languages is one person.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from audioqa.sources import RATE, VOICES, silence
from recordings import names_of

from toolbench.measures import Benchmark

SAME_PERSON = frozenset({"English", "Spanish"})
"""Prompts that one actress reads in both languages."""
LOW = frozenset({
    "Italian", "ktuberling/de", "ktuberling/el", "ktuberling/en", "ktuberling/es", "ktuberling/fr",
    "ktuberling/ga", "ktuberling/lt", "ktuberling/nds", "ktuberling/ru", "ktuberling/sl",
    "ktuberling/wa",
})  # fmt: skip
"""Voices of men, as far as their names and their pitch tell."""
EXPLORED = frozenset({"ktuberling/el", "ktuberling/fr", "ktuberling/sv", "ktuberling/wa"})
"""Voices of the test split that were listened to before there was one file of splits: left out."""
_CUT = {"ktuberling/nn"}
"""Has the recordings of another language."""

Utter = Callable[[random.Random], np.ndarray]


class Said(NamedTuple):
    """A turn: from `start` to `end` in s."""

    start: float
    end: float
    voice: str
    text: str = ""


def voices(bench: Benchmark) -> dict[str, Utter]:
    """What makes a turn of each voice of the split."""
    speakers = names_of("speaker", bench.split, "ktuberling-data")
    left_out = _CUT | (EXPLORED if bench.split == "test" else frozenset())
    made: dict[str, Utter] = {name: _prompt(bench, name) for name in VOICES}
    return made | {name: _words(bench, name) for name in speakers if name not in left_out}


def _prompt(bench: Benchmark, language: str) -> Utter:
    names = sorted(bench.prompts(language, (5, 14)))
    return lambda rng: bench.heard.prompt(language, rng.choice(names))


def _words(bench: Benchmark, speaker: str) -> Utter:
    names = bench.heard.words(speaker)

    def utter(rng: random.Random) -> np.ndarray:
        wanted, parts, heard = rng.uniform(1.5, 5), [], 0.0
        while heard < wanted:
            word = bench.heard.word(speaker, rng.choice(names))
            parts += [word, silence(rng.uniform(0.1, 0.3))]
            heard += sum(map(len, parts[-2:])) / RATE
        return np.concatenate(parts[:-1])

    return utter


def people(
    rng: random.Random, names: Sequence[str], count: int, *, alike: bool
) -> list[str] | None:
    """As many different people; `alike`: all men or all women. None where there are too few."""
    low = rng.random() < 0.5
    kinds = [low, not low] if alike else [None]
    for kind in kinds:
        pool = [name for name in names if kind is None or (name in LOW) == kind]
        rng.shuffle(pool)
        chosen: list[str] = []
        for name in pool:
            if not (name in SAME_PERSON and SAME_PERSON & set(chosen)):
                chosen.append(name)
            if len(chosen) == count:
                return chosen
    return None


def order_of(rng: random.Random, chosen: Sequence[str], turns: int) -> list[str]:
    """Whose turn is when: everybody has one, nobody two on end where there are several people."""
    order = list(chosen)
    while len(order) < turns:
        others = [name for name in chosen if name != order[-1]]
        order.append(rng.choice(others or list(chosen)))
    return order


def joined(
    rng: random.Random, parts: Sequence[tuple[str, np.ndarray, str]]
) -> tuple[np.ndarray, list[Said]]:
    """The turns one after the other, 0.2 to 0.7 s apart: voice, samples and words of each."""
    audio, said, time = [silence(0.2)], [], 0.2
    for voice, samples, text in parts:
        pause = silence(rng.uniform(0.2, 0.7))
        said.append(Said(time, time + len(samples) / RATE, voice, text))
        audio += [samples, pause]
        time += (len(samples) + len(pause)) / RATE
    return np.concatenate(audio), said
