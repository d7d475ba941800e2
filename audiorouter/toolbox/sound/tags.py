"""What kinds of sound are in the clip."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from pydantic import Field

from audiorouter.clips import Clip
from audiorouter.toolbox.interface import Domain, Finding, SpanArguments, Tool
from audiorouter.toolbox.spans import around_moment

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

CLEAR = 0.35
"""Mean probability over the clip from which a class counts as heard."""
FAINT = 0.08


class TagArguments(SpanArguments):
    """How many classes to name."""

    top: int = Field(default=5, ge=1, le=20, description="How many kinds of sound to name.")
    among: tuple[str, ...] = Field(
        default=(), max_length=20, description="Names of sounds, of which the likeliest is told."
    )


class SoundTags(Tool[TagArguments]):
    """AudioSet classes through YAMNet."""

    name = "sound_tags"
    description = (
        "Names what is heard: animals, vehicles, household sounds, musical instruments, speech, "
        "nature. Helps to tell which source or instrument makes the sound."
    )
    not_for = "Not for when or how often something sounds, what is said, or which notes are played."
    examples = (
        "What makes this sound?",
        "Which animal is heard?",
        "Is there music or speech?",
        "Which instrument is playing?",
        "Where was this recorded?",
        "Which of these is the source: hair dryer, vacuum cleaner or blender?",
        "What kind of vehicle goes by?",
        "Name the household appliance that is running.",
        "What material or object is being struck, broken or torn here?",
        "I found a file called fx_031.wav. What is on it?",
        "Does anything with an engine appear in the recording?",
        "Is that a chainsaw or a motorbike?",
        "Which creature, cricket or frog, is behind this night-time chirp?",
    )
    version = "8"
    licence = "Apache-2.0"
    domain = Domain.SOUND
    Arguments = TagArguments
    weights = ("yamnet", "minilm")

    def load(self) -> None:
        """Load the network."""
        from audiorouter.toolbox.frontends.yamnet import yamnet

        yamnet()

    def arguments_in(self, question: str, choices: tuple[str, ...]) -> dict[str, Any]:
        """The span, or the moment, and the sounds that the choices name."""
        span = super().arguments_in(question, choices) or around_moment(question)
        return span | among(choices)

    def run(self, clip: Clip, arguments: TagArguments) -> Finding:
        """Name the most probable classes, averaged over the clip."""
        from audiorouter.toolbox.frontends.energy import hardly_heard
        from audiorouter.toolbox.frontends.sound_names import most_like
        from audiorouter.toolbox.frontends.yamnet import SAMPLE_RATE, clip_probabilities, yamnet

        if hardly_heard(clip, SAMPLE_RATE):
            return Finding.not_measured("nearly all of it lies above 8 kHz", tags=[])
        network = yamnet()
        mean = clip_probabilities(clip).mean(axis=0)
        ranked = ranking(mean, network.specific)
        first = round(float(mean[ranked[0]]), 3)
        # What is clear comes first: however few are named, what is said of them stays the same.
        ranked.sort(key=lambda index: mean[index] < CLEAR)
        tags = [
            (network.classes[index], round(float(mean[index]), 3))
            for index in ranked[: arguments.top]
        ]
        data: dict[str, Any] = {"tags": [{"class": n, "probability": score} for n, score in tags]}
        if not arguments.among:
            sure = self.confidence(log_odds(first), unsure=first < CLEAR)
            return Finding(data, _sentence(tags), sure)
        likeliest = most_like(mean, arguments.among)
        data["most_like"] = likeliest
        text = f"{_sentence(tags)} It sounds most like: {likeliest}."
        return Finding(data, text, self.confidence(lead(mean, likeliest, arguments.among)))


def lead(mean: NDArray[np.float64], name: str, names: tuple[str, ...]) -> float:
    """Evidence that a sound is what the name says, and nothing else of the names."""
    from audiorouter.toolbox.frontends.sound_names import likeness

    others = [likeness(mean, other) for other in names if other != name]
    return math.log((likeness(mean, name) + 0.003) / (max(others) + 0.003)) if others else 0.0


def log_odds(probability: float) -> float:
    """Evidence that a sound is of a class, by the class's probability."""
    inside = min(0.999, max(0.001, probability))
    return math.log(inside / (1 - inside))


def among(choices: tuple[str, ...]) -> dict[str, Any]:
    """The argument of that name, where the choices are names of sounds."""
    from audiorouter.toolbox.frontends.sound_names import sounds_among

    named = sounds_among(choices)
    return {"among": list(named)} if named else {}


def ranking(mean: NDArray[np.float64], specific: NDArray[np.bool_]) -> list[int]:
    """Class indices by probability, with the specific ones that are heard at all in front."""
    import numpy as np

    order = [int(index) for index in np.argsort(-mean, kind="stable")]
    front = [index for index in order if specific[index] and mean[index] >= FAINT]
    return front + [index for index in order if index not in set(front)]


def _sentence(tags: list[tuple[str, float]]) -> str:
    clear = [name for name, score in tags if score >= CLEAR]
    faint = [name for name, score in tags if FAINT <= score < CLEAR]
    if clear:
        text = f"The clip sounds like: {', '.join(clear)}."
        return f"{text} Perhaps also: {', '.join(faint)}." if faint else text
    if faint:
        return f"No sound stands out; perhaps: {', '.join(faint)}."
    return "No known kind of sound is recognised."
