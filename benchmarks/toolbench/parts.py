"""Two parts of a clip, of which is known what differs: one recording changed, or two recordings."""

from __future__ import annotations

import random
import re

import numpy as np
import soxr
from audioqa.sources import RATE, VOICES, silence
from recordings import names_of

from toolbench.measures import Benchmark, majority
from toolbench.sound_classes import CLASSES

ROUNDS = 36


def measure(bench: Benchmark) -> None:
    """Measure `compare_parts`, an aspect after the other."""
    rng = random.Random(f"parts {bench.split}")
    _level(bench, rng)
    _pitch(bench, rng)
    _brightness(bench, rng)
    _onsets(bench, rng)
    _voices(bench, rng)
    _speech(bench, rng)
    _sounds(bench, rng)


def _stamp(bench: Benchmark, rng: random.Random) -> tuple[str, np.ndarray]:
    name = rng.choice(names_of("stamp", bench.split))
    sound = bench.heard.stamp(name)
    return name, np.tile(sound, -(-4 * RATE // len(sound)))[: 4 * RATE]


def _prompt(bench: Benchmark, rng: random.Random, voice: str) -> np.ndarray:
    return bench.heard.prompt(voice, rng.choice(list(bench.prompts(voice, words=(6, 25)))))


def _differences(bench: Benchmark, first: np.ndarray, second: np.ndarray) -> dict[str, str]:
    clip = bench.clip(np.concatenate([first, second]))
    found = bench.find("compare_parts", clip, at=len(first) / RATE)
    return dict(found.data.get("differences", {}))


def _way(differences: dict[str, str], aspect: str, up: str, down: str) -> int:
    text = differences.get(aspect, "")
    return 1 if text.startswith(up) else -1 if text.startswith(down) else 0


def _level(bench: Benchmark, rng: random.Random) -> None:
    truths, right = [], []
    for index in range(ROUNDS):
        way, (_, sound) = (-1, 0, 1)[index % 3], _stamp(bench, rng)
        change = way * rng.uniform(6, 12)
        found = _differences(bench, sound * 0.3, sound * 0.3 * 10 ** (change / 20))
        truths.append(way)
        right.append(bench.judge("compare_parts", _way(found, "level", "louder", "quieter") == way))
    bench.share("compare_parts", "louder, quieter or the same", right, majority(truths))


def _pitch(bench: Benchmark, rng: random.Random) -> None:
    """A prompt, and the same one played faster, slower, or as it is."""
    truths, right = [], []
    for index in range(ROUNDS):
        way, voice = (-1, 0, 1)[index % 3], rng.choice(list(VOICES))
        said = _prompt(bench, rng, voice)
        ratio = rng.uniform(1.25, 1.5) ** way
        found = _differences(bench, said, soxr.resample(said, RATE, RATE / ratio))
        truths.append(way)
        right.append(bench.judge("compare_parts", _way(found, "pitch", "higher", "lower") == way))
    bench.share("compare_parts", "voice higher, lower or the same", right, majority(truths))


def _brightness(bench: Benchmark, rng: random.Random) -> None:
    truths, right = [], []
    for index in range(ROUNDS):
        way, (_, sound) = (-1, 0, 1)[index % 3], _stamp(bench, rng)
        dull = np.convolve(sound, np.ones(16) / 16, mode="same").astype(np.float32)
        first, second = {-1: (sound, dull), 0: (sound, sound), 1: (dull, sound)}[way]
        found = _differences(bench, first, second)
        truths.append(way)
        right.append(
            bench.judge("compare_parts", _way(found, "brightness", "brighter", "darker") == way)
        )
    bench.share("compare_parts", "brighter, darker or the same", right, majority(truths))


def _onsets(bench: Benchmark, rng: random.Random) -> None:
    """One short sound again and again, at two rates or at one."""
    truths, right = [], []
    for index in range(ROUNDS):
        way, (_, sound) = (-1, 0, 1)[index % 3], _stamp(bench, rng)
        slow, fast = rng.uniform(0.7, 1.0), rng.uniform(0.25, 0.4)
        periods = {-1: (fast, slow), 0: (slow, slow), 1: (slow, fast)}[way]
        short = sound[: round(0.2 * RATE)] * np.linspace(1, 0, round(0.2 * RATE))
        parts = [
            np.tile(np.concatenate([short, silence(period - 0.2)]), 20)[: 6 * RATE]
            for period in periods
        ]
        found = _differences(bench, *parts)
        truths.append(way)
        right.append(
            bench.judge("compare_parts", _way(found, "onset rate", "busier", "calmer") == way)
        )
    bench.share("compare_parts", "more, fewer or as many onsets", right, majority(truths))


def _voices(bench: Benchmark, rng: random.Random) -> None:
    """The English and the Spanish prompts are spoken by one person."""
    people = [voice for voice in VOICES if voice != "Spanish"]
    truths, right, calm = [], [], []
    for index in range(ROUNDS):
        other = index % 2 == 1
        voices = rng.sample(people, 2) if other else [rng.choice(people)] * 2
        found = _differences(bench, *(_prompt(bench, rng, voice) for voice in voices))
        truths.append(other)
        right.append(bench.judge("compare_parts", ("voice" in found) == other))
        calm.append("sounds" not in found and "speech" not in found)
    bench.share("compare_parts", "another voice or the same", right, majority(truths))
    bench.share("compare_parts", "no other sounds where people speak in both", calm, None)


def _speech(bench: Benchmark, rng: random.Random) -> None:
    truths, right = [], []
    for index in range(ROUNDS):
        way, (_, sound) = (-1, 0, 1)[index % 3], _stamp(bench, rng)
        said, again = (_prompt(bench, rng, rng.choice(list(VOICES))) for _ in range(2))
        parts = {-1: (said, sound), 0: (said, again), 1: (sound, said)}[way]
        found = _differences(bench, *parts)
        truths.append(way)
        right.append(
            bench.judge("compare_parts", _way(found, "speech", "with speech", "without") == way)
        )
    bench.share("compare_parts", "speech comes, goes or stays", right, majority(truths))


def _sounds(bench: Benchmark, rng: random.Random) -> None:
    """Two recordings, one after the other: what comes or what goes is named."""
    named = []
    for _ in range(ROUNDS):
        (gone, first), (come, second) = _stamp(bench, rng), _stamp(bench, rng)
        if gone == come:
            continue
        text = _differences(bench, first, second).get("sounds", "")
        comes, _, goes = text.partition("without")
        right = re.search(CLASSES[come], comes, re.IGNORECASE) or re.search(
            CLASSES[gone], goes, re.IGNORECASE
        )
        named.append(bench.judge("compare_parts", right is not None))
    bench.share("compare_parts", "which sound comes or goes", named, None)
