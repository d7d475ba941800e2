"""Different people: how many speak, whether one comes back, and whose voice is higher."""

from __future__ import annotations

import random
from collections import Counter

import numpy as np

from audioqa.arrangement import Timeline
from audioqa.facts import Maker, Value, number
from audioqa.sources import RATE, VOICES
from audioqa.spoken import PITCH, lines, said, speakers, things_said

SHAPES = {
    1: ("AA", "AAA"),
    2: ("AB", "ABA", "AB", "ABAB"),
    3: ("ABC", "ABCA", "ABCBA", "ABAC"),
    4: ("ABCDA", "ABCD"),
}
"""Whose turn is when, by the number of people."""
MOST = max(SHAPES)
CLIPS = 120
TURN_S = (1.2, 2.6)
HIGHER = 1.4
"""Ratio of the pitches of two people from which one of them clearly is higher."""
SAME, DIFFERENT = Value("same"), Value("different")
FIRST, SECOND = Value("first"), Value("second")


def make(maker: Maker) -> None:
    """Half of the clips of people who read sentences, half of people who say single words."""
    _people(maker)
    _higher(maker)


def _people(maker: Maker) -> None:
    rng = maker.rng("speech people")
    quota = -(-maker.wanted("speech/same_speaker") // 4)
    of_sort: Counter[tuple[str, bool]] = Counter()
    for index in range(CLIPS):
        count, kind = 1 + index % MOST, ("sentences", "words")[index // MOST % 2]
        shape = SHAPES[count][index // (2 * MOST) % len(SHAPES[count])]
        same, turns = shape[0] == shape[-1], ("two turns", "several turns")[len(shape) > 2]
        compared = maker.wanted("speech/same_speaker") and of_sort[turns, same] < quota
        if not (maker.wanted("speech/speaker_count") or compared):
            continue
        clip, sources = _talk(maker, rng, f"speech_people_{index}", shape, kind)
        wrong = [number(n, one="1") for n in range(1, MOST + 1)]
        maker.add("speech/speaker_count", clip, number(count, one="1"), wrong, sources, kind=kind)
        if compared:
            of_sort[turns, same] += 1
            answer, other = (SAME, DIFFERENT) if same else (DIFFERENT, SAME)
            maker.add("speech/same_speaker", clip, answer, [other], sources, kind=turns)


def _talk(
    maker: Maker, rng: random.Random, name: str, shape: str, kind: str
) -> tuple[str, list[str]]:
    if kind == "words":
        people = rng.sample(speakers(maker.material), len(set(shape)))
    else:
        readers = [rng.choice(("English", "Spanish")), "French", "Italian", "Russian"]
        people = rng.sample(readers, len(set(shape)))
    timeline, sources, spoken = Timeline(rng.uniform(0.2, 0.6)), [], set[str]()
    for letter in shape:
        person = people["ABCD".index(letter)]
        audio, source = _turn(maker, rng, person, spoken)
        spoken.add(source)
        sources.append(source)
        timeline.add(audio)
        timeline.rest(rng.uniform(0.3, 0.6))
    clip = maker.clip(name, [timeline.audio(0.0) * rng.uniform(0.5, 1.0)])
    return clip, sorted(set(sources))


def _turn(
    maker: Maker, rng: random.Random, person: str, spoken: set[str]
) -> tuple[np.ndarray, str]:
    """What the person has not said yet: a sentence of a reader, or several words."""
    if person not in VOICES:
        return things_said(maker.material, person, rng, rng.uniform(*TURN_S)), f"speaker:{person}"
    while True:
        line = rng.choice(lines(maker.material, person, (3, 12)))
        audio = said(maker.material, line)
        if line.source not in spoken and TURN_S[0] <= len(audio) / RATE <= TURN_S[1]:
            return audio, line.source


def _higher(maker: Maker) -> None:
    """Two people who say words; half of the questions are about readers, in speech_dialogues."""
    rng = maker.rng("speech higher voice")
    names = speakers(maker.material)
    pairs = [(a, b) for a in names for b in names if PITCH[b] >= HIGHER * PITCH[a]]
    for index in range(maker.wanted("speech/higher_voice") // 2):
        lower, higher = rng.choice(pairs)
        people = (higher, lower) if index % 2 else (lower, higher)
        timeline = Timeline(rng.uniform(0.2, 0.6))
        for person in people * (1 + index // 2 % 2):
            timeline.add(things_said(maker.material, person, rng, rng.uniform(*TURN_S)))
            timeline.rest(rng.uniform(0.3, 0.6))
        clip = maker.clip(f"speech_higher_{index}", [timeline.audio(0.0) * rng.uniform(0.5, 1.0)])
        answer, wrong = (FIRST, SECOND) if index % 2 else (SECOND, FIRST)
        sources = [f"speaker:{person}" for person in people]
        maker.add("speech/higher_voice", clip, answer, [wrong], sources, kind="words")
