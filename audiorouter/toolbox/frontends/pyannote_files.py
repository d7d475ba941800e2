"""Pipelines and models of pyannote.audio from anybody's files: numbers and settings, never code.

pyannote itself makes whatever class a pipeline's YAML names, lightning calls what a checkpoint's
settings name, and both unpickle without limits. Here the classes are a fixed list, settings are
known names with plain values, and a checkpoint is read by PyTorch's restricted unpickler, from the
bytes that are then used.
"""

from __future__ import annotations

import collections
import io
import pickle
import re
import typing
from pathlib import Path
from typing import Annotated, Any, Literal

import omegaconf
import torch
import yaml
from omegaconf.base import ContainerMetadata, Metadata
from pyannote.audio import Model
from pyannote.audio.core.model import Introspection
from pyannote.audio.core.plda import PLDA
from pyannote.audio.core.task import Problem, Resolution, Specifications
from pyannote.audio.models.embedding import (
    WeSpeakerResNet34,
    WeSpeakerResNet152,
    WeSpeakerResNet221,
    WeSpeakerResNet293,
    XVectorMFCC,
    XVectorSincNet,
)
from pyannote.audio.models.segmentation import PyanNet
from pyannote.audio.pipelines import SpeakerDiarization
from pyannote.audio.utils.dependencies import check_dependencies
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from audiorouter.errors import ToolError
from audiorouter.text import first_line
from audiorouter.validation import first_problem

ARCHITECTURES = {
    kind.__name__: kind
    for kind in (
        PyanNet,
        WeSpeakerResNet34,
        WeSpeakerResNet152,
        WeSpeakerResNet221,
        WeSpeakerResNet293,
        XVectorMFCC,
        XVectorSincNet,
    )
}
"""The models that a checkpoint may be of, by the name of their class."""
_NAMED = [
    collections.defaultdict, dict, int, list, typing.Any, torch.torch_version.TorchVersion,
    omegaconf.AnyNode, omegaconf.ListConfig, ContainerMetadata, Metadata,
    Introspection, Problem, Resolution, Specifications,
]  # fmt: skip
"""What a checkpoint's pickle may name beside tensors: containers, settings and versions."""
_MOST_SETTINGS = 64 << 10
_MOST_BYTES = 2 << 30
_HUB_ID = re.compile(r"[\w-][\w.-]*/[\w-][\w.-]*")

Part = Annotated[str, Field(min_length=1, max_length=200)]
Batch = Annotated[int, Field(ge=1, le=1024)]


class _Settings(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False)


class _Parts(_Settings):
    """What `SpeakerDiarization` is made of: `$model/FOLDER`, or the hub id of what is here."""

    segmentation: Part
    embedding: Part
    plda: Part | None = None
    clustering: Literal["AgglomerativeClustering", "KMeansClustering", "VBxClustering"] = (
        "VBxClustering"
    )
    segmentation_step: float = Field(default=0.1, gt=0, le=1)
    embedding_exclude_overlap: bool = False
    segmentation_batch_size: Batch = 1
    embedding_batch_size: Batch = 1


class _Kind(_Settings):
    name: Literal[
        "pyannote.audio.pipelines.SpeakerDiarization",
        "pyannote.audio.pipelines.speaker_diarization.SpeakerDiarization",
    ]
    params: _Parts


class _SegmentationValues(_Settings):
    threshold: float | None = None
    min_duration_off: float | None = None


class _ClusteringValues(_Settings):
    threshold: float | None = None
    method: (
        Literal["average", "centroid", "complete", "median", "single", "ward", "weighted"] | None
    ) = None
    min_cluster_size: int | None = None
    Fa: float | None = None
    Fb: float | None = None


class _Values(_Settings):
    segmentation: _SegmentationValues = _SegmentationValues()
    clustering: _ClusteringValues = _ClusteringValues()


class PipelineSettings(_Settings):
    """All that a pipeline's `config.yaml` may say."""

    pipeline: _Kind
    params: _Values | None = None
    version: str | None = None
    dependencies: dict[str, str] = Field(default_factory=dict)


def read_pipeline(folder: Path) -> Any:
    """The diarization pipeline in `folder`, which has a `config.yaml`, ready to be called.

    Raises:
        ToolError: a file is missing, damaged, or asks for anything but the above.
    """
    settings = read_settings(folder / "config.yaml")
    wanted = settings.dependencies | (
        {"pyannote.audio": settings.version} if settings.version else {}
    )
    parts = settings.pipeline.params
    try:
        check_dependencies(wanted, "The pipeline")
        pipeline = SpeakerDiarization(
            **parts.model_dump(exclude={"segmentation", "embedding", "plda"}),
            segmentation=read_model(_part(folder, parts.segmentation) / "pytorch_model.bin"),
            embedding=read_model(_part(folder, parts.embedding) / "pytorch_model.bin"),
            plda=_plda(folder, parts),
        )
        if settings.params is not None:
            values = settings.params.model_dump(exclude_none=True)
            pipeline.instantiate({name: value for name, value in values.items() if value})
    except ToolError:
        raise
    except Exception as error:  # noqa: BLE001 - pyannote's many kinds of failure
        raise ToolError(f"the pipeline {folder} cannot be opened: {first_line(error)}") from None
    return pipeline


def read_settings(path: Path) -> PipelineSettings:
    """What a pipeline's YAML says.

    Raises:
        ToolError: it cannot be read, or says something that is not among the above.
    """
    try:
        content = yaml.safe_load(_content(path, _MOST_SETTINGS))
        return PipelineSettings.model_validate(content)
    except ValidationError as error:
        problem = first_problem(error, whole="the file")
        raise ToolError(
            f"{path}: not opened, it asks for more than is allowed: {problem}"
        ) from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ToolError(f"{path}: cannot be read: {first_line(error)}") from None


def read_model(path: Path) -> Any:
    """The model in a checkpoint of pyannote, in evaluation mode.

    Raises:
        ToolError: it is missing or damaged, or names anything but tensors, settings and one of
            `ARCHITECTURES`.
    """
    content = _content(path, _MOST_BYTES)
    try:
        with torch.serialization.safe_globals(_NAMED):
            checkpoint = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    except Exception as error:  # noqa: BLE001 - the unpickler's and the archive's many kinds
        raise ToolError(f"{path}: the checkpoint is not trusted: {_refused(error)}") from None
    try:
        about = checkpoint["pyannote.audio"]
        name = about["architecture"]["class"]
        if name not in ARCHITECTURES:
            raise ToolError(f"{path}: the checkpoint is not trusted: it is of a class {name!r}")
        model: Model = ARCHITECTURES[name](**checkpoint["hyper_parameters"])
        model.on_load_checkpoint(checkpoint)  # its specifications, and the layers they ask for
        missing = model.load_state_dict(checkpoint["state_dict"], strict=False).missing_keys
    except ToolError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever comes of settings that do not fit
        raise ToolError(f"{path}: the checkpoint is damaged: {first_line(error)}") from None
    if missing:
        raise ToolError(f"{path}: the checkpoint is damaged: it lacks {missing[0]}")
    return model.eval()


def no_plda() -> Any:
    """In place of one where nothing reads it: only VBx clustering does."""
    return PLDA.__new__(PLDA)


def _plda(folder: Path, parts: _Parts) -> Any:
    if parts.clustering != "VBxClustering":
        return no_plda()
    if parts.plda is None:
        raise ToolError(f"{folder}: VBxClustering needs a plda, which config.yaml does not name")
    place = _part(folder, parts.plda)
    files = (place / "xvec_transform.npz", place / "plda.npz")
    # numpy reads them without unpickling.
    return PLDA(*(io.BytesIO(_content(path, _MOST_BYTES)) for path in files))


def _part(folder: Path, name: str) -> Path:
    """Where a part of the pipeline in `folder` is."""
    inner = name.removeprefix("$model/")
    if inner != name and inner and not {"..", ""} & set(inner.split("/")):
        return folder / inner
    if _HUB_ID.fullmatch(name):
        return hub_folder(name)
    raise ToolError(f"{folder / 'config.yaml'}: {name!r} is neither $model/FOLDER nor a hub id")


def hub_folder(name: str) -> Path:
    """Folder of what was downloaded from the hub; nothing is downloaded here.

    Raises:
        ToolError: it is not on this machine.
    """
    from huggingface_hub import snapshot_download

    try:
        return Path(snapshot_download(name, local_files_only=True))
    except Exception:  # noqa: BLE001 - whatever the reason, it is not here
        raise ToolError(
            f"the pipeline {name} is not on this machine: accept its conditions on the hub, "
            f"`hf auth login`, `hf download {name}`"
        ) from None


def _content(path: Path, most: int) -> bytes:
    try:
        if not path.is_file():
            raise ToolError(f"{path}: there is no such file")
        with path.open("rb") as stream:
            content = stream.read(most + 1)
    except OSError as error:
        raise ToolError(f"{path}: cannot be read ({error.strerror})") from None
    if len(content) > most:
        raise ToolError(f"{path}: is larger than {most:,} bytes")
    return content


def _refused(error: Exception) -> str:
    """What the unpickler refused, without its advice to trust the file."""
    if named := re.search(r"GLOBAL ([\w.]+)", str(error)):
        return f"it names {named[1]}"
    if isinstance(error, pickle.UnpicklingError):
        return "it holds more than tensors and settings"
    return first_line(error)
