"""Questions about recorded speech."""

from __future__ import annotations

import numpy as np
import soxr

from audioqa.items import Maker
from audioqa.sources import RATE, STAMPS, VOICES, Recordings, silence, split_of

NUMBERS = dict(
    enumerate(
        [
            "zero",
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
        ]
    )
)
NUMBERS |= {13: "thirteen", 14: "fourteen", 15: "fifteen", 16: "sixteen", 17: "seventeen",
            18: "eighteen", 19: "nineteen", 20: "twenty", 30: "thirty", 40: "forty", 50: "fifty",
            60: "sixty", 70: "seventy", 80: "eighty", 90: "ninety"}  # fmt: skip


def make(maker: Maker, heard: Recordings, count: int) -> None:
    """Add `count` questions a skill."""
    _sentences(maker, heard, count)
    _numbers(maker, heard, count)
    _languages(maker, heard, count)
    _speakers(maker, heard, count)
    for index in range(count):
        _word_when(maker, heard, index)
        _pauses(maker, heard, index)
        _higher_voice(maker, heard, index)
        _noise(maker, heard, index)
        _start(maker, heard, index)


def _sentences(maker: Maker, heard: Recordings, count: int) -> None:
    prompts = heard.prompts("English", words=(4, 12))
    names = split_of(sorted(prompts), maker.split, 1)
    for name in maker.rng.sample(names, min(count, len(names))):
        said = prompts[name]
        clip = maker.clip(
            f"speech_{name.replace('/', '_')}",
            [silence(0.3), heard.prompt("English", name), silence(0.3)],
        )
        maker.add(clip, "sentence", said, [prompts[n] for n in names if n != name], f"en:{name}")
        last = said.split()[-1].strip(".,").lower()
        words = sorted({prompts[n].split()[-1].strip(".,").lower() for n in names})
        maker.add(clip, "last_word", last, words, f"en:{name}")


def _numbers(maker: Maker, heard: Recordings, count: int) -> None:
    values = split_of(sorted(NUMBERS), maker.split, 2)
    for index in range(count):
        length = 1 if index % 2 else maker.rng.randint(2, 5)
        chosen = [maker.rng.choice(values) for _ in range(length)]
        parts = [silence(0.3)]
        for value in chosen:
            parts += [
                heard.prompt("English", f"digits/{value}"),
                silence(maker.rng.uniform(0.3, 0.6)),
            ]
        clip = maker.clip(f"numbers_{index}", parts)
        if length == 1:
            maker.add(
                clip, "digit", NUMBERS[chosen[0]], list(NUMBERS.values()), f"en:digits/{chosen[0]}"
            )
    for index in range(count):
        length = maker.rng.randint(2, 6)
        chosen = [maker.rng.choice(values) for _ in range(length)]
        parts = [silence(0.3)]
        for value in chosen:
            parts += [
                heard.prompt("English", f"digits/{value}"),
                silence(maker.rng.uniform(0.35, 0.7)),
            ]
        clip = maker.clip(f"number_list_{index}", parts)
        around = [NUMBERS[n] for n in range(1, 8) if n != length]
        maker.add(clip, "word_count", NUMBERS[length], around, f"en:digits of {maker.split}")
    extra = maker.rng.sample(values, min(count - count // 2, len(values)))
    for value in extra:
        clip = maker.clip(
            f"number_{value}",
            [silence(0.5), heard.prompt("English", f"digits/{value}"), silence(0.5)],
        )
        maker.add(clip, "digit", NUMBERS[value], list(NUMBERS.values()), f"en:digits/{value}")


def _languages(maker: Maker, heard: Recordings, count: int) -> None:
    for index in range(count):
        language = list(VOICES)[index % len(VOICES)]
        names = split_of(sorted(heard.prompts(language, words=(6, 25))), maker.split, 3)
        name = maker.rng.choice(names)
        clip = maker.clip(
            f"language_{index}", [silence(0.2), heard.prompt(language, name), silence(0.2)]
        )
        maker.add(
            clip, "language", language, [*VOICES, "German", "Portuguese"], f"{language}:{name}"
        )


def _speakers(maker: Maker, heard: Recordings, count: int) -> None:
    words = ["one", "two", "three", "four"]
    for index in range(count):
        people = 1 + index % 3
        voices = maker.rng.sample(list(VOICES), people)
        turns = list(voices)
        while len(turns) < people + 2:
            turns.append(maker.rng.choice([v for v in voices if v != turns[-1] or people == 1]))
        parts = [silence(0.2)]
        for voice in turns:
            names = split_of(sorted(heard.prompts(voice, words=(5, 14))), maker.split, 3)
            parts += [
                heard.prompt(voice, maker.rng.choice(names)),
                silence(maker.rng.uniform(0.3, 0.7)),
            ]
        clip = maker.clip(f"speakers_{index}", parts)
        maker.add(clip, "speakers", words[people - 1], words, f"prompts of {maker.split}")


def _prompt(maker: Maker, heard: Recordings, voice: str, words: tuple[int, int]) -> np.ndarray:
    """One of the prompts of a voice that belong to the split."""
    names = split_of(sorted(heard.prompts(voice, words=words)), maker.split, 3)
    return heard.prompt(voice, maker.rng.choice(names))


def _word_when(maker: Maker, heard: Recordings, index: int) -> None:
    """One number among others; its place is asked for."""
    values = split_of(sorted(NUMBERS), maker.split, 2)
    wanted, place = maker.rng.choice(values), index % 3
    others = [value for value in values if value != wanted]
    parts = [silence(0.3)]
    for position in range(6):
        value = wanted if position == (0, 3, 5)[place] else maker.rng.choice(others)
        parts += [heard.prompt("English", f"digits/{value}"), silence(maker.rng.uniform(0.4, 0.6))]
    clip = maker.clip(f"word_when_{index}", parts)
    answers = ("at the beginning", "in the middle", "near the end")
    word = f'"{NUMBERS[wanted]}"'
    maker.add(clip, "word_when", answers[place], answers, f"en:digits/{wanted}", about=word)


def _pauses(maker: Maker, heard: Recordings, index: int) -> None:
    voice, pauses = maker.rng.choice(list(VOICES)), 1 + index % 4
    parts = [silence(0.2), _prompt(maker, heard, voice, (2, 6))]
    for _ in range(pauses):
        parts += [silence(maker.rng.uniform(0.8, 1.3)), _prompt(maker, heard, voice, (2, 6))]
    clip = maker.clip(f"pauses_{index}", [*parts, silence(0.2)])
    words = ("one", "two", "three", "four", "five")
    maker.add(clip, "pauses", words[pauses - 1], words, f"prompts of {maker.split}")


def _higher_voice(maker: Maker, heard: Recordings, index: int) -> None:
    """The same voice, played slower and so lower, or faster and so higher, for the second turn."""
    voice, higher = maker.rng.choice(list(VOICES)), index % 2
    first, second = (_prompt(maker, heard, voice, (5, 14)) for _ in range(2))
    second = soxr.resample(second, RATE, RATE * (0.72 if higher else 1.33))
    clip = maker.clip(f"higher_voice_{index}", [silence(0.2), first, silence(0.5), second])
    answers = ("the first", "the second")
    maker.add(clip, "higher_voice", answers[higher], answers, f"prompts of {maker.split}")


def _noise(maker: Maker, heard: Recordings, index: int) -> None:
    voice, noisy = maker.rng.choice(list(VOICES)), index % 2
    said = _prompt(maker, heard, voice, (6, 25))
    if noisy:
        draw = np.random.default_rng(index)
        ratio = maker.rng.uniform(2, 9)
        level = float(np.sqrt(np.mean(said**2))) * 10 ** (-ratio / 20)
        said = (said + draw.standard_normal(len(said)) * level).astype(np.float32)
    clip = maker.clip(f"noise_{index}", [said])
    answers = ("clean", "noisy")
    maker.add(clip, "speech_noise", answers[noisy], answers, f"prompts of {maker.split}")


def _start(maker: Maker, heard: Recordings, index: int) -> None:
    """Something that is no speech, and then speech."""
    seconds = (1, 2, 4, 6)[index % 4]
    things = split_of(sorted(STAMPS), maker.split, 8)
    sound = heard.stamp(maker.rng.choice(things))
    loop = np.tile(sound, -(-seconds * RATE // len(sound)))[: round((seconds - 0.3) * RATE)] * 0.5
    voice = maker.rng.choice(list(VOICES))
    said = _prompt(maker, heard, voice, (6, 25))
    clip = maker.clip(f"start_{index}", [loop, silence(0.3), said, silence(0.5)])
    answers = [f"after about {n} second{'s' if n > 1 else ''}" for n in (1, 2, 4, 6)]
    maker.add(clip, "speech_start", answers[index % 4], answers, f"prompts of {maker.split}")
