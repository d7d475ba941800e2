"""pyannote.audio's speaker diarization pipelines, opened without network and without trust.

Bredin, "pyannote.audio 2.1 speaker diarization pipeline", Interspeech 2023. Files are read by
`pyannote_files`, not by pyannote. Its telemetry is off, see `audiorouter.machine.privacy`.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from pyannote.audio import Model
from pyannote.audio.core.task import Problem, Resolution, Specifications
from pyannote.audio.pipelines import SpeakerDiarization

from audiorouter.clips import Clip
from audiorouter.errors import ToolError
from audiorouter.toolbox.frontends.pyannote_files import (
    hub_folder,
    no_plda,
    read_model,
    read_pipeline,
)
from audiorouter.toolbox.frontends.resemblyzer import WINDOW_FRAMES, VoiceEncoder, voice_encoder
from audiorouter.toolbox.frontends.speaker_turns import Turn
from audiorouter.weights import locate

SAMPLE_RATE = 16_000
_SETTINGS = {
    "segmentation": {"threshold": 0.5, "min_duration_off": 0.1},
    "clustering": {"method": "average", "min_cluster_size": 6, "threshold": 0.3},
}
_FEWEST_FRAMES = 25
_SHORTEST_TURN = 0.2
LONGEST_SECONDS = 3_600.0
"""Seconds of a clip that are diarized at once, in about 1.5 GB of memory."""


class _Voiceprints(Model):  # type: ignore[misc]
    """Resemblyzer's embedding in pyannote's terms."""

    def __init__(self) -> None:
        super().__init__(sample_rate=SAMPLE_RATE, num_channels=1)
        self.encoder: VoiceEncoder = voice_encoder()
        self.specifications = Specifications(
            problem=Problem.REPRESENTATION, resolution=Resolution.CHUNK, duration=5.0
        )

    @property
    def dimension(self) -> int:
        """Length of an embedding."""
        return 256

    def forward(self, waveforms: torch.Tensor, weights: torch.Tensor | None = None) -> torch.Tensor:
        """Embeddings `(B, 256)` of `(B, 1, samples)`; NaN where too little of a chunk is heard."""
        voiceprints = []
        for index, wave in enumerate(waveforms):
            frames = self.encoder.features(wave[0].numpy())
            if weights is not None:
                at = np.linspace(0, weights.shape[-1] - 1, len(frames))
                heard = np.interp(at, np.arange(weights.shape[-1]), weights[index].numpy()) > 0.5
                frames = frames[heard]
            if len(frames) < _FEWEST_FRAMES:
                voiceprints.append(torch.full((self.dimension,), float("nan")))
                continue
            frames = np.resize(frames, (max(len(frames), WINDOW_FRAMES), frames.shape[1]))
            starts = range(0, len(frames) - WINDOW_FRAMES + 1, WINDOW_FRAMES // 2)
            mean = self.encoder.embed([frames[s : s + WINDOW_FRAMES] for s in starts]).mean(axis=0)
            voiceprints.append(torch.from_numpy(mean / np.linalg.norm(mean)).float())
        return torch.stack(voiceprints)


@lru_cache(maxsize=2)
def open_pipeline(name: str | None) -> Any:
    """The pipeline of a hub name or folder; None is pyannote's over open weights.

    Raises:
        ToolError: it is not on this machine, damaged, or asks for what `pyannote_files` refuses.
    """
    if name is not None:
        return read_pipeline(Path(name) if Path(name).is_dir() else hub_folder(name))
    pipeline = SpeakerDiarization(
        segmentation=read_model(locate("pyannote-segmentation") / "pytorch_model.bin"),
        embedding=_Voiceprints(),
        embedding_exclude_overlap=True,
        plda=no_plda(),
        clustering="AgglomerativeClustering",
        segmentation_batch_size=16,
        embedding_batch_size=16,
    )
    return pipeline.instantiate(_SETTINGS)


def diarize_with(pipeline: Any, clip: Clip, hints: dict[str, int | None]) -> list[Turn]:
    """Turns in order of their start; speakers are numbered as they appear."""
    if clip.duration > LONGEST_SECONDS:
        raise ToolError(
            f"pyannote compares all of a clip's voices with each other, and hears up to "
            f"{LONGEST_SECONDS / 60:.0f} minutes: name a part with start and end, or use `speakers`"
        )
    wave = torch.from_numpy(clip.mono(SAMPLE_RATE))[None]
    given = {name: value for name, value in hints.items() if value is not None}
    diarization = pipeline({"waveform": wave, "sample_rate": SAMPLE_RATE}, **given)
    annotation = getattr(diarization, "speaker_diarization", diarization)
    numbers: dict[str, int] = {}
    turns = []
    for segment, _, label in annotation.itertracks(yield_label=True):
        if segment.duration < _SHORTEST_TURN:
            continue
        number = numbers.setdefault(label, len(numbers))
        turns.append(Turn(float(segment.start), float(segment.end), number))
    return turns
