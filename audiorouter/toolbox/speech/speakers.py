"""Who speaks when, and how many speak."""

from __future__ import annotations

from pydantic import Field

from audiorouter.clips import Clip
from audiorouter.toolbox.frontends.audio_kinds import NO_SPEECH
from audiorouter.toolbox.frontends.speaker_turns import describe_turns, turns_data
from audiorouter.toolbox.interface import Domain, Finding, SpanArguments, Tool

CLEAR_MARGIN = 0.05
"""Margin of the clustering from which the number of people is called certain."""


UNSURE = " It is unsure whether there are not more or fewer: some voices are hard to tell apart."


class SpeakerArguments(SpanArguments):
    """What is known beforehand."""

    count: int | None = Field(
        default=None, ge=1, le=20, description="Number of speakers, where it is known."
    )


class Speakers(Tool[SpeakerArguments]):
    """Diarization: Silero finds speech, Resemblyzer tells voices apart, clustering counts them."""

    name = "speakers"
    description = (
        "Tells different people apart by their voices: how many speakers there are and who takes "
        "turns when. Helps with the number of people, conversation and dialogue."
    )
    not_for = "Not for what is said, nor for who the people are: not names, ages or sexes."
    examples = (
        "How many people are talking?",
        "How many speakers are there?",
        "Is it one voice or several?",
        "When does the second person speak?",
    )
    version = "4"
    licence = "Apache-2.0"
    domain = Domain.SPEECH
    Arguments = SpeakerArguments
    packages = ("torch", "scipy")
    weights = ("silero-vad", "yamnet", "resemblyzer")

    def load(self) -> None:
        """Load both networks."""
        from audiorouter.toolbox.frontends.voices import load_networks

        load_networks()

    def run(self, clip: Clip, arguments: SpeakerArguments) -> Finding:
        """Find the speech, embed windows of it, cluster them and read off the turns."""
        from audiorouter.toolbox.frontends.voices import voices

        turns, margin = voices(clip, arguments.count)
        if not turns:
            return Finding.not_measured(NO_SPEECH, speakers=0, turns=[])
        if margin is None:
            return Finding(turns_data(turns), describe_turns(turns))
        unsure = "" if margin >= CLEAR_MARGIN else UNSURE
        data = turns_data(turns) | {"margin": round(margin, 2)}
        return Finding(data, describe_turns(turns) + unsure, self.confidence(evidence_of(margin)))


def evidence_of(margin: float) -> float:
    """Evidence for the number of speakers: from -1 where any other threshold gives another one."""
    return 20 * margin - 1
