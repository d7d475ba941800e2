"""Questions about recorded speech."""

from __future__ import annotations

from audioqa.items import Maker
from audioqa.sources import VOICES, Recordings, silence, split_of

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
