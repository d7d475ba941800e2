"""The provider `transformers`: audio language models from the hub or a folder, on this machine."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from audiorouter.errors import ReasonerError, UsageError
from audiorouter.machine.installed import absent, installed_version
from audiorouter.providers.checkpoints import Checkpoint, locate
from audiorouter.providers.interface import (
    Answer,
    Long,
    NoOptions,
    Provider,
    Reasoner,
    Request,
)
from audiorouter.providers.prompt import FINDING_LIMIT, PROMPT_VERSION, READING_VERSION
from audiorouter.providers.transformers.families import FAMILIES, family_of

if TYPE_CHECKING:
    from audiorouter.providers.transformers.answering import TransformersModel

SCORING_VERSION = "1"


class TransformersOptions(NoOptions):
    """How a model is loaded and how it answers."""

    answer: Literal["score", "generate"] = Field(
        default="score",
        description="Choose by the likelihood of the choices' letters, or write and be read.",
    )
    prior: bool = Field(
        default=False,
        description="Take away what each letter is worth to somebody who heard nothing.",
    )
    revision: str | None = Field(default=None, description="Branch, tag or commit on the hub.")
    device_map: str | None = Field(default=None, description="auto, cuda, cuda:1, cpu …")
    dtype: Literal["auto", "float32", "bfloat16", "float16"] = "auto"
    quantization: Literal["none", "8bit", "4bit"] = Field(
        default="none", description="By bitsandbytes, which has to be installed."
    )
    attention: str | None = Field(default=None, description="sdpa, flash_attention_2, eager …")
    long: Long = Field(
        default=Long.CUT,
        description="Clips longer than the family hears: cut, or asked about window by window.",
    )
    max_new_tokens: int = Field(default=128, ge=1, description="Longest text it may write.")


class TransformersReasoner(Reasoner):
    """A frozen model of the Auto classes; it is loaded at the first answer."""

    def __init__(self, model: str, checkpoint: Checkpoint, options: TransformersOptions):
        self.name = f"transformers:{model}"
        self._checkpoint = checkpoint
        self._options = options
        self.longest = family_of(checkpoint.model_type).longest
        self.long = options.long
        windows = options.long is Long.WINDOW and self.longest is not None
        reading = f"reading/{READING_VERSION} " if options.answer == "generate" else ""
        decoding = options.model_dump(exclude={"device_map", "revision", "long"})
        if options.answer == "generate" and options.prior:
            decoding["prior"] = False
            self.remarks = (f"{self.name}: prior changes nothing: answers are written",)
        self.identity = (
            f"{self.name} {checkpoint.fingerprint} scoring/{SCORING_VERSION} "
            f"prompt/{PROMPT_VERSION}/{FINDING_LIMIT} {reading}{decoding} "
            f"transformers/{installed_version('transformers')}"
            f"{' long/window' if windows else ''}"
        )

    @cached_property
    def _models(self) -> TransformersModel:
        from audiorouter.providers.transformers.answering import TransformersModel

        return TransformersModel(self._checkpoint, self._options)

    def load(self) -> None:
        """Load the model."""
        self._models  # noqa: B018 - loads it

    def answer(self, requests: Sequence[Request]) -> list[Answer | ReasonerError]:
        """Answer each request; see `TransformersModel`."""
        return self._models.answer(requests)

    def use_threads(self, count: int) -> None:
        """Give torch `count` threads, where it computes on the CPU."""
        import torch

        if torch.get_num_threads() != count:
            torch.set_num_threads(count)


class TransformersProvider(Provider[TransformersOptions]):
    """Opens `transformers:MODEL`, a hub id or a folder."""

    name = "transformers"
    description = "audio language models by transformers: " + ", ".join(
        family.title for family in FAMILIES.values()
    )
    Options = TransformersOptions
    models = ("*/*",)

    def open(self, model: str, options: TransformersOptions) -> Reasoner:
        """The reasoner for a hub id or a folder; reads its configuration only.

        Raises:
            UsageError: there is no such checkpoint, or something has to be installed for it.
        """
        if not model:
            raise UsageError("name a model: transformers:Qwen/Qwen2-Audio-7B-Instruct or a folder")
        checkpoint = locate(model, options.revision)
        family = family_of(checkpoint.model_type)
        if missing := absent(family.packages):
            raise UsageError(
                f"{family.title} needs {', '.join(missing)}: "
                "pip install 'audiorouter[transformers]'"
            )
        return TransformersReasoner(model, checkpoint, options)

    def missing(self) -> str | None:
        """Packages that some families need."""
        lacking = {
            family.title: absent(family.packages)
            for family in FAMILIES.values()
            if absent(family.packages)
        }
        if not lacking:
            return None
        return (
            "; ".join(f"{title} needs {', '.join(names)}" for title, names in lacking.items())
            + ": pip install 'audiorouter[transformers]'"
        )
