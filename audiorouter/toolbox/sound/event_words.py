"""Separate sounds in words: what there is, in which order, how long and how loud it is."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from typing import NamedTuple

from audiorouter.toolbox.greatest import clearly_greatest
from audiorouter.toolbox.lengths import SHOWN, length, span, total
from audiorouter.toolbox.phrases import (
    SHORT_SECONDS,
    about_seconds,
    count_of,
    listing,
    number_word,
    place,
    seconds,
    times,
)

LONGER = 1.15
"""Factor between two lengths from which one sound is longer than another."""
LOUDER_DB = 3.0
"""Difference of two levels from which one sound is louder than another."""
_EDGE = 0.2
"""Seconds from an end of the clip within which a sound begins, or ends, with it."""
_KINDS_AROUND = 3
"""Kinds of sounds up to which it is said how often each is heard before and after another."""


class Event(NamedTuple):
    """One sounding stretch, in s, with its most probable classes, best first."""

    start: float
    end: float
    classes: tuple[str, ...]
    probability: float
    """Of the best class."""
    evidence: float
    """That it is of that class, as `sound_tags` has it."""
    level: float
    """Mean power in dBFS."""

    @property
    def kind(self) -> str:
        """The most probable class, or the name it was given."""
        return self.classes[0]

    @property
    def seconds(self) -> float:
        """How long it lasts, by its times as they are said."""
        return length(self.start, self.end)

    @property
    def label(self) -> str:
        """The classes in a few words."""
        return " or ".join(self.classes)


def in_words(events: list[Event], count: int, duration: float) -> str:
    """What sounds in a clip of `duration` s: the first `events` of `count`."""
    if count <= 1:
        return f"{_at_most_one(events, duration)} {_begins(events)}".rstrip()
    listed = listing([_when(event) for event in events[:SHOWN]])
    more = f" and {count - SHOWN} more" if count > SHOWN else ""
    lasts = about_seconds(total([(event.start, event.end) for event in events]))
    return " ".join(filter(None, [
        f"{count_of(count, 'separate sound').capitalize()}: {listed}{more}.",
        f"What follows is of the first {len(events)}." if count > len(events) else "",
        f"Together they last {lasts}. {_lengths_compared(events)}",
        _loudness_compared(events),
        *_kinds(events, count),
        _begins(events),
    ]))  # fmt: skip


def _kinds(events: list[Event], count: int) -> list[str]:
    """How many sounds there are of which kinds, and in which order."""
    counts = Counter(event.kind for event in events)
    if len(counts) == 1:
        return [f"All are alike: the sound is heard {times(len(events))}."]
    totals = listing([f"{kind} {times(n)}" for kind, n in counts.most_common(5)])
    if count > len(events):
        return [f"In all: {totals}."]
    return [
        f"The kinds: {totals}. Sounds are heard {times(count)}.",
        _around(events, counts),
        _order(events),
        f"The first sound is {events[0].label}. The last sound is {events[-1].label}.",
    ]


def levels_by_kind(events: list[Event]) -> dict[str, float]:
    """Mean power of each kind while it sounds, in dBFS."""
    energy: dict[str, float] = {}
    lasts: dict[str, float] = {}
    for event in events:
        duration = event.end - event.start
        energy[event.kind] = energy.get(event.kind, 0.0) + duration * 10 ** (event.level / 10)
        lasts[event.kind] = lasts.get(event.kind, 0.0) + duration
    return {kind: 10 * math.log10(energy[kind] / lasts[kind]) for kind in energy}


def _at_most_one(events: list[Event], duration: float) -> str:
    if not events:
        return "Nothing sounds in the clip: it is silent."
    (event,) = events
    if event.start <= _EDGE and event.end >= duration - _EDGE:
        return (
            f"One continuous sound ({event.label}) for the whole clip. It lasts "
            f"{about_seconds(duration)}. It is heard once."
        )
    where = ""
    if event.seconds < duration / 3:  # a longer one has no place
        where = f", {place((event.start + event.end) / 2, duration)}"
    length = about_seconds(event.seconds)
    return f"One sound: {_when(event)}. It lasts {length}. It is heard once{where}."


def _begins(events: list[Event]) -> str:
    """How long it is quiet before the first sound."""
    if not events:
        return ""
    what = "It" if len(events) == 1 else "The first sound"
    start = events[0].start
    if start <= _EDGE:
        return f"{what} begins at once, at {seconds(start)}."
    exact = f" ({start:.1f} s)" if start >= SHORT_SECONDS else ""
    return f"{what} begins after {about_seconds(start)}{exact}."


def extremes(events: list[Event]) -> tuple[Event | None, Event | None]:
    """The sound that is clearly the longest, and that which is clearly the shortest."""
    if len(events) < 2:
        return None, None
    by_length = sorted(events, key=lambda event: event.seconds)
    longest = by_length[-1] if by_length[-1].seconds >= LONGER * by_length[-2].seconds else None
    shortest = by_length[0] if by_length[1].seconds >= LONGER * by_length[0].seconds else None
    return longest, shortest


def _lengths_compared(events: list[Event]) -> str:
    """Which sound is the longest and which the shortest, where their lengths tell them apart."""
    lengths = [event.seconds for event in events]
    if max(lengths) < LONGER * min(lengths):
        return (
            "Both last about equally long." if len(events) == 2 else "All last about equally long."
        )
    longest, shortest = extremes(events)
    names = ("longer", "shorter") if len(events) == 2 else ("longest", "shortest")
    return (
        f"The {names[0]} {_sized(longest, events, max(lengths))}, "
        f"the {names[1]} {_sized(shortest, events, min(lengths))}.{_longest_kind(events)}"
    )


def _sized(clear: Event | None, events: list[Event], lasts: float) -> str:
    """The sound that is clearly so long, or those that are said to last for so many seconds."""
    those = [event for event in events if event.seconds == lasts]
    if len(those) > 1:
        kinds = listing(list(dict.fromkeys(event.kind for event in those)))
        return f"are {number_word(len(those))} of {seconds(lasts)}: {kinds}"
    (event,) = those
    alone = sum(other.kind == event.kind for other in events) == 1
    begins = "" if alone else f", from {seconds(event.start)}"
    size = f"{event.kind} ({seconds(lasts)}{begins})"
    return f"is {size}" if clear else f"is perhaps {size}"


def seconds_by_kind(events: list[Event]) -> dict[str, float]:
    """How many seconds each kind is heard in all."""
    spans: dict[str, list[tuple[float, float]]] = {}
    for event in events:
        spans.setdefault(event.kind, []).append((event.start, event.end))
    return {kind: total(each) for kind, each in spans.items()}


def _longest_kind(events: list[Event]) -> str:
    """Which kind is heard longest in all, where some are heard more than once."""
    lengths = seconds_by_kind(events)
    if not 1 < len(lengths) < len(events):
        return ""
    if (kind := clearly_greatest(lengths, factor=LONGER)) is None:
        return ""
    longest = "longer" if len(lengths) == 2 else "the longest"
    return f" In all, {kind} is heard {longest} ({seconds(lengths[kind])})."


def _order(events: list[Event]) -> str:
    """In which order the kinds are first heard, and what follows what; nothing of many."""
    kinds = list(dict.fromkeys(event.kind for event in events))
    if not 2 <= len(kinds) <= SHOWN:
        return ""
    follows = ""
    # Where a kind comes back, what comes after it is not one thing.
    if 3 <= len(kinds) == len(events):
        pairs = [f"after {one} comes {other}" for one, other in itertools.pairwise(kinds)]
        follows = f" Right {', right '.join(pairs)}."
    return f"In order: first {', then '.join(kinds)}.{follows}"


def _around(events: list[Event], counts: Counter[str]) -> str:
    """How often other kinds are heard before and after one that is heard at one time alone."""
    if not 2 <= len(counts) <= _KINDS_AROUND:
        return ""
    kinds = [event.kind for event in events]
    told = []
    for kind, number in counts.items():
        first = kinds.index(kind)
        others = len(kinds) - number
        if set(kinds[first : first + number]) == {kind} and others > len(counts) - 1:
            before, after = Counter(kinds[:first]), Counter(kinds[first + number :])
            told.append(f"Before {kind}: {_often(before)}; after it: {_often(after)}.")
    return " ".join(told)


def _often(counts: Counter[str]) -> str:
    return listing([f"{kind} {times(n)}" for kind, n in counts.items()]) if counts else "nothing"


def _loudness_compared(events: list[Event]) -> str:
    """Which kind is clearly the loudest and which the quietest."""
    levels = levels_by_kind(events)
    if len(levels) < 2:
        return ""
    names = ("louder", "quieter") if len(levels) == 2 else ("loudest", "quietest")
    loudest = clearly_greatest(levels, margin=LOUDER_DB)
    quietest = clearly_greatest({k: -level for k, level in levels.items()}, margin=LOUDER_DB)
    told = [
        f"the {name} is {kind}"
        for name, kind in zip(names, (loudest, quietest), strict=True)
        if kind is not None
    ]
    if not told:
        return f"{' and '.join(levels)} are about equally loud." if len(levels) == 2 else ""
    return f"{listing(told)[0].upper()}{listing(told)[1:]}."


def _when(event: Event) -> str:
    return f"{event.label} from {span(event.start, event.end)}"
