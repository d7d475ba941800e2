"""How a language model is trained as a router."""

from __future__ import annotations

from dataclasses import dataclass

from audiorouter.bounds import PASSES, check_numbers
from audiorouter.routing.language_model.base import DEFAULT_BASE
from audiorouter.routing.language_model.prompt import ToolDetail


@dataclass(frozen=True)
class LanguageModelOptions:
    """How a language model is trained; `max_calls` is how many calls it may write.

    Raises:
        UsageError: a number is out of its bounds, see `audiorouter.bounds`.
    """

    base: str = DEFAULT_BASE
    """Name in the catalogue, folder or hub id of a causal language model."""
    revision: str | None = None
    """Commit, tag or branch of the hub."""
    rank: int = 16
    """Of the adapter."""
    layers: int | None = None
    """Over how many of the last layers the adapter lies; None is all. Fewer cost less."""
    tool_detail: ToolDetail = ToolDetail.BRIEF
    """How much it reads of each tool."""
    max_calls: int = 1
    warm_epochs: int = 2
    """Passes over the best routes, which are imitated first; 0 leaves that out."""
    warm_learning_rate: float = 3e-4
    epochs: int = 2
    """Passes of GRPO over the questions; 0 leaves it at imitation."""
    learning_rate: float = 1e-4
    """Step size of AdamW under GRPO."""
    kl_weight: float = 0.02
    """How strongly it is held to the warm start, for each nat a token."""
    group_size: int = 8
    """Decisions that are drawn for each question and compared with each other."""
    questions_a_step: int = 8
    """Over all processes."""
    seed: int = 0

    def __post_init__(self) -> None:
        check_numbers(self, epochs=PASSES)
