"""How many times one named sound is heard."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from pydantic import Field

from audiorouter.clips import Clip
from audiorouter.toolbox.interface import Domain, Finding, SpanArguments, Tool
from audiorouter.toolbox.lengths import SHOWN, span
from audiorouter.toolbox.phrases import listing, place, times, with_article

if TYPE_CHECKING:
    from audiorouter.toolbox.frontends.energy import Segment
    from audiorouter.toolbox.frontends.sound_groups import SoundGroup

HEARD = 0.05
"""Likeness to a name from which a kind of sound counts as heard."""
RELATIVE = 0.1
"""Share of the most probable other class that it has to reach."""
SURE = 0.6
"""Likeness from which more than one kind of sound is what is asked for."""
PERHAPS, AHEAD = 0.001, 1.5
"""Likeness, and ratio to the next kind's, from which the likeliest kind is perhaps meant."""
THROUGHOUT = 0.9
"""Share of a clip from which one sound lasts all of it."""
_ASKED = re.compile(
    r"\b(?:how (?:many times|often)|when|where|in which part)\b.*?\b(?:does|do|is|are|can|did)"
    r"(?: we| you| one)?(?: hear)? (?:the|a|an)\s+(.+?)"
    r"(?:\s+(?:heard|hear|sound|sounds|ring|bark|barks|call|calls|occur|play|played|happen)\b|\?|$)",
    re.IGNORECASE,
)
_COUNTED = re.compile(r"\bhow many (.+?) (?:are|is|can|do|does|were)\b", re.IGNORECASE)
_VAGUE = frozenset(
    {"sound", "sounds", "noise", "event", "events", "clip", "recording", "sound event"}
)


class CountArguments(SpanArguments):
    """What to count."""

    sound: str | None = Field(
        default=None, min_length=2, max_length=60, description="The sound, in a word: dog, bell …"
    )


class _Counted(NamedTuple):
    segments: list[Segment]
    sure: bool
    evidence: float
    """Log of how much more like the name what is counted is than the likeliest of the others."""


class CountSound(Tool[CountArguments]):
    """The kinds of sound in the clip whose YAMNet classes fit the sound's name."""

    name = "count_sound"
    description = (
        "Counts how many times one named sound is heard, such as a dog, a bell or a cough, and "
        "says when each one is. Helps where other sounds must not be counted."
    )
    not_for = (
        "Not for words, beats or notes, nor for sounds that go on without a pause or that sound at "
        "the same time."
    )
    examples = (
        "How many times does the dog bark?",
        "How often is the bell heard?",
        "When is the cow heard?",
        "How many car horns are there?",
        "I want to know how many sneezes my patient had, nothing else.",
        "Count the sheep that bleat, but not the birds.",
        "True or false: the cat meows just once.",
        "How many gunshots are fired, leaving aside the shouts in between?",
        "At what times does the owl hoot?",
        "The night nurse needs to know how often the patient snored with a loud snort.",
        "Which of these is the number of times the phone rings before it's picked up?",
        "Number of coughs during the concert?",
    )
    version = "9"
    licence = "Apache-2.0"
    domain = Domain.SOUND
    Arguments = CountArguments
    weights = ("yamnet", "minilm")

    def load(self) -> None:
        """Load the network; the sentence encoder is loaded for the first name it does not know."""
        from audiorouter.toolbox.frontends.yamnet import yamnet

        yamnet()

    def arguments_in(self, question: str, choices: tuple[str, ...]) -> dict[str, Any]:
        """The span, and the sound that is asked for."""
        arguments = super().arguments_in(question, choices)
        sound = sound_in(question)
        return arguments | ({"sound": sound} if sound else {})

    def run(self, clip: Clip, arguments: CountArguments) -> Finding:
        """Name the kinds of sound, and count what fits."""
        from audiorouter.toolbox.frontends.sound_groups import sound_groups
        from audiorouter.toolbox.frontends.sound_names import classes_of
        from audiorouter.toolbox.frontends.yamnet import yamnet

        groups = sound_groups(clip)
        if not groups:
            return Finding.not_measured("the clip is silent", sound=arguments.sound, count=0)
        sound = arguments.sound or _commonest(groups)
        if sound is None:
            return Finding.not_measured("no known sound stands out", sound=None, count=0)
        counted = _counted(groups, sound)
        data = {
            "sound": sound,
            "classes": [yamnet().classes[index] for index in classes_of(sound)],
            "count": len(counted.segments),
            "sure": counted.sure,
            "times": [{"start_s": start, "end_s": end} for start, end in counted.segments],
        }
        text = _sentence(sound, counted, clip.duration)
        unsure = bool(counted.segments) and not counted.sure
        if arguments.sound is None and counted.sure:
            # It is counted as surely as ever, but what it is was only guessed.
            text, unsure = f"The likeliest sound is perhaps {with_article(sound)}. {text}", True
        return Finding(data, text, self.confidence(counted.evidence, unsure=unsure))


def _commonest(groups: list[SoundGroup]) -> str | None:
    """The class that is most probable over all sounds; None where none is."""
    import numpy as np

    from audiorouter.toolbox.frontends.yamnet import yamnet

    network = yamnet()
    summed = sum(len(group.segments) * group.probabilities for group in groups)
    best = int(np.argmax(np.where(network.specific, summed, 0)))
    heard = max(float(group.probabilities[best]) for group in groups) >= HEARD
    return network.classes[best] if heard else None


def _counted(groups: list[SoundGroup], sound: str) -> _Counted:
    """The sounds of the kinds that fit the name, or of the one that perhaps does."""
    from audiorouter.toolbox.frontends.sound_names import likeness

    scores = [likeness(group.probabilities, sound) for group in groups]
    order = sorted(range(len(groups)), key=lambda index: -scores[index])
    fitting = [index for index in order if _fits(groups[index], scores[index], sound)]
    chosen = [index for index in fitting if index == fitting[0] or scores[index] >= SURE]
    sure = bool(chosen)
    first, *rest = order
    if not chosen and rest and scores[first] >= max(PERHAPS, AHEAD * scores[rest[0]]):
        chosen = [first]
    others = max((scores[index] for index in order if index not in chosen), default=0.0)
    evidence = _log_ratio(scores[chosen[0]], others) if chosen else _log_ratio(HEARD, others)
    segments = sorted(segment for index in chosen for segment in groups[index].segments)
    return _Counted(segments, sure, evidence)


def _log_ratio(one: float, other: float) -> float:
    return math.log((one + 0.01) / (other + 0.01))


def sound_in(question: str) -> str | None:
    """The sound that a question asks to count or to find, in its words.

    >>> sound_in("How many times does the dog bark?"), sound_in("How often is the sound heard?")
    ('dog', None)
    """
    for pattern in (_ASKED, _COUNTED):
        if (asked := pattern.search(question)) is not None:
            name = asked[1].strip().lower()
            return None if name in _VAGUE or len(name) > 40 else name
    return None


def _fits(group: SoundGroup, score: float, sound: str) -> bool:
    import numpy as np

    from audiorouter.toolbox.frontends.sound_names import classes_of
    from audiorouter.toolbox.frontends.yamnet import yamnet

    others = yamnet().specific.copy()
    others[classes_of(sound)] = False
    best = float(np.max(group.probabilities, where=others, initial=0.0))
    return score >= HEARD and score >= RELATIVE * best


def _where(start: float, end: float, duration: float) -> str:
    """In which part of the clip a sound is, or that it goes on for nearly all of it."""
    if end - start > THROUGHOUT * duration:
        return "through the whole clip"
    return place((start + end) / 2, duration)


def _sentence(sound: str, counted: _Counted, duration: float) -> str:
    name, segments = sound.lower(), counted.segments
    if not segments:
        return f"No {name} is heard."
    where = listing([f"{_where(s, e, duration)} from {span(s, e)}" for s, e in segments[:SHOWN]])
    if not counted.sure:
        return (
            f"It is unsure whether {with_article(name)} is heard; most like it is the sound "
            f"{where}. That one is heard {times(len(segments))}."
        )
    return f"The {name}: {where}. It is heard {times(len(segments))}."
