"""When what starts and ends, and how many times it sounds."""

from __future__ import annotations

import itertools
from collections import Counter
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from pydantic import Field

from audiorouter.clips import Clip
from audiorouter.toolbox import calibration
from audiorouter.toolbox.greatest import clearly_greatest
from audiorouter.toolbox.interface import Domain, Finding, SpanArguments, Tool
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
from audiorouter.toolbox.sound.tags import FAINT, SoundTags, among, lead, log_odds, ranking

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from audiorouter.toolbox.frontends.energy import Segment

MAX_EVENTS = 60
LONGER = 1.15
"""Factor between two lengths from which one sound is longer than another."""
_EDGE = 0.2
"""Seconds from an end of the clip within which a sound begins, or ends, with it."""
_GUESSES = 2
"""Classes that are named of each sound: the best one is often a neighbour of the right one."""


class EventArguments(SpanArguments):
    """How far apart two sounds have to be to count as two."""

    gap: float | None = Field(
        default=None,
        ge=0.02,
        le=5,
        description="Shortest pause in s that separates two events; by default as pauses suggest.",
    )
    among: tuple[str, ...] = Field(
        default=(), max_length=20, description="Names of sounds, of which each event is called one."
    )


class Event(NamedTuple):
    """One sounding stretch, in s, with its most probable classes, best first."""

    start: float
    end: float
    classes: tuple[str, ...]
    probability: float
    """Of the best class."""
    evidence: float
    """That it is of that class, as `sound_tags` has it."""

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


class SoundEvents(Tool[EventArguments]):
    """Segments of the level, each named by YAMNet."""

    name = "sound_events"
    description = (
        "Lists each separate sound with its start and end in seconds, says how many there are and "
        "in which order. Helps with counting, order, duration and when something happens."
    )
    not_for = (
        "Not for words, beats or notes, nor for sounds that overlap: what sounds without a pause "
        "is one sound."
    )
    examples = (
        "How many times does the sound occur?",
        "Which sound comes first?",
        "When does the noise begin?",
        "How long does it last?",
        "Between the splash and the laughter there is a ___.",
        "What comes right after the door slams?",
        "For the foley cue sheet, list start and stop of each effect.",
        "True or false: the car horn precedes the screech of brakes.",
        "In what order do the cow, the rooster and the sheep occur?",
        "Which of these sequences is heard: bark then meow then moo, or some other?",
        "Investigators want to know: did the scream come before or after the bang?",
        "Which of the noises is the longest?",
    )
    version = "12"
    licence = "Apache-2.0"
    domain = Domain.SOUND
    Arguments = EventArguments
    weights = ("yamnet", "minilm")

    @cached_property
    def identity(self) -> str:
        """As of every tool, with the curve that says how sure names are."""
        curve = calibration.curve(SoundTags.__name__)
        sure = "" if curve is None else f" names={curve.slope:g},{curve.intercept:g}"
        return super().identity + sure

    def load(self) -> None:
        """Load the network."""
        from audiorouter.toolbox.frontends.yamnet import yamnet

        yamnet()

    def arguments_in(self, question: str, choices: tuple[str, ...]) -> dict[str, Any]:
        """The span, and the sounds that the choices name."""
        return super().arguments_in(question, choices) | among(choices)

    def run(self, clip: Clip, arguments: EventArguments) -> Finding:
        """Find the sounding stretches and name each."""
        from audiorouter.toolbox.frontends.energy import contrast_db, sounding
        from audiorouter.toolbox.frontends.sound_groups import calls_in

        gap = arguments.gap
        segments = calls_in(clip) if gap is None else sounding(clip, gap=gap)
        events = _named(clip, segments[:MAX_EVENTS], arguments.among)
        counts = Counter(event.kind for event in events)
        longest, shortest = _extremes(events)
        data = {
            "duration_s": round(clip.duration, 2),
            "count": len(segments),
            "events": [
                {
                    "start_s": e.start,
                    "end_s": e.end,
                    "classes": list(e.classes),
                    "probability": e.probability,
                }
                for e in events
            ],
            "counts": dict(counts.most_common()),
            "seconds_by_kind": {kind: round(lasts, 2) for kind, lasts in _lengths(events).items()},
            "order": list(counts),
            "longest": longest and longest.kind,
            "shortest": shortest and shortest.kind,
        }
        sure, named = self.confidence(contrast_db(clip) / 10), _named_rightly(events)
        data["kinds_confidence"] = named
        text = _sentence(events, len(segments), clip.duration, counts) + _begins(events)
        return Finding(data, text + _less_sure(events, sure, named), sure)


def _named_rightly(events: list[Event]) -> float | None:
    """How likely the sounds are what they are called, by the curve of `sound_tags`, 0…1."""
    curve = calibration.curve(SoundTags.__name__)
    if curve is None or not events:
        return None
    return round(sum(curve.at(event.evidence) for event in events) / len(events), 3)


def _less_sure(events: list[Event], sure: float | None, named: float | None) -> str:
    """That the number of sounds is surer than what they are called."""
    if sure is None or named is None or named >= sure:
        return ""
    what = "what it is" if len(events) == 1 else "what they are"
    return f" How many there are is surer than {what}: that is {named:.0%} sure."


def _named(clip: Clip, segments: list[Segment], names: tuple[str, ...]) -> list[Event]:
    """The segments with their classes, or each with the likeliest of the names.

    Alike sounds are named together, and different ones differently, where there are names enough.
    """
    import numpy as np

    from audiorouter.toolbox.frontends.sound_groups import alike
    from audiorouter.toolbox.frontends.sound_names import likeness, names_of
    from audiorouter.toolbox.frontends.yamnet import segment_probabilities

    heard = [segment_probabilities(clip, segment) for segment in segments]
    if not names:
        return [_classified(*one) for one in zip(segments, heard, strict=True)]
    groups = alike(heard)
    means = [np.mean([heard[i] for i in group], axis=0) for group in groups]
    called = names_of(means, names)
    label = {i: called[number] for number, group in enumerate(groups) for i in group}
    return [
        Event(
            *segment,
            (label[i],),
            round(likeness(heard[i], label[i]), 3),
            lead(heard[i], label[i], names),
        )
        for i, segment in enumerate(segments)
    ]


def _classified(segment: Segment, mean: NDArray[np.float64]) -> Event:
    """The segment with its most probable classes."""
    from audiorouter.toolbox.frontends.yamnet import yamnet

    network = yamnet()
    # What sounds is not silence, however short it is.
    audible = [i for i in ranking(mean, network.specific) if network.classes[i] != "Silence"]
    ranked = [i for i in audible[:_GUESSES] if mean[i] >= FAINT]
    probability = round(float(mean[ranked[0]]), 3) if ranked else 0.0
    classes = tuple(network.classes[i] for i in ranked) or ("unknown sound",)
    return Event(*segment, classes, probability, log_odds(probability))


def _sentence(events: list[Event], count: int, duration: float, counts: Counter[str]) -> str:
    if not events:
        return "Nothing sounds in the clip: it is silent."
    if count == 1:
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
    text = f"{count_of(count, 'separate sound').capitalize()}: "
    text += listing([_when(event) for event in events[:SHOWN]])
    text += f" and {count - SHOWN} more." if count > SHOWN else "."
    lasts = total([(event.start, event.end) for event in events])
    text += f" Together they last {about_seconds(lasts)}. {_lengths_compared(events)}"
    if len(counts) == 1:
        return f"{text} All are alike: the sound is heard {times(count)}."
    totals = listing([f"{kind} {times(n)}" for kind, n in counts.most_common(5)])
    if count > len(events):
        return f"{text} In all: {totals}."
    return (
        f"{text} The kinds: {totals}. Sounds are heard {times(count)}. {_order(events)}"
        f"The first sound is {events[0].label}. The last sound is {events[-1].label}."
    )


def _begins(events: list[Event]) -> str:
    """How long it is quiet before the first sound."""
    if not events:
        return ""
    what = "It" if len(events) == 1 else "The first sound"
    start = events[0].start
    if start <= _EDGE:
        return f" {what} begins at once, at {seconds(start)}."
    exact = f" ({start:.1f} s)" if start >= SHORT_SECONDS else ""
    return f" {what} begins after {about_seconds(start)}{exact}."


def _extremes(events: list[Event]) -> tuple[Event | None, Event | None]:
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
    longest, shortest = _extremes(events)
    names = ("longer", "shorter") if len(events) == 2 else ("longest", "shortest")
    return (
        f"The {names[0]} {_sized(longest, events, max(lengths))}, "
        f"the {names[1]} {_sized(shortest, events, min(lengths))}.{_longest_kind(events)}"
    )


def _sized(clear: Event | None, events: list[Event], lasts: float) -> str:
    """The sound that is clearly so long, or those that are said to last for so many seconds."""
    those = [event for event in events if event.seconds == lasts]
    if len(those) > 1:
        named = listing([f"{event.label} from {seconds(event.start)}" for event in those[:SHOWN]])
        return f"are {number_word(len(those))} of {seconds(lasts)}: {named}"
    (event,) = those
    size = f"{event.label} ({seconds(lasts)}, from {seconds(event.start)})"
    return f"is {size}" if clear else f"is perhaps {size}"


def _lengths(events: list[Event]) -> dict[str, float]:
    """How many seconds each kind is heard in all."""
    spans: dict[str, list[tuple[float, float]]] = {}
    for event in events:
        spans.setdefault(event.kind, []).append((event.start, event.end))
    return {kind: total(each) for kind, each in spans.items()}


def _longest_kind(events: list[Event]) -> str:
    """Which kind is heard longest in all, where some are heard more than once."""
    lengths = _lengths(events)
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
        follows = f"Right {', right '.join(pairs)}. "
    return f"In order: first {', then '.join(kinds)}. {follows}"


def _when(event: Event) -> str:
    return f"{event.label} from {span(event.start, event.end)}"
