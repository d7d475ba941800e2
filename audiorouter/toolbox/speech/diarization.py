"""Who speaks when, by pyannote.audio's pipelines; it also hears when two speak at once."""

from __future__ import annotations

import itertools
from typing import Any

from pydantic import Field, model_validator

from audiorouter.clips import Clip
from audiorouter.toolbox.frontends.audio_kinds import NO_SPEECH
from audiorouter.toolbox.frontends.speaker_turns import Turn, describe_turns, turns_data
from audiorouter.toolbox.interface import Domain, Finding, SpanArguments, Tool
from audiorouter.toolbox.phrases import seconds


class DiarizationArguments(SpanArguments):
    """Which pipeline, and what is known of the number of speakers."""

    pipeline: str | None = Field(
        default=None,
        description="A pipeline by its hub name, such as pyannote/speaker-diarization-community-1 "
        "(accept its conditions and `hf download` it first), or a folder that holds one. Without "
        "it: pyannote's pipeline over weights that need no access.",
    )
    count: int | None = Field(default=None, ge=1, le=20, description="Number of speakers.")
    fewest: int | None = Field(default=None, ge=1, le=20, description="Fewest speakers.")
    most: int | None = Field(default=None, ge=1, le=20, description="Most speakers.")

    @model_validator(mode="after")
    def _in_order(self) -> DiarizationArguments:
        if self.fewest and self.most and self.fewest > self.most:
            raise ValueError("fewest is more than most")
        return self


class Diarization(Tool[DiarizationArguments]):
    """pyannote.audio: neural segmentation, voice embeddings, clustering (Bredin, 2023)."""

    name = "diarization"
    description = (
        "Diarization by pyannote.audio: who speaks when, how many speakers there are, and where "
        "two of them speak at the same time."
    )
    examples = ("Do two people speak at the same time?", "Who speaks when?")
    version = "5"
    licence = "MIT"
    domain = Domain.SPEECH
    Arguments = DiarizationArguments
    packages = ("pyannote.audio", "omegaconf")
    extra = "speech"
    weights = ("pyannote-segmentation", "resemblyzer", "silero-vad", "yamnet")
    # Over the open weights it counts worse than `speakers` and takes ten times as long.
    experimental = True

    def load(self) -> None:
        """Import pyannote.audio, which takes some seconds, and load the open pipeline."""
        from audiorouter.toolbox.frontends.pyannote import open_pipeline

        open_pipeline(None)

    def run(self, clip: Clip, arguments: DiarizationArguments) -> Finding:
        """Diarize."""
        from audiorouter.toolbox.frontends.speech import speech_segments

        if not speech_segments(clip):  # pyannote's open segmentation hears voices in instruments
            return Finding.not_measured(NO_SPEECH, speakers=0, turns=[])
        from audiorouter.toolbox.frontends.pyannote import diarize_with, open_pipeline

        hints: dict[str, Any] = {
            "num_speakers": arguments.count,
            "min_speakers": arguments.fewest,
            "max_speakers": arguments.most,
        }
        turns = diarize_with(open_pipeline(arguments.pipeline), clip, hints)
        if not turns:
            return Finding.not_measured(NO_SPEECH, speakers=0, turns=[])
        together = _together(turns)
        both = (
            f" Two speak at the same time for {seconds(together)}."
            if together >= 0.3
            else " Nobody speaks at the same time as another."
        )
        data = turns_data(turns) | {"together_s": round(together, 2)}
        # It gives nothing to tell its surer findings from the others.
        return Finding(data, describe_turns(turns) + both, self.confidence(0.0))


def _together(turns: list[Turn]) -> float:
    """Seconds in which at least two speak."""
    edges = sorted({edge for turn in turns for edge in (turn.start, turn.end)})
    return sum(
        end - start
        for start, end in itertools.pairwise(edges)
        if sum(turn.start <= start and end <= turn.end for turn in turns) >= 2
    )
