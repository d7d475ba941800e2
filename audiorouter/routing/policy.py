"""The policy: a small network that scores every tool, and calling none, for a question."""

from __future__ import annotations

import math

import torch
from torch import nn

from audiorouter.routing.encoder import DIMENSIONS
from audiorouter.routing.features import STATE_SIZE, TOOL_SIDE, States, ToolVectors


class Policy(nn.Module):
    """Scores tools by how near what the question needs is to what the tool says it hears.

    The question's embedding is moved by what the clip sounds like, the tool's by its domain and
    cost; both movements start at zero, so that an untrained policy is the router of the nearest
    description. About 130,000 weights.
    """

    def __init__(self, *, max_calls: int = 1, hidden: int = 64, dropout: float = 0.4):
        super().__init__()
        self.max_calls = max_calls
        self.hidden = hidden
        self.read = nn.Sequential(
            nn.Linear(STATE_SIZE, hidden), nn.LayerNorm(hidden), nn.GELU(), nn.Dropout(dropout)
        )
        self.need = nn.Linear(hidden, DIMENSIONS)
        self.offer = nn.Sequential(
            nn.Linear(DIMENSIONS + TOOL_SIDE, hidden), nn.GELU(), nn.Linear(hidden, DIMENSIONS)
        )
        self.side = nn.Linear(hidden, TOOL_SIDE)
        self.stop = nn.Linear(hidden, max_calls)
        self.log_scale = nn.Parameter(torch.tensor(math.log(10.0)))
        last_offer = self.offer[-1]
        assert isinstance(last_offer, nn.Linear)
        for layer in (self.need, last_offer, self.side, self.stop):
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)

    @classmethod
    def silent(cls, *, max_calls: int = 1) -> Policy:
        """A policy that calls no tool, whatever is asked."""
        policy = cls(max_calls=max_calls)
        nn.init.constant_(policy.stop.bias, 1000.0)
        return policy.eval()

    def forward(self, states: States, tools: ToolVectors) -> tuple[torch.Tensor, torch.Tensor]:
        """Logits of the tools `(B, T)`, and of calling no further one at each step `(B, K)`."""
        read = self.read(torch.cat([states.question, states.heard, states.facts], dim=-1))
        need = nn.functional.normalize(states.question + self.need(read), dim=-1)
        offer = self.offer(torch.cat([tools.description, tools.side], dim=-1))
        offer = nn.functional.normalize(tools.description + offer, dim=-1)
        scores = self.log_scale.exp() * need @ offer.T + self.side(read) @ tools.side.T
        return scores, self.stop(read)
