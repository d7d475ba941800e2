"""Two voices, each in a language of its own: which one does the deeper voice speak?"""

from __future__ import annotations

import itertools
import random

import librosa
import numpy as np
import soxr

from audioqa.arrangement import Timeline
from audioqa.chances import others
from audioqa.facts import Maker, Value
from audioqa.levels import at_loudness
from audioqa.sources import RATE, VOICES

DEEPER = "combined/deeper_language"
PITCH = {"English": 206, "Spanish": 214, "French": 217, "Italian": 190, "Russian": 232}
"""Of each voice, in Hz: median over the prompts for training of `_pitch`."""
LOW, HIGH = 150, 230
"""To what pitches the voices are brought by being played slower or faster, in Hz."""
USUAL = (0.9, 1.1)
"""The pitch of a turn over that of its voice: none is taken that was spoken unusually high or low."""
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
    ordered = [pair for round_ in zip(*_by_language(pairs), strict=True) for pair in round_]
    for index in range(maker.wanted(DEEPER)):
        deep, high = ordered[index % len(ordered)]
        first_deep = rng.random() < 0.5
        line, sources = Timeline(rng.uniform(0.2, 0.5)), []
        for language in (deep, high) if first_deep else (high, deep):
            name, audio = _turn(maker, rng, language)
            factor = (LOW if language == deep else HIGH) / PITCH[language]
            played = soxr.resample(audio, RATE, RATE / factor)
            line.add(at_loudness(played, VOICE + rng.uniform(-2, 2)), rng.uniform(0, 0.6))
            sources.append(f"prompt:{language}/{name}")
        clip = maker.clip(f"deeper_language_{index}", [line.audio()])
        values = [Value(language) for language in VOICES]
        wrong = others(rng, Value(deep), [Value(high)], values)
        maker.add(DEEPER, clip, Value(deep), wrong, sources)


def _by_language(pairs: list[tuple[str, str]]) -> list[list[tuple[str, str]]]:
    grouped = itertools.groupby(pairs, key=lambda pair: pair[0])
    return [list(group) for _, group in grouped]


def _turn(maker: Maker, rng: random.Random, language: str) -> tuple[str, np.ndarray]:
    """A prompt of middle length, spoken at about the usual pitch; its name first."""
    heard = maker.material.heard
    names = sorted(maker.material.prompts(language, WORDS))
    for name in rng.sample(names, len(names)):
        audio = heard.prompt(language, name)
        fits = LENGTH[0] <= len(audio) / RATE <= LENGTH[1]
        if fits and USUAL[0] <= _pitch(audio) / PITCH[language] <= USUAL[1]:
            return name, audio
    raise ValueError(f"{maker.split}: no usual prompt of {LENGTH} s in {language}")


def _pitch(audio: np.ndarray) -> float:
    """Median fundamental frequency of the louder half, in Hz, by YIN."""
    hertz = librosa.yin(audio, fmin=80, fmax=400, sr=RATE, frame_length=1024)
    loud = librosa.feature.rms(y=audio, frame_length=1024, hop_length=256)[0]
    return float(np.median(hertz[loud >= np.median(loud)]))
