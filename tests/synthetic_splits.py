"""Splits made up so that it is known whom to call: small, and learned in a moment."""

from __future__ import annotations

import torch

from audiorouter.learning.objective import Split, TrainingOptions
from audiorouter.routing.features import FACTS, TOOL_SIDE, States, ToolVectors
from audiorouter.routing.policy import Policy
from audiorouter.routing.routes import greedy_routes

TOOLS = 4

# The untrained policy knows nothing of these made-up kinds: it holds back little here.
OPTIONS = TrainingOptions(max_calls=1, epochs=60, patience=60, learning_rate=3e-3, kl_weight=0.02)


def synthetic(count: int, seed: int) -> Split:
    """Questions of four kinds, each answered by its own tool only; a tenth needs none."""
    generator = torch.Generator().manual_seed(99)
    kinds = torch.nn.functional.normalize(torch.randn(TOOLS + 1, 384, generator=generator), dim=-1)
    generator.manual_seed(seed)
    kind = torch.randint(TOOLS + 1, (count,), generator=generator)
    question = kinds[kind] + 0.03 * torch.randn(count, 384, generator=generator)
    rewards = torch.full((count, 1 + TOOLS), -0.1)
    rewards[:, 0] = 0
    for row, tool in enumerate(kind.tolist()):
        if tool < TOOLS:
            rewards[row, 1 + tool] = 0.9
    return Split(states_of(question, tools()), rewards)


def states_of(question: torch.Tensor, tools: ToolVectors) -> States:
    """Open questions `(B, 384)` without arguments, about clips of which nothing is known."""
    nothing, none = torch.zeros_like(question), torch.zeros(len(question), len(tools))
    facts, near = torch.zeros(len(question), FACTS), tools.nearness(question, none)
    return States(question, question, nothing, nothing, facts, none, near)


def tools() -> ToolVectors:
    """Their tools; what describes them tells nothing of the kinds."""
    generator = torch.Generator().manual_seed(5)
    description = torch.nn.functional.normalize(
        torch.randn(TOOLS, 384, generator=generator), dim=-1
    )
    return ToolVectors(description[:, None], description, torch.zeros(TOOLS, TOOL_SIDE))


def share_right(policy: Policy, split: Split) -> float:
    """How often a policy takes the best route of none or one call."""
    with torch.no_grad():
        calls = greedy_routes(*policy(split.states, tools()))[:, 0] + 1
    gained = split.rewards[torch.arange(len(calls)), calls]
    return float((gained == split.rewards.max(dim=-1).values).float().mean())
