"""Training the policy by policy gradient on the relative outcome reward.

While a route is one call, every route's reward stands in the table, and the gradient of the
expected reward is exact: no sampling, no baseline, no variance. Longer routes are too many, so a
group of them is drawn for each question from a policy that has learned single calls, and each is
compared with the mean of its group (the group-relative advantage of Shao et al., "DeepSeekMath",
2024, without its division by the standard deviation, which over-weights questions that hardly tell
routes apart: Liu et al., "Understanding R1-Zero-Like Training", 2025). See docs/design/routing.md.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import torch

from audiorouter.bounds import check_numbers
from audiorouter.routing.features import States
from audiorouter.routing.routes import first_decision, route_log_p, times_drawn

SMALLEST_GAIN = 0.002
"""Reward by which a policy has to be better than another one to count as better."""

_GROUP_SIZE = 8


@dataclass(frozen=True)
class TrainingOptions:
    """How the policy is trained; `max_calls` is the length of the longest route.

    Raises:
        UsageError: a number is out of its bounds, see `audiorouter.bounds`.
    """

    max_calls: int = 2
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
    group_size: int = _GROUP_SIZE
    """Routes that are drawn a question where they may have several calls."""
    see_margin: bool = False
    """Whether the policy sees how sure the reasoner is of its direct answer."""
    heard_dropout: float = 0.2
    """Share of questions whose clip is left out, so that the policy works without it as well."""
    choices_dropout: float = 0.5
    """Share of questions whose choices are not read by themselves, so that the policy does not
    learn what is asked for by how choices happen to be said; how near tools are goes by them all
    the same."""
    patience: int = 60
    """Epochs without a better validation reward before it stops."""
    seed: int = 0

    def __post_init__(self) -> None:
        check_numbers(self)

    def without_idle(self) -> TrainingOptions:
        """With the default in place of `group_size` where it changes nothing: no group is drawn."""
        return replace(self, group_size=_GROUP_SIZE) if self.max_calls == 1 else self

    def of_longer_routes(self) -> TrainingOptions:
        """Those of the second stage: it starts from what is trained, so a gain is soon seen."""
        return replace(self, patience=max(1, self.patience // 3))


@dataclass(frozen=True)
class Groups:
    """Routes that were drawn for each question, and what they were worth.

    `routes` are `(B, G, K)`, as tool positions with -1 after the end, and `rewards` `(B, G)`.
    """

    routes: torch.Tensor
    rewards: torch.Tensor

    def __getitem__(self, rows: torch.Tensor) -> Groups:
        return Groups(self.routes[rows], self.rewards[rows])


@dataclass(frozen=True)
class Split:
    """Questions of one split: `rewards` `(B, 1 + T)` are those of calling none and each tool.

    A reward that is not known is NaN. With `groups` the policy is trained on those routes in place
    of single calls.
    """

    states: States
    rewards: torch.Tensor
    groups: Groups | None = None

    def __getitem__(self, rows: torch.Tensor) -> Split:
        groups = None if self.groups is None else self.groups[rows]
        return Split(self.states[rows], self.rewards[rows], groups)


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


def expected_reward(log_p: torch.Tensor, rewards: torch.Tensor) -> torch.Tensor:
    """Mean expected reward of actions or routes with `log_p` and `rewards` `(B, A)`.

    They are taken for all there are: their probabilities are made to add up to 1. The gradient
    with respect to a `log_p` is then `p (r - E[r])`, the advantage over the others. One whose
    reward is not known (NaN) is none of them: nothing is learned about it.
    """
    unknown = rewards.isnan()
    # Not -inf: where nothing is known of a question, its share of the gradient is to be 0.
    p = log_p.masked_fill(unknown, torch.finfo(log_p.dtype).min).softmax(-1)
    return (p * rewards.masked_fill(unknown, 0.0)).sum(-1).mean()


def reward_of(split: Split, scores: torch.Tensor, stop: torch.Tensor) -> torch.Tensor:
    """Mean expected reward of decisions `(B, T)` and `(B, K)`, see `Policy.forward`.

    It is that of the first decision, or of the routes that were drawn.
    """
    if split.groups is None:
        return expected_reward(first_decision(scores, stop), split.rewards.to(scores.device))
    routes = split.groups.routes.to(scores.device)
    log_p = route_log_p(scores, stop, routes) - times_drawn(routes).log()
    return expected_reward(log_p, split.groups.rewards.to(scores.device))


def entropy(log_p: torch.Tensor) -> torch.Tensor:
    """Mean entropy in nats of decisions with log-probabilities `(B, A)`."""
    return -(log_p.exp() * log_p).sum(-1).mean()


def divergence(log_p: torch.Tensor, reference: torch.Tensor) -> torch.Tensor:
    """Mean Kullback-Leibler divergence in nats of decisions `log_p` `(B, 1 + T)` from others."""
    return (log_p.exp() * (log_p - reference)).sum(-1).mean()
