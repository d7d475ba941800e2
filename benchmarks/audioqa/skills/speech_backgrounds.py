"""What is heard behind a voice."""

from __future__ import annotations

import random
from collections.abc import Sequence

import numpy as np

from audioqa.arrangement import over
from audioqa.facts import Maker, Value
from audioqa.noises import music, scene, sound
from audioqa.sources import RATE

BIRDS = ("blackbird", "cuckoo", "crow", "rooster", "seagull", "hen", "turkey")
BIRD_SCENES = ("Green1", "Green3")
ANSWERS = {
    "music": ("rain", "a dog", "an engine", "birds", "nothing"),
    "birds": ("rain", "music", "a dog", "an engine", "nothing"),
    "an engine": ("music", "a dog", "birds", "nothing"),
    "a dog": ("rain", "music", "an engine", "birds", "nothing"),
    "nothing": ("rain", "music", "a dog", "an engine", "birds"),
}
"""What may be behind a voice, and what that is not: an engine far away could be taken for rain."""
RATIO_DB = (8, 12)


def answers(maker: Maker) -> list[str]:
    """What the split has recordings of."""
    return [name for name in ANSWERS if name != "a dog" or "dog" in maker.material.stamps]


def behind(
    maker: Maker, rng: random.Random, audio: np.ndarray, answer: str
) -> tuple[np.ndarray, list[str]]:
    """The voice with that behind it, and what is added to its sources."""
    if answer == "nothing":
        return audio, []
    back, source = _recorded(maker, rng, answer, len(audio) / RATE)
    return over(audio, back, rng.uniform(*RATIO_DB)), [source]


def add(maker: Maker, clip: str, answer: str, sources: Sequence[str]) -> None:
    """The fact about a clip that `behind` made."""
    wrong = [Value(other) for other in ANSWERS[answer]]
    maker.add("speech/background", clip, Value(answer), wrong, sources)


def _recorded(
    maker: Maker, rng: random.Random, answer: str, seconds: float
) -> tuple[np.ndarray, str]:
    if answer == "music":
        return music(maker.material, rng, seconds + 0.1)
    if answer == "an engine":
        return scene(maker.material, rng, "engine")
    if answer == "a dog":
        return sound(maker.material, rng, ("dog",))
    scenes = [name for name in BIRD_SCENES if name in maker.material.names("scene")]
    if scenes and rng.random() < 0.5:
        name = rng.choice(scenes)
        return maker.material.heard.scene(name), f"scene:{name}"
    return sound(maker.material, rng, BIRDS)
