"""Training the policy by policy gradient on the relative outcome reward.

While a route is one call, every route's reward stands in the table, and the gradient of the
expected reward is exact: no sampling, no baseline, no variance. Longer routes are too many, so
groups of them are drawn, and each is compared with the mean of its group (the group-relative
advantage of Shao et al., "DeepSeekMath", 2024, without its division by the standard deviation,
which over-weights questions that hardly tell routes apart: Liu et al., "Understanding
R1-Zero-Like Training", 2025). See docs/design/routing.md.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import torch

from audiorouter.routing.features import States

RouteRewards = Callable[[Sequence[int], Sequence[Sequence[int]]], torch.Tensor]
"""Rewards `(n,)` of `n` routes: for each a question by position, and tools by position."""


@dataclass(frozen=True)
class TrainingOptions:
    """How the policy is trained; `max_calls` is the length of the longest route."""

    max_calls: int = 1
    epochs: int = 400
    members: int = 5
    """Policies that decide together."""
    batch_size: int | None = None
    """None is a quarter of the questions, and at least 64."""
    learning_rate: float = 1e-3
    weight_decay: float = 0.05
    entropy_weight: float = 0.01
    kl_weight: float = 0.2
    """How strongly the policy is held to the untrained one, which knows questions of any kind."""
    group_size: int = 8
    see_margin: bool = False
    """Whether the policy sees how sure the reasoner is of its direct answer."""
    heard_dropout: float = 0.2
    """Share of questions whose clip is left out, so that the policy works without it as well."""
    patience: int = 60
    """Epochs without a better validation reward before it stops."""
    seed: int = 0


@dataclass(frozen=True)
class Split:
    """Questions of one split.

    `rewards` `(B, 1 + T)` are those of calling none and each tool; `of_routes` gives those of
    longer routes, and asks the reasoner for what is not known yet.
    """

    states: States
    rewards: torch.Tensor
    of_routes: RouteRewards | None = None


@dataclass
class History:
    """What happened in training, an entry an epoch."""

    train_reward: list[float] = field(default_factory=list)
    validation_reward: list[float] = field(default_factory=list)
    entropy: list[float] = field(default_factory=list)
    """Mean entropy of the decision in nats; towards 0 the policy has collapsed to one action."""
    tool_share: list[list[float]] = field(default_factory=list)
    """Mean probability of calling none, and of each tool."""
    best_epoch: int = -1


def first_decision(scores: torch.Tensor, stop: torch.Tensor) -> torch.Tensor:
    """Log-probabilities `(B, 1 + T)` of calling none and each tool first.

    `scores` `(B, T)` and `stop` `(B, K)` are a policy's logits.
    """
    return torch.cat([stop[:, :1], scores], dim=-1).log_softmax(-1)


def exact_loss(
    log_p: torch.Tensor, rewards: torch.Tensor, entropy_weight: float
) -> tuple[torch.Tensor, torch.Tensor]:
    """Negative expected reward of one decision, less weighted entropy; and the entropy.

    `log_p` and `rewards` `(B, 1 + T)` are those of none and of each tool. The gradient with respect
    to the logit of an action is `-p (r - E[r])`.
    """
    entropy = -(log_p.exp() * log_p).sum(-1).mean()
    expected = (log_p.exp() * rewards).sum(-1).mean()
    return -expected - entropy_weight * entropy, entropy


def group_loss(
    log_p: torch.Tensor, rewards: torch.Tensor, entropy: torch.Tensor, entropy_weight: float
) -> torch.Tensor:
    """Policy-gradient loss of drawn routes: `log_p` and `rewards` `(B, G)`, `entropy` `()`."""
    advantages = rewards - rewards.mean(dim=-1, keepdim=True)
    return -(advantages * log_p).mean() - entropy_weight * entropy


def divergence(log_p: torch.Tensor, reference: torch.Tensor) -> torch.Tensor:
    """Mean Kullback-Leibler divergence in nats of decisions `log_p` `(B, 1 + T)` from others."""
    return (log_p.exp() * (log_p - reference)).sum(-1).mean()


def draw_routes(
    scores: torch.Tensor, stop: torch.Tensor, group_size: int
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Draw routes call by call, without putting a tool back, until the policy stops.

    `scores` `(B, T)`, `stop` `(B, K)`. Returns the calls `(B, G, K)` as tool positions with -1
    after the end, their log-probabilities `(B, G)` and the mean entropy of the first decision.
    """
    batch, tools = scores.shape
    steps = stop.shape[1]
    device = scores.device
    free = torch.zeros(batch, group_size, tools, device=device)
    open_ = torch.ones(batch, group_size, dtype=torch.bool, device=device)
    total = torch.zeros(batch, group_size, device=device)
    calls = torch.full((batch, group_size, steps), -1, device=device)
    entropy = torch.zeros((), device=device)
    for step in range(min(steps, tools)):
        ends = stop[:, None, step, None].expand(batch, group_size, 1)
        log_p = torch.cat([ends, scores[:, None] + free], dim=-1).log_softmax(-1)
        if step == 0:
            first = log_p[:, 0]
            entropy = -(first.exp() * first).sum(-1).mean()
        flat = log_p.detach().exp().reshape(-1, tools + 1)
        chosen = torch.multinomial(flat, 1).reshape(batch, group_size)
        total = total + log_p.gather(-1, chosen[..., None])[..., 0] * open_
        open_ = open_ & (chosen > 0)
        calls[..., step] = torch.where(open_, chosen - 1, torch.full_like(chosen, -1))
        taken = torch.nn.functional.one_hot((chosen - 1).clamp(min=0), tools).bool()
        free = free.masked_fill(taken & open_[..., None], float("-inf"))
    return calls, total, entropy


def greedy_routes(scores: torch.Tensor, stop: torch.Tensor) -> torch.Tensor:
    """The likeliest call at each step until the policy stops.

    `scores` `(B, T)`, `stop` `(B, K)`; returns tool positions `(B, K)` with -1 after the end.
    """
    batch, tools = scores.shape
    free = scores.clone()
    calls = torch.full(stop.shape, -1)
    open_ = torch.ones(batch, dtype=torch.bool)
    for step in range(min(stop.shape[1], tools)):
        best, chosen = free.max(dim=-1)
        open_ = open_ & (best > stop[:, step])
        calls[open_, step] = chosen[open_]
        free[torch.arange(batch), chosen] = float("-inf")
    return calls
