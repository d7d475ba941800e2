"""A language model's adapter on disk: weights as safetensors, and a card that says what made it.

As of every router, a folder may come from anywhere, and is checked before anything is made of it.
The base model is not in it: the card names it.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from audiorouter.errors import UsageError
from audiorouter.machine.files import make_folder, write_file
from audiorouter.routing.checkpoint import (
    CARD_FILE,
    Count,
    check_hash,
    file_content,
    read_card_as,
    short_hash,
)
from audiorouter.routing.language_model.prompt import ToolDetail
from audiorouter.validation import read_json

if TYPE_CHECKING:
    import torch

FORMAT = 5
"""Of cards of this kind; those of the small policies have 4 and 6."""
ADAPTER_FILE = "adapter_model.safetensors"
ADAPTER = "default"
"""What peft calls the only adapter of a model."""
MOST_BYTES = 2 << 30
"""Largest adapter; one of rank 16 over a model of 1.5 billion weights has 74 MB."""
_NAME = re.compile(r"[\w.]+\.lora_[AB]\.weight")
Name = Annotated[str, Field(min_length=1, max_length=4096)]
"""As long as a path may be."""


class LanguageModelCard(BaseModel):
    """What a router was trained with; it warns where it is used with something else."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False)

    policy: Literal["language-model"] = "language-model"
    base: Name
    """Name in the catalogue, folder or hub id of the model that the adapter lies over."""
    base_revision: str | None = None
    """Commit of the hub that it was trained over."""
    base_fingerprint: str
    prompt: int
    """Version of what it reads."""
    tool_detail: ToolDetail = Field(strict=False)
    candidates: Annotated[int, Field(ge=1)] | None
    """How many tools are on offer for a question, the nearest ones; None offers all."""
    rank: int = Field(ge=1, le=1024)
    layers: Annotated[int, Field(ge=1)] | None = None
    """Over how many of the last layers the adapter lies; None is all."""
    max_calls: int = Field(ge=1, le=64)
    provider: str
    reasoner: str
    """Identity of the reasoner."""
    encoder: str
    """Identity of the sentence embeddings by which tools are offered."""
    tools: dict[str, str]
    """Identity of each tool by name."""
    cost_weight: float = Field(ge=0)
    seed: int
    questions: dict[str, Count]
    """How many were used to train and to validate."""
    data_hash: str
    scores: dict[str, float] = Field(default_factory=dict)
    """On the validation questions, which chose the epoch: not for comparisons."""
    weights_hash: str | None = None
    """Of the weights beside it."""
    made_by: str | None = None
    """Of what the training was asked for, as `learning.existing_router` has it."""
    trained_on: str | None = None
    """Of outcomes, options, tools and base, as of other routers."""
    format: int = FORMAT


def is_language_model(folder: Path) -> bool:
    """Whether the router in `folder` says that it is one; what is damaged does not."""
    try:
        return read_json(folder / CARD_FILE, dict[str, Any]).get("policy") == "language-model"
    except (FileNotFoundError, UsageError):
        return False


def read_language_model_card(folder: Path) -> LanguageModelCard:
    """The card of the router in `folder`.

    Raises:
        UsageError: there is no router, one of another version, or a damaged one.
    """
    return read_card_as(LanguageModelCard, folder, form=FORMAT)


def save_language_model(
    folder: Path, adapter: dict[str, torch.Tensor], card: LanguageModelCard
) -> None:
    """Write adapter and card into `folder`; the card last, with the hash of the weights.

    Raises:
        UsageError: they cannot be written.
    """
    make_folder(folder)
    content = adapter_content(adapter)
    card = card.model_copy(update={"weights_hash": short_hash(content)})
    write_file(folder / ADAPTER_FILE, content)
    write_file(folder / CARD_FILE, card.model_dump_json(indent=1) + "\n")


def adapter_content(adapter: dict[str, torch.Tensor]) -> bytes:
    """The weights of an adapter as a file has them, in float32."""
    from safetensors.torch import save

    return save({name: value.float().cpu().contiguous() for name, value in adapter.items()})


def check_adapter(folder: Path, card: LanguageModelCard) -> str:
    """Short hash of the adapter in `folder`, for cache keys.

    Raises:
        UsageError: as for `read_adapter`.
    """
    content = file_content(folder / ADAPTER_FILE, most=MOST_BYTES)
    _parsed(content, folder / ADAPTER_FILE, card)
    return short_hash(content)


def read_adapter(folder: Path, card: LanguageModelCard) -> dict[str, torch.Tensor]:
    """The weights of the adapter in `folder`, by name.

    Raises:
        UsageError: they are missing, damaged, no finite numbers, or not those of the card.
    """
    path = folder / ADAPTER_FILE
    return _parsed(file_content(path, most=MOST_BYTES), path, card)


def _parsed(content: bytes, path: Path, card: LanguageModelCard) -> dict[str, torch.Tensor]:
    from safetensors import SafetensorError
    from safetensors.torch import load

    check_hash(content, path, card.weights_hash)
    try:
        weights = load(content)
    except (SafetensorError, ValueError, OverflowError, KeyError) as error:
        raise UsageError(f"{path}: damaged: {error}") from None
    for name, values in weights.items():
        if not _NAME.fullmatch(name) or values.ndim != 2 or card.rank not in values.shape:
            raise UsageError(f"{path}: {name} {tuple(values.shape)} is no LoRA of {card.rank}")
        if not values.isfinite().all():
            raise UsageError(f"{path}: {name} holds numbers that are not finite")
    if not weights:
        raise UsageError(f"{path}: holds no weights")
    return dict(weights)
