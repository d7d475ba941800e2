"""Sentences and sounds: what is said after a sound, how often it precedes the voice, and its level."""

from __future__ import annotations

import random

import numpy as np

from audioqa.arrangement import Timeline
from audioqa.chances import evenly, others
from audioqa.facts import Maker, Value, number
from audioqa.levels import at_loudness
from audioqa.noises import in_quiet_place
from audioqa.skills.combined_sounds import KINDS, Sound, Sounds
from audioqa.sources import RATE

AFTER, COUNT, LOUDER = (
    "combined/says_after", "combined/count_before", "combined/louder_voice_or_sound",
)  # fmt: skip
WORDS = (3, 9)
"""Of a sentence: so many, of which letters that are spelled and the like are none."""
LONGEST = 2.9
"""Of a sentence, in s."""
VOICE = -22.0
"""Level of the voice in dB, by `levels.loudness`."""
MOST = 5
LOUDER_BY = (12.0, 15.0)
"""The voice or the sound, in dB."""
LOW = frozenset({"kettledrum", "tuba", "organ", "bass guitar", "bull", "conga"})
"""So low that how loud they are depends on how that is measured."""


def make(maker: Maker) -> None:
    """Find the facts of this module."""
    sounds, spoken = Sounds(maker.material), sentences(maker)
    _after(maker, sounds, spoken)
    _before(maker, sounds, spoken)


def sentences(maker: Maker) -> dict[str, str]:
    """Names and texts of the short sentences of the split, each text once."""
    heard = maker.material.heard
    texts: dict[str, str] = {}
    for name, text in maker.material.prompts("English", WORDS).items():
        short = len(heard.prompt("English", name)) <= LONGEST * RATE
        words = [word for word in text.split() if word.isalpha() and len(word) > 1]
        if short and len(words) >= WORDS[0] and text not in texts.values():
            texts[name] = text
    return texts


def _sentence(maker: Maker, name: str) -> np.ndarray:
    return at_loudness(maker.material.heard.prompt("English", name), VOICE)


def _after(maker: Maker, sounds: Sounds, spoken: dict[str, str]) -> None:
    """Two or three sentences and two sounds in turn; one of the sounds is asked for.

    What is said after it is the first, second or third sentence: as often as that goes.
    """
    rng = maker.rng(AFTER)
    for index in range(maker.wanted(AFTER)):
        kind = KINDS[index % len(KINDS)]
        first = rng.choice(sounds.names(kind))
        names = (first, rng.choice(sounds.apart(kind, first)))
        heard = [sounds.once(kind, name, rng) for name in names]
        starts_with_sound = bool(index // len(KINDS) % 2)
        said = rng.sample(sorted(spoken), 2 if starts_with_sound else 3)
        line = Timeline(rng.uniform(0.2, 0.6))
        if not starts_with_sound:
            line.add(_sentence(maker, said[0]))
        for sound, name in zip(heard, said[-2:], strict=True):
            line.add(at_loudness(sound.audio, VOICE + rng.uniform(-4, 2)), rng.uniform(0.4, 0.7))
            line.add(_sentence(maker, name), rng.uniform(0.3, 0.6))
        audio, sources = in_quiet_place(maker.material, rng, line.audio())
        clip = maker.clip(f"says_after_{index}", [audio])
        which = index // 2 % 2
        maker.add(
            AFTER, clip, _text(spoken[said[-2:][which]]),
            others(rng, _text(spoken[said[-2:][which]]), [_text(spoken[n]) for n in said],
                   [_text(text) for text in spoken.values()]),
            [*_prompts(said), *(sound.source for sound in heard), *sources],
            kind=kind, sound=heard[which].name,
        )  # fmt: skip


def _text(text: str) -> Value:
    return Value("{sentence}", {"sentence": text})


def _prompts(names: list[str]) -> list[str]:
    return [f"prompt:English/{name}" for name in names]


def _before(maker: Maker, sounds: Sounds, spoken: dict[str, str]) -> None:
    """A sound some times, a sentence, and the sound again or another one; the one is much louder."""
    rng = maker.rng(COUNT)
    wanted = max(maker.wanted(COUNT), maker.wanted(LOUDER))
    times = evenly(range(MOST + 1), wanted, rng)
    louder = evenly(("voice", "{sound}"), wanted, rng)
    for index in range(wanted):
        kind, before = KINDS[index % len(KINDS)], times[index]
        names = [name for name in sounds.names(kind) if name not in LOW]
        sound = sounds.once(kind, names[index // len(KINDS) % len(names)], rng)
        gain = rng.uniform(*LOUDER_BY) * (1 if louder[index] == "{sound}" else -1)
        said = rng.sample(sorted(spoken), 2 if before < 3 else 1)
        after = rng.randint(1, 2) if before < MOST else 1
        line = _repeated(maker, rng, sound, gain, before, after, said)
        sources = [*_prompts(said), sound.source]
        clip = maker.clip(f"count_before_{index}", [line.audio()])
        values = [number(n, str(n) if n < 3 else "{n}") for n in range(MOST + 1)]
        wrong = others(rng, values[before], values[before + after : before + after + 1], values)
        maker.add(COUNT, clip, values[before], wrong, sources, kind=kind, sound=sound.name)
        sides = [Value("voice", {"sound": sound.name}), Value("{sound}", {"sound": sound.name})]
        answer = sides[louder[index] == "{sound}"]
        maker.add(LOUDER, clip, answer, sides, sources, kind=kind, sound=sound.name)


def _repeated(
    maker: Maker, rng: random.Random, sound: Sound, gain: float, before: int, after: int,
    said: list[str],
) -> Timeline:  # fmt: skip
    """The sound `before` times, a sentence, the sound `after` times, and a second sentence if given.

    `gain` is that of the sound over the voice, in dB; their mean level is the same in all clips.
    """
    line = Timeline(rng.uniform(0.2, 0.6))
    audio = at_loudness(sound.audio, VOICE - 3 + gain / 2)
    prompts = [maker.material.heard.prompt("English", name) for name in said]
    voices = [at_loudness(prompt, VOICE - 3 - gain / 2) for prompt in prompts]
    for _ in range(before):
        line.add(audio, rng.uniform(0.35, 0.6))
    line.add(voices[0], rng.uniform(0.4, 0.6))
    for part in [audio] * after + voices[1:]:
        line.add(part, rng.uniform(0.4, 0.6))
    return line
