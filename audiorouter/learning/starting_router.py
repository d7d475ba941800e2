"""A trained router that a training goes on from: other questions, tools, or another reasoner."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from audiorouter.errors import UsageError
from audiorouter.learning.request import TrainRequest
from audiorouter.plugins.opening import trained_folder
from audiorouter.routing.checkpoint import RouterCard, fingerprint, load_policy, read_card
from audiorouter.routing.familiarity import spread
from audiorouter.routing.language_model.checkpoint import is_language_model
from audiorouter.routing.policy import Policy
from audiorouter.sentence_encoder import SentenceEncoder

if TYPE_CHECKING:
    from audiorouter.plugins import Registry


@dataclass(frozen=True)
class StartingRouter:
    """Its policies, which are trained further each by itself, and what they were trained with."""

    folder: Path
    policies: list[Policy]
    known: torch.Tensor | None
    """Questions that it was trained on, `(K, 384)`; None where what it learned counts always."""
    card: RouterCard

    @property
    def label(self) -> str:
        """What a card says of it: folder and hash of the weights."""
        return f"{self.folder.name}@{fingerprint(self.folder)}"

    def with_known(self, questions: torch.Tensor) -> torch.Tensor | None:
        """What stands for its own questions and others, unit vectors `(N, 384)`."""
        return None if self.known is None else spread(torch.cat([questions, self.known]))

    def request(self, request: TrainRequest) -> TrainRequest:
        """The same request with all that a router keeps for good as this one has it."""
        card = self.card
        kept = replace(
            request.training,
            max_calls=card.max_calls,
            members=card.members,
            see_margin=card.see_margin,
        )
        return replace(request, training=kept)


def open_start(request: TrainRequest, registry: Registry) -> StartingRouter | None:
    """The router that a training is to start from; None where it starts anew.

    Raises:
        UsageError: there is none of that name, it is damaged, or nothing can be trained further
            that is made as it is.
    """
    if request.start is None:
        return None
    name = str(request.start)
    folder = trained_folder(registry, name, provider=request.engine.provider)
    if request.language_model is not None or is_language_model(folder):
        raise UsageError(f"--start {name}: only small networks are trained further")
    card = read_card(folder)
    if card.encoder != SentenceEncoder.identity:
        raise UsageError(f"--start {name}: it reads questions by {card.encoder}, which is not here")
    committee = load_policy(folder, card)
    policies = [member for member in committee.members if isinstance(member, Policy)]
    if card.hidden != (hidden := Policy().hidden):
        raise UsageError(f"--start {name}: its networks have {card.hidden} units, not {hidden}")
    return StartingRouter(folder, policies, committee.known, card)
