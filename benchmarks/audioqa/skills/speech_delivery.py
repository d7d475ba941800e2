"""How somebody speaks: with how many pauses, and how fast."""

from __future__ import annotations

import random

from audioqa.arrangement import Timeline, over
from audioqa.facts import Maker, Value
from audioqa.noises import music, scene
from audioqa.sources import RATE, VOICES, in_words
from audioqa.spoken import Line, lines, longest_rest, paced, said

MOST_PAUSES, MOST_BREATHS = 5, 2
LONG_S, BREATH_S = (0.9, 1.25), (0.12, 0.22)
INNER_REST_S = 0.25
WORDS_A_MINUTE = {"slowly": (85, 100), "at a normal pace": (150, 170), "fast": (265, 300)}
NATURAL = (145, 190)
"""Words a minute of the sentences whose pace is changed."""


def make(maker: Maker) -> None:
    """Clips for each of the two."""
    _pauses(maker)
    _rates(maker)


def _pauses(maker: Maker) -> None:
    """One reader; other sounds go on during half of the clips."""
    rng = maker.rng("speech pauses")
    flowing = [_flowing(maker, language) for language in VOICES]
    readers = [pool for pool in flowing if len(pool) > MOST_PAUSES]
    for index in range(maker.wanted("speech/pauses")):
        count, covered = index % (MOST_PAUSES + 1), (index + index // (MOST_PAUSES + 1)) % 2 == 1
        pool = readers[index % len(readers)]
        most = min(MOST_BREATHS, MOST_PAUSES - count)
        breaths = rng.randint(0 if count else 2, most)
        rests = [rng.uniform(*LONG_S) for _ in range(count)]
        rests += [rng.uniform(*BREATH_S) for _ in range(breaths)]
        rng.shuffle(rests)
        timeline, sources = Timeline(rng.uniform(0.3, 0.6)), []
        for line, rest in zip(rng.sample(pool, len(rests) + 1), [*rests, 0.0], strict=True):
            timeline.add(said(maker.material, line))
            timeline.rest(rest)
            sources.append(line.source)
        audio = timeline.audio(rng.uniform(0.3, 0.6))
        if covered:
            behind, source = (
                music(maker.material, rng, len(audio) / RATE + 0.1)
                if index % 4 < 2
                else scene(maker.material, rng)
            )
            audio = over(audio, behind, rng.uniform(12, 16))
            sources.append(source)
        clip = maker.clip(f"speech_pauses_{index}", [audio * rng.uniform(0.5, 1.0)])
        wrong = [
            _count(rng.choice((n, n + 1))) for n in range(0, MOST_PAUSES, 2) if n != count // 2 * 2
        ]
        kind = "other sounds go on" if covered else "in quiet"
        maker.add("speech/pauses", clip, _count(count), wrong, sources, kind=kind)


def _flowing(maker: Maker, language: str) -> list[Line]:
    """Short lines without a rest of their own."""
    found = []
    for line in lines(maker.material, language, (2, 8)):
        audio = said(maker.material, line)
        if 0.8 <= len(audio) / RATE <= 1.5 and longest_rest(audio) <= INNER_REST_S:
            found.append(line)
    return found


def _count(n: int) -> Value:
    """How many; the range is of a pair, so that no two ranges of a question overlap."""
    lo = n - n % 2
    parts = {"n": str(n), "n_word": in_words(n), "lo": str(lo), "hi": str(lo + 1)}
    return Value("{n}" if n > 2 else str(n), parts)


def _rates(maker: Maker) -> None:
    """Two sentences of a usual pace, played at another one or not."""
    rng = maker.rng("speech rate")
    usual = [
        line
        for line in lines(maker.material, "English", (5, 16))
        if NATURAL[0] <= _pace(maker, line) <= NATURAL[1]
    ]
    for index in range(maker.wanted("speech/speech_rate")):
        rate = list(WORDS_A_MINUTE)[index % len(WORDS_A_MINUTE)]
        timeline, sources = Timeline(rng.uniform(0.2, 0.6)), []
        pace = rng.uniform(*WORDS_A_MINUTE[rate])
        for line in _about(rng, usual, words=round(5 * pace / 60)):
            factor = 1.0 if rate == "at a normal pace" else pace / _pace(maker, line)
            audio = said(maker.material, line)
            timeline.add(paced(audio, factor) if factor != 1 else audio)
            timeline.rest(rng.uniform(0.25, 0.35) * 160 / pace)
            sources.append(line.source)
        clip = maker.clip(f"speech_rate_{index}", [timeline.audio(0.2) * rng.uniform(0.5, 1.0)])
        wrong = [Value(other) for other in WORDS_A_MINUTE if other != rate]
        maker.add("speech/speech_rate", clip, Value(rate), wrong, sources)


def _pace(maker: Maker, line: Line) -> float:
    """Words a minute."""
    return 60 * len(line.words) * RATE / len(said(maker.material, line))


def _about(rng: random.Random, pool: list[Line], *, words: int) -> list[Line]:
    """Lines with about as many words in all, at least one."""
    chosen: list[Line] = []
    for line in rng.sample(pool, len(pool)):
        if not chosen or sum(len(one.words) for one in chosen) + len(line.words) <= words + 3:
            chosen.append(line)
    return chosen
