"""One sentence: which it is, which words it has, where it starts and ends."""

from __future__ import annotations

import random

import numpy as np

from audioqa.arrangement import Timeline, over
from audioqa.facts import Maker, Value
from audioqa.noises import noise, scene
from audioqa.spoken import (
    Line,
    alike,
    lines,
    other_words,
    said,
    sentence_value,
    word_value,
)

WORDS = (3, 15)
INNER_WRONG, MORE_WRONG = 3, 6


def make(maker: Maker) -> None:
    """Each clip a sentence, half of them in noise."""
    rng = maker.rng("speech sentences")
    pool = lines(maker.material, "English", WORDS)
    for index, line in enumerate(rng.sample(pool, min(len(pool), maker.wanted("speech/sentence")))):
        noisy = index % 2 == 1
        clip, sources = _clip(maker, rng, f"speech_sentence_{index}", line, noisy=noisy)
        others = sorted(pool, key=lambda one: (abs(len(one.text) - len(line.text)), one.name))
        wrong = [sentence_value(one.text) for one in others if one != line][:12]
        kind = "in noise" if noisy else "in quiet"
        maker.add("speech/sentence", clip, sentence_value(line.text), wrong, sources, kind=kind)
        add_present(maker, rng, clip, [line], pool, sources)
        add_end(maker, "speech/last_word", -1, clip, [line], pool, sources)


def add_present(
    maker: Maker, rng: random.Random, clip: str, spoken: list[Line], pool: list[Line],
    sources: list[str],
) -> None:  # fmt: skip
    """Which word is said: one of four letters or more, none of the wrong ones like a said one."""
    words = [word for line in spoken for word in line.words]
    wrong = other_words(words, pool)
    if own := sorted({word for word in words if len(word) >= 4}):
        answer = word_value(rng.choice(own))
        maker.add("speech/word_present", clip, answer, [word_value(one) for one in wrong], sources)


def add_end(
    maker: Maker, skill: str, place: int, clip: str, spoken: list[Line], pool: list[Line],
    sources: list[str],
) -> None:  # fmt: skip
    """The first (`place` 0) or the last (-1) word.

    Wrong are some others of the clip, and words at that place of other sentences.
    """
    words = [word for line in spoken for word in line.words]
    answer = words[place]
    inner = sorted({word for word in words if len(word) > 2 and not alike(word, answer)})
    more = sorted({line.words[place] for line in pool})
    more = [word for word in more if not any(alike(word, one) for one in words)]
    rng = maker.rng(f"{skill} {clip}")
    wrong = rng.sample(inner, min(len(inner), INNER_WRONG))
    wrong += rng.sample(more, min(len(more), MORE_WRONG))
    maker.add(skill, clip, word_value(answer), [word_value(one) for one in wrong], sources)


def _clip(
    maker: Maker, rng: random.Random, name: str, line: Line, *, noisy: bool
) -> tuple[str, list[str]]:
    """With noise, it is clearly less loud than the voice or nearly as loud, but nobody speaks."""
    timeline, sources = Timeline(rng.uniform(0.4, 1.2)), [line.source]
    timeline.add(said(maker.material, line))
    audio = timeline.audio(rng.uniform(0.4, 1.2))
    if noisy:
        behind, source = _behind(maker, rng, len(audio))
        audio = over(audio, behind, rng.uniform(3, 8))
        sources.append(source)
    clip = maker.clip(name, [audio * rng.uniform(0.5, 1.0)])
    qualities = {True: Value("noisy"), False: Value("clean")}
    maker.add("speech/noisy", clip, qualities[noisy], [qualities[not noisy]], sources)
    return clip, sources


def _behind(maker: Maker, rng: random.Random, samples: int) -> tuple[np.ndarray, str]:
    return scene(maker.material, rng) if rng.random() < 0.5 else noise(rng, samples)
