"""The provider of the embedded reasoner `cascade`, which needs no hub, no server and no GPU."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from audiorouter.errors import UsageError
from audiorouter.providers.cascade.weighing import IDENTITY
from audiorouter.providers.cascade.wording import FINDING_LIMIT, PROMPT_VERSION
from audiorouter.providers.interface import Answer, NoOptions, Provider, Reasoner, Request
from audiorouter.toolbox.interface import ToolCall
from audiorouter.weights import State, find, fingerprint, state
from audiorouter.weights.local import remedy

if TYPE_CHECKING:
    from audiorouter.providers.cascade.reasoner import CascadeModels

MODEL = "smollm2-135m"
ENCODER = "minilm"
SCORING_VERSION = "3"


class CascadeOptions(NoOptions):
    """How it reads what it is given."""

    reads: Literal["bearing", "all"] = Field(
        default="bearing",
        description="Which findings it reads: those that bear on the question, or all, as most "
        "models do.",
    )


class Cascade(Reasoner):
    """YAMNet's tags heard, SmolLM2-135M and MiniLM as readers; they load when first asked."""

    name = "cascade"
    listening_calls = (ToolCall("sound_tags", {"top": 3}),)
    batch_size = 64
    order_matters = False

    def __init__(self, options: CascadeOptions):
        self._selects = options.reads == "bearing"
        self.identity = (
            f"cascade scoring/{SCORING_VERSION} {IDENTITY} prompt/{PROMPT_VERSION}/{FINDING_LIMIT} "
            f"{fingerprint(MODEL)} {fingerprint(ENCODER)}{'' if self._selects else ' reads all'}"
        )

    @cached_property
    def _models(self) -> CascadeModels:
        from audiorouter.providers.cascade.reasoner import CascadeModels

        return CascadeModels(selects=self._selects)

    def answer(self, requests: Sequence[Request]) -> list[Answer]:
        """Score choices, or complete open questions; see `CascadeModels`."""
        return self._models.answer(requests)

    def use_threads(self, count: int) -> None:
        """Give torch `count` threads."""
        import torch

        if torch.get_num_threads() != count:
            torch.set_num_threads(count)


class CascadeProvider(Provider[CascadeOptions]):
    """Opens `cascade`."""

    name = "cascade"
    description = "embedded: hears by YAMNet, reads by SmolLM2 and MiniLM; works offline on a CPU"

    Options = CascadeOptions

    def open(self, model: str, options: CascadeOptions) -> Reasoner:
        """The one reasoner there is."""
        if model:
            raise UsageError(f"the provider cascade has no models to choose from ({model!r})")
        return Cascade(options)

    def missing(self) -> str | None:
        """The models that have not been pulled."""
        for name in (MODEL, ENCODER):
            if (found := state(find(name))) is not State.READY:
                return f"weights {name} are {found}: {remedy(find(name))}"
        return None
