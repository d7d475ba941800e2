"""Where a clip was recorded, or what is being done in it."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pydantic import Field

from audiorouter.clips import Clip
from audiorouter.toolbox.interface import Domain, Finding, SpanArguments, Tool
from audiorouter.toolbox.phrases import listing
from audiorouter.toolbox.sound.scenes import Likeness, known, ranked

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

HEARD = 0.15
"""Score from which a scene is heard at all; of those that a question names one has to be right."""
FAINT = 0.03
CLEAR = 2.0
"""How many times as likely as the next one a scene has to be."""
_PARTS = 3
_PART_SECONDS = 3.0
_EVIDENCE, _EVIDENT = 4, 0.05
_WORDS = 12
_NO_SCENE = re.compile(r"\d|^(?:yes|no|true|false|none|unknown|cannot.*)\.?$", re.I)
_ASKED = re.compile(
    r"\b(?:scene|setting|surroundings|environment|location|whereabouts|venue|activity|sport)\b"
    r"|\b(?:what|which|kind of|sort of) (?:place|occasion)\b"
    r"|\bwhat (?:is|are|was|were) (?:he|she|they|we|people|somebody|someone|these|those)\b"
    r".*\b(?:doing|attending|up to)\b"
    r"|\bwhere (?:is|are|was|were|am) (?:i|he|she|they|we|people|somebody|someone|this|it)\b",
    re.I,
)
"""What asks for a place or for what is done there, whatever the choices are."""


class SceneArguments(SpanArguments):
    """Which scenes it may be."""

    among: tuple[str, ...] = Field(
        default=(),
        max_length=20,
        description="Scenes or activities, of which the likeliest is told.",
    )


class Scene(Tool[SceneArguments]):
    """YAMNet's classes, summed over those that are heard in a scene.

    A scene is known by several sounds (Heittola et al., "Context-dependent sound event detection",
    EURASIP J. Audio, Speech and Music Processing, 2013). Which sounds stand for a name is looked up
    in a list of 41 scenes, by its words and its sentence embedding.
    """

    name = "scene"
    description = (
        "Tells the scene or activity: where a clip was recorded or what is being done, such as a "
        "street, farm, kitchen, office, station or sports event, with the sounds that speak for "
        "it. Helps with place, environment, setting and cause."
    )
    not_for = "Not for single sounds, their number or order, nor for what is said or played."
    examples = (
        "Where was this recorded?",
        "What is the setting of the recording?",
        "What activity is going on?",
        "Is it indoors or at a station?",
        "In which environment is the listener?",
        "Does this ambience suit my film's restaurant shot?",
        "The clip most probably comes from a ___ (beach, market, office).",
        "A kidnapper's call: what does the backdrop tell about his whereabouts?",
        "What event are the people attending, a wedding, a match or a demonstration?",
        "Somebody is busy with something here. Cooking, cleaning or carpentry?",
        "Are we in the city or the countryside?",
        "What are these folks up to?",
        "What sport is under way?",
    )
    version = "6"
    licence = "Apache-2.0"
    domain = Domain.SOUND
    Arguments = SceneArguments
    weights = ("yamnet", "minilm")

    def load(self) -> None:
        """Load the network."""
        from audiorouter.toolbox.frontends.yamnet import yamnet

        yamnet()

    def arguments_in(self, question: str, choices: tuple[str, ...]) -> dict[str, Any]:
        """The span, and the choices where they are scenes."""
        named = {"among": list(choices)} if self._are_scenes(question, choices) else {}
        return super().arguments_in(question, choices) | named

    @staticmethod
    def _are_scenes(question: str, choices: tuple[str, ...]) -> bool:
        """Whether choices are short, without numbers, and either known or asked for as scenes."""
        short = all(len(one.split()) <= _WORDS and not _NO_SCENE.search(one) for one in choices)
        return len(choices) > 1 and short and (bool(_ASKED.search(question)) or known(choices))

    def run(self, clip: Clip, arguments: SceneArguments) -> Finding:
        """Rank the scenes by the whole clip, and by each part of a longer one."""
        from audiorouter.toolbox.frontends.yamnet import clip_probabilities

        if clip.facts.silent:
            return Finding.not_measured("the clip is silent")
        patches = clip_probabilities(clip)
        # A sound that is heard once tells as much as one that goes on.
        scenes = ranked((patches.mean(axis=0) + patches.max(axis=0)) / 2, arguments.among)
        best, second = scenes[0], scenes[1] if len(scenes) > 1 else None
        if best.score < (FAINT if arguments.among else HEARD):
            return Finding.not_measured(
                "no sound is heard that belongs to "
                + ("any of these" if arguments.among else "a certain scene")
            )
        parts = [ranked(part, arguments.among)[0] for part in _parts(patches, clip.duration)]
        margin = math.log(best.score / max(0.01, second.score if second else 0.0))
        data = {
            "scene": best.name,
            "scores": {one.name: round(one.score, 3) for one in scenes[:8]},
            "evidence": dict(_told(best)),
            "parts": [one.name if one.score >= HEARD else None for one in parts],
        }
        sure = self.confidence(margin, unsure=_is_unsure(best, second))
        return Finding(data, _sentence(best, second, parts), sure)


def _parts(patches: NDArray[np.float64], duration: float) -> list[NDArray[np.float64]]:
    """Mean probabilities of each third of a clip; none where a third is shorter than 3 s."""
    import numpy as np

    if duration < _PARTS * _PART_SECONDS:
        return []
    return [part.mean(axis=0) for part in np.array_split(patches, _PARTS)]


def _told(scene: Likeness) -> tuple[tuple[str, float], ...]:
    return tuple(one for one in scene.evidence if one[1] >= _EVIDENT)[:_EVIDENCE]


def _is_unsure(best: Likeness, second: Likeness | None) -> bool:
    return second is not None and best.score < max(HEARD, CLEAR * second.score)


def _sentence(best: Likeness, second: Likeness | None, parts: Sequence[Likeness]) -> str:
    evidence = listing([name for name, _ in _told(best)])
    text = f"Heard: {evidence}." if evidence else "Little is heard that tells the scene."
    places = [one.name for one in parts if one.score >= HEARD]
    if len(set(places)) > 1:
        text += f" From beginning to end it sounds like: {listing(places)}."
    if second is not None and _is_unsure(best, second):
        also = listing([name for name, _ in _told(second) if (name, _) not in _told(best)])
        why = f" ({also})" if also else ""
        return f"{text} It is perhaps: {best.name}; or else: {second.name}{why}."
    return f"{text} It sounds like: {best.name}."
