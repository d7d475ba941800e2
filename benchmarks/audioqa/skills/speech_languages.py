"""Which languages are spoken."""

from __future__ import annotations

import random

import numpy as np

from audioqa.arrangement import Timeline
from audioqa.facts import Maker, Value
from audioqa.sources import RATE, VOICES
from audioqa.spoken import SAME_PERSON, Line, altered, lines, said

SHORT, LONG = (1, 3), (6, 20)
SHORT_S, LONG_S = (0.6, 1.8), (1.8, 5.0)
YES, NO = Value("yes"), Value("no")
READ = tuple(VOICES)


def make(maker: Maker) -> None:
    """One language, or two one after the other."""
    pools = {
        kind: {language: _pool(maker, language, words, seconds) for language in READ}
        for kind, words, seconds in (("short", SHORT, SHORT_S), ("sentence", LONG, LONG_S))
    }
    _changes(maker, pools["sentence"])
    _short(maker, pools["short"])
    _firsts(maker, pools)


def _pool(
    maker: Maker, language: str, words: tuple[int, int], seconds: tuple[float, float]
) -> list[Line]:
    return [
        line
        for line in lines(maker.material, language, words)
        if seconds[0] <= len(said(maker.material, line)) / RATE <= seconds[1]
    ]


def _changes(maker: Maker, pool: dict[str, list[Line]]) -> None:
    """Two sentences: of one or two languages, by one or two voices."""
    rng = maker.rng("speech language change")
    pair = sorted(SAME_PERSON)
    half = maker.wanted("speech/language") // 2
    for index in range(maker.wanted("speech/language_change")):
        changes, voices = index % 2 == 0, 1 + index // 2 % 2
        first = READ[index // 2 % len(READ)]
        second = first
        if changes and voices == 1:
            first, second = pair if index // 4 % 2 else pair[::-1]
        elif changes:
            second = rng.choice(
                [one for one in READ if one != first and {one, first} != SAME_PERSON]
            )
        spoken = _draw(rng, pool, (first, second))
        factor = rng.choice((0.8, 1.22)) if not changes and voices == 2 else 1.0
        clip, sources = _joined(maker, rng, f"speech_change_{index}", spoken, factor)
        answer, wrong = (YES, NO) if changes else (NO, YES)
        kind = ("one voice", "two voices")[voices - 1]
        maker.add("speech/language_change", clip, answer, [wrong], sources, kind=kind)
        if not changes and maker.wanted("speech/language") > half:
            _language(maker, clip, first, sources, "sentence")


def _short(maker: Maker, pool: dict[str, list[Line]]) -> None:
    rng = maker.rng("speech language")
    wanted = maker.wanted("speech/language")
    for index in range(wanted):
        language = READ[(wanted + index) % len(READ)]
        (line,) = _draw(rng, pool, (language,))
        clip, sources = _joined(maker, rng, f"speech_language_{index}", [line])
        _language(maker, clip, language, sources, "short")


def _firsts(maker: Maker, pools: dict[str, dict[str, list[Line]]]) -> None:
    """Two sentences or two short utterances."""
    rng = maker.rng("speech language first")
    for index in range(maker.wanted("speech/language_first")):
        kind = ("short", "sentence")[index % 2]
        first = READ[index % len(READ)]
        second = rng.choice([one for one in READ if one != first])
        spoken = _draw(rng, pools[kind], (first, second))
        clip, sources = _joined(maker, rng, f"speech_first_language_{index}", spoken)
        answer = Value(first)
        maker.add("speech/language_first", clip, answer, _others(first), sources, kind=kind)


def _language(maker: Maker, clip: str, language: str, sources: list[str], kind: str) -> None:
    answer = Value(language)
    maker.add("speech/language", clip, answer, _others(language), sources, kind=kind)


def _others(language: str) -> list[Value]:
    return [Value(other) for other in READ if other != language]


def _draw(
    rng: random.Random, pool: dict[str, list[Line]], languages: tuple[str, ...]
) -> list[Line]:
    """A line of each, no line twice."""
    drawn: list[Line] = []
    for language in languages:
        drawn.append(rng.choice([line for line in pool[language] if line not in drawn]))
    return drawn


def _joined(
    maker: Maker, rng: random.Random, name: str, spoken: list[Line], factor: float = 1.0
) -> tuple[str, list[str]]:
    """The lines one after the other; all but the first played `factor` times faster."""
    timeline = Timeline(rng.uniform(0.2, 1.0))
    for place, line in enumerate(spoken):
        audio: np.ndarray = said(maker.material, line)
        timeline.add(altered(audio, factor) if place and factor != 1 else audio)
        timeline.rest(rng.uniform(0.4, 0.9))
    sources = [line.source for line in spoken]
    return maker.clip(name, [timeline.audio() * rng.uniform(0.5, 1.0)]), sources
