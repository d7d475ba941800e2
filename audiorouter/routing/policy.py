"""The policy: a small network that scores every tool, and calling none, for a question."""

from __future__ import annotations

import math

import torch
from torch import nn

from audiorouter.routing.features import STATE_SIZE, TOOL_SIDE, States, ToolVectors
from audiorouter.sentences import DIMENSIONS


class Policy(nn.Module):
    """Scores tools by how near what the question needs is to what the tool says it hears.

    The question's embedding is moved by what the question asks and the clip sounds like; domain and
    cost of the tool add to the score. Both start at zero, so that an untrained policy is the router
    of the nearest examples. About 75,000 weights.
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
        self.stop = nn.Linear(hidden, max_calls)
        self.log_scale = nn.Parameter(torch.tensor(math.log(10.0)))
        for layer in (self.need, self.side, self.stop):
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)

    def forward(self, states: States, tools: ToolVectors) -> tuple[torch.Tensor, torch.Tensor]:
        """Logits of the tools `(B, T)`, and of calling no further one at each step `(B, K)`."""
        read = self.read(torch.cat([states.question, states.heard, states.facts], dim=-1))
        need = nn.functional.normalize(states.question + self.need(read), dim=-1)
        scores = self.log_scale.exp() * tools.nearness(need)
        return scores + self.side(read) @ tools.side.T, self.stop(read)


class Committee(nn.Module):
    """Several policies, trained on different parts of the questions, that decide by mean logit.

    With few questions one policy depends much on which they were; the mean does less so.
    """

    def __init__(self, members: list[Policy]):
        super().__init__()
        self.members = nn.ModuleList(members)
        self.max_calls = members[0].max_calls
        self.hidden = members[0].hidden

    @classmethod
    def silent(cls, *, max_calls: int = 1) -> Committee:
        """One that calls no tool, whatever is asked."""
        policy = Policy(max_calls=max_calls)
        nn.init.constant_(policy.stop.bias, 1000.0)
        return cls([policy]).eval()

    def forward(self, states: States, tools: ToolVectors) -> tuple[torch.Tensor, torch.Tensor]:
        """As a policy's; an offset of one member's logits changes nothing in the decision."""
        found = [member(states, tools) for member in self.members]
        scores, stops = zip(*found, strict=True)
        return torch.stack(scores).mean(0), torch.stack(stops).mean(0)
