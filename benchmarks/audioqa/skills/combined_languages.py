"""Two voices, each in a language of its own: which one does the deeper voice speak?"""

from __future__ import annotations

import itertools
import random

import numpy as np
import soxr

from audioqa.facts import Maker, Value
from audioqa.skills.combined_timeline import Timeline, at_level, others
from audioqa.sources import RATE, VOICES

DEEPER = "combined/deeper_language"
PITCH = {"English": 198, "Spanish": 210, "French": 205, "Italian": 182, "Russian": 228}
"""Of each voice, in Hz: median over prompts of its fundamental frequency by pYIN."""
LOW, HIGH = 150, 230
"""To what pitches the voices are brought by being played slower or faster, in Hz."""
WORDS = (4, 14)
LENGTH = (1.5, 4.0)
"""Of a turn as it is recorded, in s."""
VOICE = -22.0


def make(maker: Maker) -> None:
    """Find the facts of this module: each ordered pair of languages as often as others."""
    rng = maker.rng(DEEPER)
    pairs = list(itertools.permutations(VOICES, 2))
    rng.shuffle(pairs)
    pairs.sort(key=lambda pair: pair[0])
    in_turn = [pair for round_ in zip(*_by_language(pairs), strict=True) for pair in round_]
    for index in range(maker.wanted(DEEPER)):
        deep, high = in_turn[index % len(in_turn)]
        first_deep = rng.random() < 0.5
        line, sources = Timeline(rng.uniform(0.2, 0.5)), []
        for language in (deep, high) if first_deep else (high, deep):
            name, audio = _turn(maker, rng, language)
            factor = (LOW if language == deep else HIGH) / PITCH[language]
            played = soxr.resample(audio, RATE, RATE / factor)
            line.then(at_level(played, VOICE + rng.uniform(-2, 2)), rng.uniform(0, 0.6))
            sources.append(f"prompt:{language}/{name}")
        clip = maker.clip(f"deeper_language_{index}", [line.audio()])
        values = [Value(language) for language in VOICES]
        wrong = others(rng, Value(deep), [Value(high)], values)
        maker.add(DEEPER, clip, Value(deep), wrong, sources)


def _by_language(pairs: list[tuple[str, str]]) -> list[list[tuple[str, str]]]:
    grouped = itertools.groupby(pairs, key=lambda pair: pair[0])
    return [list(group) for _, group in grouped]


def _turn(maker: Maker, rng: random.Random, language: str) -> tuple[str, np.ndarray]:
    """A prompt of middle length; its name first."""
    heard = maker.material.heard
    names = sorted(maker.material.prompts(language, WORDS))
    for name in rng.sample(names, len(names)):
        audio = heard.prompt(language, name)
        if LENGTH[0] <= len(audio) / RATE <= LENGTH[1]:
            return name, audio
    raise ValueError(f"{maker.split}: no prompt of {LENGTH} s in {language}")
