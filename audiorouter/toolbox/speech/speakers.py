"""Who speaks when, and how many speak."""

from __future__ import annotations

from pydantic import Field

from audiorouter.clips import Clip
from audiorouter.toolbox.frontends.audio_kinds import NO_SPEECH
from audiorouter.toolbox.frontends.speaker_turns import describe_turns, turns_data
from audiorouter.toolbox.interface import Domain, Finding, SpanArguments, Tool

CLEAR_MARGIN = 0.05
"""Margin of the clustering from which the number of people is called certain."""
_TOLD = 2.0

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
        "Tell me how many turns each participant takes in the interview.",
        "When does another person take over from the newsreader?",
        "How many different children recite a line in the school play?",
        "The hidden microphone caught some folks in a room. How many do we have to identify?",
        "True or false: at least three different persons talk in this clip.",
        "The panel consists of ___ distinct talkers.",
        "Is this a monologue or are there several folks chatting?",
        "Is the voice at the beginning the same person as the voice at the end?",
    )
    version = "7"
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
        unsure = margin is not None and margin < CLEAR_MARGIN
        data = turns_data(turns) | ({} if margin is None else {"margin": round(margin, 2)})
        text = describe_turns(turns) + (UNSURE if unsure else "")
        return Finding(data, text, self.confidence(evidence_of(margin), unsure=unsure))


def evidence_of(margin: float | None) -> float:
    """Evidence for the number of speakers: from -1 where any other threshold gives another one.

    Where the number was told, or there is too little speech for two, it is that of a clear margin.
    """
    return _TOLD if margin is None else 20 * margin - 1
