"""The policy: a small network that scores every tool, and calling none, for a question."""

from __future__ import annotations

import math

import torch
from torch import nn

from audiorouter.routing.familiarity import familiarity
from audiorouter.routing.features import STATE_SIZE, TOOL_SIDE, States, ToolVectors
from audiorouter.sentence_encoder import DIMENSIONS

PRIOR_SCALE = LEARNED_SCALE = 10.0
"""Logits a unit of nearness: those that no training takes away, and of the others at first."""
SECOND_CALL = math.log(0.5)
"""Before training a further call is made where it is at least half as likely as the likeliest."""


class Policy(nn.Module):
    """Scores tools by how near the question is to what a tool says it hears.

    Half of a score is the nearness of the question as it is asked, which stays. The other half is
    that of the question as moved by what it asks and what the clip sounds like; domain and cost of
    the tool, and whether it finds arguments in the question, add to it. The moving and adding start
    at zero, so that an untrained policy is the router of the nearest examples, and what training
    says nothing of stays so (residual policy learning: Silver et al., 2018; Johannink et al., ICRA
    2019). About 100,000 weights.
    """

    def __init__(self, *, max_calls: int = 1, hidden: int = 64, dropout: float = 0.4):
        super().__init__()
        self.max_calls = max_calls
        self.hidden = hidden
        self.read = nn.Sequential(
            nn.Linear(STATE_SIZE, hidden), nn.LayerNorm(hidden), nn.GELU(), nn.Dropout(dropout)
        )
        self.need = nn.Linear(hidden, DIMENSIONS)
        self.side = nn.Linear(hidden, TOOL_SIDE)
        self.arguments = nn.Linear(hidden, 1)
        self.stop = nn.Linear(hidden, max_calls)
        self.log_scale = nn.Parameter(torch.tensor(math.log(LEARNED_SCALE)))
        for layer in (self.need, self.side, self.arguments, self.stop):
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)
        with torch.no_grad():
            self.stop.bias.copy_(untrained_stops(max_calls))

    def forward(self, states: States, tools: ToolVectors) -> tuple[torch.Tensor, torch.Tensor]:
        """Logits of the tools `(B, T)`, and of calling no further one at each step `(B, K)`."""
        return absolute(*self.relative(states, tools))

    def relative(self, states: States, tools: ToolVectors) -> tuple[torch.Tensor, torch.Tensor]:
        """The same, but with the stops after the first call as offsets from the best tool."""
        read = self.read(states.read)
        need = nn.functional.normalize(states.question + self.need(read), dim=-1)
        scores = self.log_scale.exp() * tools.nearness(need, states.arguments)
        scores = scores + PRIOR_SCALE * states.near
        scores = scores + self.arguments(read) * states.arguments
        return scores + self.side(read) @ tools.side.T, self.stop(read)


class Committee(nn.Module):
    """Several policies, each trained on other questions or from another seed, that decide by mean
    logit.

    With few questions one policy depends much on which they were; the mean does less so. Where a
    question is unlike the `known` ones, unit vectors `(K, 384)` of training, they decide as an
    untrained policy does (`familiarity`); without any they always decide as they learned to.
    """

    known: torch.Tensor | None

    def __init__(self, members: list[Policy], known: torch.Tensor | None = None):
        super().__init__()
        self.members = nn.ModuleList(members)
        self.register_buffer("known", known)
        self.max_calls = members[0].max_calls
        self.hidden = members[0].hidden

    @classmethod
    def silent(cls, *, max_calls: int = 1) -> Committee:
        """One that calls none of the tools that it knows, whatever is asked."""
        policy = Policy(max_calls=max_calls)
        nn.init.constant_(policy.stop.bias, 1000.0)
        return cls([policy]).eval()

    def forward(self, states: States, tools: ToolVectors) -> tuple[torch.Tensor, torch.Tensor]:
        """As a policy's; an offset of one member's logits changes nothing in the decision."""
        return absolute(*self.relative(states, tools))

    def relative(self, states: States, tools: ToolVectors) -> tuple[torch.Tensor, torch.Tensor]:
        """As a policy's."""
        relative_scores = [member.relative(states, tools) for member in self._policies]
        scores, stops = (torch.stack(each).mean(0) for each in zip(*relative_scores, strict=True))
        if self.known is None:
            return scores, stops
        learned = familiarity(states.question, self.known.to(states.question))
        untrained = (PRIOR_SCALE + LEARNED_SCALE) * states.near
        not_to_call = untrained_stops(self.max_calls).to(stops)
        return untrained.lerp(scores, learned), not_to_call.lerp(stops, learned)

    @property
    def _policies(self) -> list[Policy]:
        return [member for member in self.members if isinstance(member, Policy)]


def untrained_stops(max_calls: int) -> torch.Tensor:
    """What `Policy.relative` gives as stops `(K,)` before training."""
    return torch.tensor([0.0] + [SECOND_CALL] * (max_calls - 1))


def absolute(scores: torch.Tensor, stops: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Scores `(B, T)`, and stops `(B, K)` as logits beside them, from what `relative` gives.

    Whether to call at all is weighed against calling nothing. Whether to call again is weighed
    against the best call: where one tool stands out, no other is called beside it.
    """
    if not scores.shape[1]:
        return scores, stops
    return scores, torch.cat([stops[:, :1], stops[:, 1:] + scores.amax(1, keepdim=True)], dim=-1)
