"""How many times one named sound is heard."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from pydantic import Field

from audiorouter.clips import Clip
from audiorouter.toolbox.interface import Domain, Finding, SpanArguments, Tool
from audiorouter.toolbox.phrases import listing, place, seconds, times

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from audiorouter.toolbox.frontends.energy import Segment

HEARD = 0.05
"""Probability of a class from which a sounding segment counts as that sound."""
RELATIVE = 0.3
"""Share of the segment's most probable specific class that the wanted one has to reach."""
GAP_SECONDS = 0.2
_NAMED = 8
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


class _SoundEvent(NamedTuple):
    segment: Segment
    scores: NDArray[np.float64]


class CountSound(Tool[CountArguments]):
    """Segments of the level whose YAMNet classes fit the sound's name."""

    name = "count_sound"
    description = (
        "Counts how many times one named sound is heard, such as a dog, a bell or a cough, and "
        "says when each one is. Helps where other sounds must not be counted."
    )
    examples = (
        "How many times does the dog bark?",
        "How often is the bell heard?",
        "When is the cow heard?",
        "How many car horns are there?",
    )
    version = "2"
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
        """Name the sounding segments, and count those that fit."""
        import numpy as np

        from audiorouter.toolbox.frontends.energy import sounding
        from audiorouter.toolbox.frontends.sound_names import classes_of
        from audiorouter.toolbox.frontends.yamnet import segment_probabilities, yamnet

        network = yamnet()
        heard = [
            _SoundEvent(segment, segment_probabilities(clip, segment))
            for segment in sounding(clip, gap=GAP_SECONDS)
        ]
        if not heard:
            return Finding({"sound": arguments.sound, "count": 0}, "The clip is silent.")
        if arguments.sound is None:
            summed = np.sum([event.scores for event in heard], axis=0)
            classes = [int(np.argmax(np.where(network.specific, summed, 0)))]
            sound = network.classes[classes[0]]
        else:
            sound, classes = arguments.sound, classes_of(arguments.sound)
        segments = [
            event.segment for event in heard if _fits(event.scores, classes, network.specific)
        ]
        if not segments and arguments.sound is None:
            return Finding({"sound": None, "count": 0}, "No known sound stands out.")
        data = {
            "sound": sound,
            "classes": [network.classes[index] for index in classes],
            "count": len(segments),
            "times": [{"start_s": segment.start, "end_s": segment.end} for segment in segments],
        }
        return Finding(data, _sentence(sound, segments, clip.duration))


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


def _fits(scores: NDArray[np.float64], classes: list[int], specific: NDArray[np.bool_]) -> bool:
    score = float(scores[classes].max())
    return score >= HEARD and score >= RELATIVE * float(scores[specific].max())


def _sentence(sound: str, segments: list[Segment], duration: float) -> str:
    name = sound.lower()
    if not segments:
        return f"No {name} is heard."
    where = listing(
        [
            f"{place((s + e) / 2, duration)} from {s:.1f} to {seconds(e)}"
            for s, e in segments[:_NAMED]
        ]
    )
    return f"The {name}: {where}. It is heard {times(len(segments))}."
