"""When what starts and ends, and how many times it sounds."""

from __future__ import annotations

from collections import Counter
from functools import cached_property
from typing import TYPE_CHECKING, Any

from pydantic import Field

from audiorouter.clips import Clip
from audiorouter.toolbox import calibration
from audiorouter.toolbox.interface import Domain, Finding, SpanArguments, Tool
from audiorouter.toolbox.sound.event_words import (
    Event,
    extremes,
    in_words,
    levels_by_kind,
    seconds_by_kind,
)
from audiorouter.toolbox.sound.tags import FAINT, SoundTags, among, lead, log_odds, ranking

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from audiorouter.toolbox.frontends.energy import Segment

MAX_EVENTS = 60
MOST_NAMES = 20
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
        default=(),
        max_length=MOST_NAMES,
        description="Names of sounds, of which each event is called one.",
    )


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
    version = "13"
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
        """The span, and the sounds that the choices name, with others that the question does."""
        from audiorouter.toolbox.frontends.sound_names import sounds_in

        named = among(choices)
        if names := named.get("among"):
            named["among"] = [*names, *sounds_in(question, names)][:MOST_NAMES]
        return super().arguments_in(question, choices) | named

    def run(self, clip: Clip, arguments: EventArguments) -> Finding:
        """Find the sounding stretches and name each."""
        from audiorouter.toolbox.frontends.energy import contrast_db, sounding
        from audiorouter.toolbox.frontends.sound_groups import calls_in

        gap = arguments.gap
        segments = calls_in(clip) if gap is None else sounding(clip, gap=gap)
        events = _named(clip, segments[:MAX_EVENTS], arguments.among)
        counts = Counter(event.kind for event in events)
        longest, shortest = extremes(events)
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
            "level_by_kind_dbfs": {k: round(v, 1) for k, v in levels_by_kind(events).items()},
            "seconds_by_kind": {
                kind: round(lasts, 2) for kind, lasts in seconds_by_kind(events).items()
            },
            "order": list(counts),
            "longest": longest and longest.kind,
            "shortest": shortest and shortest.kind,
        }
        sure, named = self.confidence(contrast_db(clip) / 10), _named_rightly(events)
        data["kinds_confidence"] = named
        text = in_words(events, len(segments), clip.duration)
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

    from audiorouter.toolbox.frontends.energy import mean_level
    from audiorouter.toolbox.frontends.sound_groups import alike
    from audiorouter.toolbox.frontends.sound_names import likeness, names_of
    from audiorouter.toolbox.frontends.yamnet import segment_probabilities

    heard = [segment_probabilities(clip, segment) for segment in segments]
    levels = [mean_level(clip, segment) for segment in segments]
    if not names:
        return [_classified(*one) for one in zip(segments, heard, levels, strict=True)]
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
            levels[i],
        )
        for i, segment in enumerate(segments)
    ]


def _classified(segment: Segment, mean: NDArray[np.float64], level: float) -> Event:
    """The segment with its most probable classes."""
    from audiorouter.toolbox.frontends.yamnet import yamnet

    network = yamnet()
    # What sounds is not silence, however short it is.
    audible = [i for i in ranking(mean, network.specific) if network.classes[i] != "Silence"]
    ranked = [i for i in audible[:_GUESSES] if mean[i] >= FAINT]
    probability = round(float(mean[ranked[0]]), 3) if ranked else 0.0
    classes = tuple(network.classes[i] for i in ranked) or ("unknown sound",)
    return Event(*segment, classes, probability, log_odds(probability), level)
