"""Several numbers or sentences: how often a word is said among them, and when."""

from __future__ import annotations

import random
from collections.abc import Sequence

from audioqa.arrangement import Span, Timeline, third
from audioqa.facts import Maker, Value, number
from audioqa.sources import RATE
from audioqa.spoken import NUMBERS, Line, alike, lines, number_said, said

SHORT_S = 2.4
MOST_TIMES = 5
SECONDS = range(1, 13)
PLACES = ("in the first third", "in the middle third", "in the last third")
TRIES = 3000

Item = Line | int


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


def words_in(item: Item) -> tuple[str, ...]:
    """Words of a sentence, or the one of a number."""
    return item.words if isinstance(item, Line) else (NUMBERS[item],)


def _list(maker: Maker, rng: random.Random, name: str, items: Sequence[Item], index: int) -> None:
    """One word as often as it is this clip's turn, another once in the third that is."""
    times = (index // 2 + 3 * (index % 2)) % (MOST_TIMES + 1)
    place = PLACES[(index + index // 3) % 3]
    for _ in range(TRIES):
        chosen, counted = _choose(rng, items, times)
        timeline, spans, sources = _laid_out(maker, rng, chosen)
        total = timeline.now + 0.3
        once = [
            word
            for item, span in zip(chosen, spans, strict=True)
            if third(span, total) == PLACES.index(place) and total < 15
            for word in words_in(item)
            if _only_once(word, chosen) and not alike(word, counted) and len(word) >= 3
        ]
        if once:
            break
    else:
        raise ValueError(f"{name}: no list with a word {place}")
    clip = maker.clip(name, [timeline.audio() * rng.uniform(0.5, 1.2)])
    wrong = [_times(n) for n in range(MOST_TIMES + 1)]
    maker.add("speech/word_times", clip, _times(times), wrong, sources, word=counted)
    values = [Value(one) for one in PLACES]
    maker.add("speech/word_place", clip, Value(place), values, sources, word=rng.choice(once))


def _choose(rng: random.Random, items: Sequence[Item], times: int) -> tuple[list[Item], str]:
    """Items of which as many say a word, once each, and one to three more that say none like it."""
    candidates = sorted({word for item in items for word in words_in(item) if len(word) >= 3})
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
        spans.append(_add(maker, timeline, item, sources))
        timeline.rest(rng.uniform(0.25, 0.7))
    return timeline, spans, sources


def _add(maker: Maker, timeline: Timeline, item: Item, sources: list[str]) -> Span:
    if isinstance(item, Line):
        audio, source = said(maker.material, item), item.source
    else:
        audio, source = number_said(maker.material, item)
    sources.append(source)
    return timeline.add(audio)


def _times(n: int) -> Value:
    return Value("{n}" if n > 2 else str(n), {"n": str(n)})


def _timed(maker: Maker, rng: random.Random, name: str, items: Sequence[Item], at: int) -> None:
    """A number, or the first word of a sentence, at a whole second; choices are 3 s apart."""
    for _ in range(TRIES):
        wanted = rng.choice(items)
        word = words_in(wanted)[0]
        others = [one for one in items if not any(alike(word, other) for other in words_in(one))]
        if len(word) >= 3 and len(others) >= 3 and _only_once(word, [wanted]):
            break
    else:
        raise ValueError(f"{name}: no word stands out")
    sources: list[str] = []
    timeline = Timeline(0.2)
    while others and timeline.now < at - 0.3:
        other = rng.choice(others)
        audio = (
            said(maker.material, other)
            if isinstance(other, Line)
            else number_said(maker.material, other)[0]
        )
        if timeline.now + len(audio) / RATE > at - 0.2:
            break
        _add(maker, timeline, other, sources)
        timeline.rest(rng.uniform(0.25, 0.7))
    timeline.rest_until(at)
    _add(maker, timeline, wanted, sources)
    while timeline.now < rng.uniform(5, 11):
        timeline.rest(rng.uniform(0.25, 0.7))
        _add(maker, timeline, rng.choice(others), sources)
    clip = maker.clip(name, [timeline.audio() * rng.uniform(0.5, 1.2)])
    wrong = [_second(n) for n in SECONDS if n != at and n % 3 == at % 3]
    maker.add("speech/word_second", clip, _second(at), wrong, sources, word=word)


def _second(n: int) -> Value:
    return number(n, one="1", m_ss=f"0:{n:02d}")
