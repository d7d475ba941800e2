"""Several numbers or sentences: how often a word is said among them, and when."""

from __future__ import annotations

import random
from collections.abc import Sequence

from audioqa.arrangement import SHORTEST_S, Span, Timeline, third
from audioqa.facts import Maker, Value, number
from audioqa.sources import RATE
from audioqa.spoken import Item, Line, alike, lines, recorded, said, words_in

SHORT_S = 2.2
MOST_TIMES = 5
SECONDS = range(1, 13)
PLACES = ("in the first third", "in the middle third", "in the last third")
TRIES = 3000


def make(maker: Maker) -> None:
    """Half of the clips of numbers, half of sentences."""
    short = [
        line
        for line in lines(maker.material, "English", (2, 9))
        if len(said(maker.material, line)) < SHORT_S * RATE
    ]
    rng = maker.rng("speech lists")
    index = 0
    while maker.wanted("speech/word_times") or maker.wanted("speech/word_place"):
        items: Sequence[Item] = short if index % 2 else maker.material.numbers
        _list(maker, rng, f"speech_list_{index}", items, index)
        index += 1
    for index in range(maker.wanted("speech/word_second")):
        items = short if index % 2 else maker.material.numbers
        _timed(maker, rng, f"speech_timed_{index}", items, 1 + (5 * index) % len(SECONDS))


def _list(maker: Maker, rng: random.Random, name: str, items: Sequence[Item], index: int) -> None:
    """One word as often as it is this clip's turn, another once in the third that is."""
    times = (index // 2 + 3 * (index % 2)) % (MOST_TIMES + 1)
    place = PLACES[(index + index // 3) % 3]
    for _ in range(TRIES):
        chosen, counted = _choose(rng, items, times)
        timeline, spans, sources = _laid_out(maker, rng, chosen)
        total = max(timeline.end + 0.3, SHORTEST_S)
        once = [
            word
            for item, span in zip(chosen, spans, strict=True)
            if third(span, total) == PLACES.index(place) and total < 15
            for word in words_in(item)
            if _only_once(word, chosen) and not alike(word, counted) and _plain(item, word)
        ]
        if once:
            break
    else:
        raise ValueError(f"{name}: no list with a word {place}")
    clip = maker.clip(name, [timeline.audio() * rng.uniform(0.5, 1.0)])
    wrong = [_times(n) for n in range(MOST_TIMES + 1)]
    maker.add("speech/word_times", clip, _times(times), wrong, sources, word=counted)
    values = [Value(one) for one in PLACES]
    maker.add("speech/word_place", clip, Value(place), values, sources, word=rng.choice(once))


def _choose(rng: random.Random, items: Sequence[Item], times: int) -> tuple[list[Item], str]:
    """Items of which as many say a word, once each, and one to three more that say none like it."""
    candidates = sorted({word for item in items for word in words_in(item) if _plain(item, word)})
    for _ in range(TRIES):
        counted = rng.choice(candidates)
        saying = [
            one for one in items if words_in(one).count(counted) == 1 and _clear(one, counted)
        ]
        others = [one for one in items if not any(alike(word, counted) for word in words_in(one))]
        more = max(3 - times, rng.randint(1, 3))
        repeated = isinstance(items[0], int)
        if len(others) < more or not saying or (not repeated and len(saying) < times):
            continue
        said_often = [saying[0]] * times if repeated else rng.sample(saying, times)
        chosen = [*said_often, *rng.sample(others, more)]
        rng.shuffle(chosen)
        return chosen, counted
    raise ValueError(f"no word is said {times} times")


def _plain(item: Item, word: str) -> bool:
    """Whether it is a number, or a word of a sentence that is not too short to stand out."""
    return not isinstance(item, Line) or len(word) >= 4


def _clear(item: Item, counted: str) -> bool:
    """Whether nothing else in it is like the word."""
    return not any(word != counted and alike(word, counted) for word in words_in(item))


def _only_once(word: str, chosen: Sequence[Item]) -> bool:
    return sum(alike(word, other) for item in chosen for other in words_in(item)) == 1


def _laid_out(
    maker: Maker, rng: random.Random, chosen: Sequence[Item]
) -> tuple[Timeline, list[Span], list[str]]:
    spans: list[Span] = []
    sources: list[str] = []
    timeline = Timeline(rng.uniform(0.2, 0.8))
    for item in chosen:
        audio, source = recorded(maker.material, item)
        spans.append(timeline.add(audio))
        sources.append(source)
        timeline.rest(rng.uniform(0.25, 0.7))
    return timeline, spans, sources


def _times(n: int) -> Value:
    return Value("{n}" if n > 2 else str(n), {"n": str(n)})


def _timed(maker: Maker, rng: random.Random, name: str, items: Sequence[Item], at: int) -> None:
    """A number, or the first word of a sentence, at a whole second; choices are 3 s apart."""
    for _ in range(TRIES):
        wanted = rng.choice(items)
        word = words_in(wanted)[0]
        others = [one for one in items if not any(alike(word, other) for other in words_in(one))]
        if _plain(wanted, word) and len(others) >= 3 and _only_once(word, [wanted]):
            break
    else:
        raise ValueError(f"{name}: no word stands out")
    timeline = Timeline(0.2)
    sources = _fill(maker, rng, timeline, others, at)
    timeline.rest_until(at)
    audio, source = recorded(maker.material, wanted)
    timeline.add(audio)
    timeline.rest(rng.uniform(0.25, 0.7))
    sources += [source, *_fill(maker, rng, timeline, others, rng.uniform(8, 14))]
    clip = maker.clip(name, [timeline.audio() * rng.uniform(0.5, 1.0)])
    wrong = [_second(n) for n in SECONDS if n != at and n % 3 == at % 3]
    maker.add("speech/word_second", clip, _second(at), wrong, sources, word=word)


def _fill(
    maker: Maker, rng: random.Random, timeline: Timeline, items: Sequence[Item], until: float
) -> list[str]:
    """Add items that end before a time in s; their sources."""
    sources: list[str] = []
    while True:
        audio, source = recorded(maker.material, rng.choice(items))
        if timeline.end + len(audio) / RATE > until - 0.2:
            return sources
        timeline.add(audio)
        timeline.rest(min(rng.uniform(0.25, 0.7), until - timeline.end))
        sources.append(source)


def _second(n: int) -> Value:
    return number(n, one="1", m_ss=f"0:{n:02d}")
