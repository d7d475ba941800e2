"""pyannote.audio's speaker diarization pipelines, opened without network and without trust.

Bredin, "pyannote.audio 2.1 speaker diarization pipeline", Interspeech 2023. pyannote opens its
checkpoints with full unpickling, so what a checkpoint's pickle may name is looked at first. Its
telemetry is off, see `audiorouter.machine.privacy`.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from pyannote.audio import Model, Pipeline
from pyannote.audio.core.plda import PLDA
from pyannote.audio.core.task import Problem, Resolution, Specifications
from pyannote.audio.pipelines import SpeakerDiarization

from audiorouter.clips import Clip
from audiorouter.errors import ToolError
from audiorouter.toolbox.frontends.resemblyzer import WINDOW_FRAMES, VoiceEncoder, voice_encoder
from audiorouter.toolbox.frontends.speaker_turns import Turn
from audiorouter.weights import locate

SAMPLE_RATE = 16_000
ALLOWED = frozenset(
    {
        "builtins.dict", "builtins.int", "builtins.list", "collections.OrderedDict",
        "collections.defaultdict", "omegaconf.base.ContainerMetadata", "omegaconf.base.Metadata",
        "omegaconf.listconfig.ListConfig", "omegaconf.nodes.AnyNode",
        "pyannote.audio.core.model.Introspection", "pyannote.audio.core.task.Problem",
        "pyannote.audio.core.task.Resolution", "pyannote.audio.core.task.Specifications",
        "torch.torch_version.TorchVersion", "typing.Any",
    }
)  # fmt: skip
"""All that a checkpoint of pyannote may name in its pickle: containers, settings and versions."""
_SETTINGS = {
    "segmentation": {"threshold": 0.5, "min_duration_off": 0.1},
    "clustering": {"method": "average", "min_cluster_size": 6, "threshold": 0.3},
}
_FEWEST_FRAMES = 25
_SHORTEST_TURN = 0.2


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
        ToolError: it is not on this machine, or a checkpoint of it is not to be trusted.
    """
    if name is None:
        path = locate("pyannote-segmentation") / "pytorch_model.bin"
        check_checkpoint(path)
        pipeline = SpeakerDiarization(
            segmentation=Model.from_pretrained(path),
            embedding=_Voiceprints(),
            embedding_exclude_overlap=True,
            plda=PLDA.__new__(PLDA),  # only VBx clustering reads it
            clustering="AgglomerativeClustering",
            segmentation_batch_size=16,
            embedding_batch_size=16,
        )
        return pipeline.instantiate(_SETTINGS)
    for checkpoint in sorted(_folder(name).rglob("*.bin")):
        check_checkpoint(checkpoint)
    try:
        return Pipeline.from_pretrained(name)
    except Exception as error:  # noqa: BLE001 - the hub's and pyannote's many kinds of failure
        first = str(error).strip().splitlines()[0]
        raise ToolError(f"the pipeline {name} cannot be opened: {first}") from None


def check_checkpoint(path: Path) -> None:
    """Refuse a checkpoint that names anything but containers, settings and versions.

    Raises:
        ToolError: it does.
    """
    named = set(torch.serialization.get_unsafe_globals_in_checkpoint(path))
    if unknown := sorted(named - ALLOWED):
        raise ToolError(f"{path}: the checkpoint is not trusted: it names {', '.join(unknown)}")


def diarize_with(pipeline: Any, clip: Clip, hints: dict[str, int | None]) -> list[Turn]:
    """Turns in order of their start; speakers are numbered as they appear."""
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


def _folder(name: str) -> Path:
    if Path(name).is_dir():
        return Path(name)
    from huggingface_hub import snapshot_download

    try:
        return Path(snapshot_download(name, local_files_only=True))
    except Exception:  # noqa: BLE001 - whatever the reason, it is not here
        raise ToolError(
            f"the pipeline {name} is not on this machine: accept its conditions on the hub, "
            f"`hf auth login`, `hf download {name}`"
        ) from None
