"""How words sound: where their stress lies, and what rhymes with the last of them.

What is heard behind the voice is asked about the same clips.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence

import numpy as np

from audioqa.arrangement import Timeline
from audioqa.facts import Maker, Value
from audioqa.pronunciations import RHYMES, STRESSED
from audioqa.skills import speech_backgrounds
from audioqa.skills.speech_sentences import WORDS, add_end, add_present
from audioqa.sources import NUMBERS
from audioqa.spoken import Item, Line, lines, recorded, word_value

STRESS_WORDS = (2, 18)
PLACES = {1: "first", 2: "second", 3: "third"}


def make(maker: Maker) -> None:
    """Clips for each of the two."""
    pool = lines(maker.material, "English", WORDS)
    _stresses(maker, pool)
    _rhymes(maker, pool)


def _stresses(maker: Maker, pool: list[Line]) -> None:
    """The word in a sentence, before or after another one."""
    rng = maker.rng("speech stress")
    uses: Counter[str] = Counter()
    with_word = lines(maker.material, "English", STRESS_WORDS)
    for index in range(maker.wanted("speech/stress")):
        syllable = 1 + index % 3
        found = [
            (uses[word], uses[line.name], rng.random(), word, line)
            for word in STRESSED[syllable]
            for line in with_word
            if line.words.count(word) == 1
        ]
        _, _, _, word, line = min(found, key=lambda one: one[:3])
        uses.update((word, line.name))
        other = rng.choice([one for one in pool if word not in one.words and len(one.words) < 9])
        spoken = [line, other] if index // 3 % 2 else [other, line]
        audio, sources = _joined(maker, rng, spoken)
        clip = maker.clip(f"speech_stress_{index}", [audio * rng.uniform(0.5, 1.0)])
        values = {n: Value(place) for n, place in PLACES.items()}
        wrong = [value for n, value in values.items() if n != syllable]
        maker.add("speech/stress", clip, values[syllable], wrong, sources, word=word)
        add_end(maker, "speech/first_word", 0, clip, spoken, pool, sources)
        add_end(maker, "speech/last_word", -1, clip, spoken, pool, sources)


def _rhymes(maker: Maker, pool: list[Line]) -> None:
    """A sentence that ends on a word with rhymes, or a number after a sentence.

    Something or nothing is heard behind them.
    """
    rng = maker.rng("speech rhyme")
    ends, backs = _ends(maker), speech_backgrounds.answers(maker)
    order = rng.sample(range(len(RHYMES)), len(RHYMES))
    groups = [group for group in order if ends[group]]
    for index in range(maker.wanted("speech/rhyme")):
        group = groups[index % len(groups)]
        end = rng.choice(ends[group])
        before = rng.choice([line for line in pool if line != end and len(line.words) < 9])
        audio, sources = _joined(maker, rng, [before, end])
        back = backs[index % len(backs)]
        audio, more = speech_backgrounds.behind(maker, rng, audio, back)
        sources += more
        clip = maker.clip(f"speech_rhyme_{index}", [audio * rng.uniform(0.5, 1.0)])
        speech_backgrounds.add(maker, clip, back, sources)
        rhymes = [[word_value(word) for word in right] for _, right in RHYMES]
        wrong = [value for other, values in enumerate(rhymes) if other != group for value in values]
        maker.add("speech/rhyme", clip, rng.choice(rhymes[group]), wrong, sources)
        spoken = [one for one in (before, end) if isinstance(one, Line)]
        add_present(maker, rng, clip, spoken, pool, sources)


def _ends(maker: Maker) -> list[list[Item]]:
    """What ends on a word of each group of rhymes."""
    spoken = lines(maker.material, "English", (2, WORDS[1]))
    return [
        [
            *(line for line in spoken if line.words[-1] in words),
            *(value for value in maker.material.numbers if NUMBERS[value] in words),
        ]
        for words, _ in RHYMES
    ]


def _joined(
    maker: Maker, rng: random.Random, spoken: Sequence[Item]
) -> tuple[np.ndarray, list[str]]:
    timeline, sources = Timeline(rng.uniform(0.2, 1.0)), []
    for one in spoken:
        audio, source = recorded(maker.material, one)
        timeline.add(audio)
        timeline.rest(rng.uniform(0.4, 0.9))
        sources.append(source)
    return timeline.audio(0.0), sources
