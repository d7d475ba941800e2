"""The provider of the embedded reasoner `cascade`, which needs no hub, no server and no GPU."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from audiorouter.errors import UsageError
from audiorouter.providers.cascade.prompt import FINDING_LIMIT, PROMPT_VERSION
from audiorouter.providers.interface import Answer, NoOptions, Provider, Reasoner, Request
from audiorouter.toolbox.interface import ToolCall
from audiorouter.weights import State, find, fingerprint, state
from audiorouter.weights.local import remedy

if TYPE_CHECKING:
    from audiorouter.providers.cascade.reasoner import CascadeMind

MODEL = "smollm2-135m"
SCORING_VERSION = "1"


class Cascade(Reasoner):
    """Hears through YAMNet's tags, answers with SmolLM2-135M; models load at the first answer."""

    name = "cascade"
    identity = (
        f"cascade scoring/{SCORING_VERSION} prompt/{PROMPT_VERSION}/{FINDING_LIMIT} "
        f"{fingerprint(MODEL)}"
    )
    ears = (ToolCall("sound_tags", {"top": 3}),)
    batch_size = 64
    order_matters = False

    @cached_property
    def _mind(self) -> CascadeMind:
        from audiorouter.providers.cascade.reasoner import CascadeMind

        return CascadeMind()

    def answer(self, requests: Sequence[Request]) -> list[Answer]:
        """Choose by mutual information, or complete open questions; see `CascadeMind`."""
        return self._mind.answer(requests)

    def use_threads(self, count: int) -> None:
        """Give torch `count` threads."""
        import torch

        if torch.get_num_threads() != count:
            torch.set_num_threads(count)


class CascadeProvider(Provider[NoOptions]):
    """Opens `cascade`."""

    name = "cascade"
    description = "embedded: YAMNet's ears, SmolLM2-135M's mind; works offline on a CPU"

    Options = NoOptions

    def open(self, model: str, options: NoOptions) -> Reasoner:
        """The one reasoner there is."""
        if model:
            raise UsageError(f"the provider cascade has no models to choose from ({model!r})")
        return Cascade()

    def missing(self) -> str | None:
        """The language model, where it has not been pulled."""
        found = state(find(MODEL))
        return (
            None if found is State.READY else f"weights {MODEL} are {found}: {remedy(find(MODEL))}"
        )
