"""A trained router that a training goes on from: other questions, tools, or another reasoner."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import torch

from audiorouter.errors import UsageError
from audiorouter.learning.request import TrainRequest
from audiorouter.plugins.opening import trained_folder
from audiorouter.routing.checkpoint import RouterCard, fingerprint, load_policy, read_card
from audiorouter.routing.familiarity import spread
from audiorouter.routing.language_model.checkpoint import is_language_model
from audiorouter.routing.policy import Policy
from audiorouter.routing.worth import Worth
from audiorouter.sentence_encoder import SentenceEncoder

KEPT = ("max_calls", "members", "see_margin")
"""Options of training that such a router keeps as it has them."""


class CardTools(NamedTuple):
    """What a card says of the tools that its router was trained with, see `RouterCard`."""

    identities: dict[str, str]
    costs: dict[str, float]
    front_ends: dict[str, dict[str, float]]


@dataclass(frozen=True)
class StartingRouter:
    """Its policies, which are trained further each by itself, and what they were trained with."""

    policies: list[Policy]
    known: torch.Tensor | None
    """Questions that it was trained on, `(K, 384)`; None where what it learned counts always."""
    card: RouterCard
    label: str
    """What another card says of it: folder and hash of the weights."""

    def known_tools(self, here: CardTools, *, stayed: bool) -> CardTools:
        """What its card, or that of what became of it, says of tools; `here` are those of training.

        What was learned of tools that are not among those is still known. Where it `stayed` as it
        was, it has learned nothing of others.
        """
        card = self.card
        if stayed:
            return CardTools(card.tools, card.tool_costs, card.front_ends)
        others = {
            name: shared for name, shared in card.front_ends.items() if name not in here.identities
        }
        return CardTools(
            card.tools | here.identities, card.tool_costs | here.costs, others | here.front_ends
        )

    def with_all_cost(self, worth: Worth | None) -> Worth | None:
        """What its calls are worth after more training, by what all tools cost that it knows.

        Those of this training may be a few of them.
        """
        if worth is None or self.card.worth is None:
            return worth
        dearest = max(worth.all_cost, self.card.worth.all_cost)
        return worth.model_copy(update={"all_cost": dearest})

    def with_known(self, questions: torch.Tensor) -> torch.Tensor | None:
        """What stands for its own questions and others, unit vectors `(N, 384)`."""
        return None if self.known is None else spread(torch.cat([questions, self.known]))


def with_start(request: TrainRequest) -> tuple[TrainRequest, StartingRouter | None]:
    """The request with all that the router keeps which it starts from, and that router.

    Raises:
        UsageError: there is none of that name, it is damaged, or nothing can be trained further
            that is made as it is.
    """
    if request.start is None:
        return request, None
    name = str(request.start)
    folder = trained_folder(name, provider=request.engine.provider)
    if request.language_model is not None or is_language_model(folder):
        raise UsageError(f"--start {name}: only small networks are trained further")
    card = read_card(folder)
    if card.encoder != SentenceEncoder.identity:
        raise UsageError(f"--start {name}: it reads questions by {card.encoder}, which is not here")
    if card.hidden != (hidden := Policy().hidden):
        raise UsageError(f"--start {name}: its networks have {card.hidden} units, not {hidden}")
    committee, label = load_policy(folder, card), f"{folder.name}@{fingerprint(folder)}"
    policies = [member for member in committee.members if isinstance(member, Policy)]
    kept = {option: getattr(card, option) for option in KEPT}
    try:
        training = replace(request.training, **kept)
    except UsageError as error:
        raise UsageError(f"--start {name}: {error}") from None
    return replace(request, training=training), StartingRouter(
        policies, committee.known, card, label
    )


def without_kept_options(given: Mapping[str, Any], typed: Collection[str]) -> dict[str, Any]:
    """Options without those that a router which is trained further has already.

    Raises:
        UsageError: one of them was `typed`, where others are settings of a project.
    """
    for name in KEPT:
        if name in typed:
            option = name.replace("_", "-")
            raise UsageError(f"--{option}: the router of --start keeps its own; leave it out")
    return {name: value for name, value in given.items() if name not in KEPT}
