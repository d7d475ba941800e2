"""Routers to beat that learn a linear model of what the learned router sees.

Each takes the route of none or one call with the highest score. They differ in what the scores are
fitted to: the best route (`logistic`), the same with questions weighing what choosing blindly loses
on them (`cost-sensitive`), or each route's reward (`reward regression`). Costs enter through the
reward, as in training a policy. How strongly weights are held small is chosen by the reward that is
reached on training clips left out.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from audiorouter.learning.folds import clip_folds
from audiorouter.learning.outcome_table import Calls, Floats, OutcomeTable
from audiorouter.learning.reward import judged_reward, relative_reward
from audiorouter.routing.features import ToolVectors, states, tool_vectors
from audiorouter.routing.interface import Route, Router, RouteRequest
from audiorouter.sentence_encoder import SentenceEncoder
from audiorouter.toolbox.interface import Tool

PENALTIES = (1e-4, 1e-3, 1e-2, 1e-1)
"""What a squared weight costs beside the mean loss of a question."""
FOLDS = 5
_STEPS = 100
"""Most steps of a fit that has no closed form."""


@dataclass(frozen=True)
class Features:
    """What a policy is given of a question, in one row: question, clip, and what joins it to each
    tool.

    How sure the reasoner is of its direct answer is left out.
    """

    tools: Sequence[Tool[Any]]
    vectors: ToolVectors
    encoder: SentenceEncoder

    def of(self, requests: Sequence[RouteRequest]) -> torch.Tensor:
        """`(B, 1156 + 2 T)`, float64."""
        seen = states(requests, self.tools, self.vectors, self.encoder)
        return torch.cat([seen.read, seen.arguments, seen.near], dim=-1).double()


@dataclass(frozen=True)
class Linear:
    """Scores of `R` routes from `F` features: `weights` `(F, R)` and `offset` `(R,)`."""

    weights: torch.Tensor
    offset: torch.Tensor

    def __call__(self, features: torch.Tensor) -> torch.Tensor:
        """Scores `(B, R)` of features `(B, F)`."""
        return features @ self.weights + self.offset


Fit = Callable[[torch.Tensor, torch.Tensor, float], Linear]
"""A model of features `(Q, F)` and rewards `(Q, R)`, NaN where unknown, with a penalty."""


def fit_best_route(features: torch.Tensor, rewards: torch.Tensor, penalty: float) -> Linear:
    """Logistic regression on the route with the highest reward."""
    return _logistic(features, rewards, torch.ones(len(features)).double(), penalty)


def fit_best_route_by_regret(
    features: torch.Tensor, rewards: torch.Tensor, penalty: float
) -> Linear:
    """The same, a question weighing how much its best route gains over the mean one."""
    best = rewards.nan_to_num(float("-inf")).amax(dim=-1)
    return _logistic(features, rewards, best - rewards.nanmean(dim=-1), penalty)


def fit_rewards(features: torch.Tensor, rewards: torch.Tensor, penalty: float) -> Linear:
    """Ridge regression of each route's reward; a reward that is not known is left out."""
    weights = torch.zeros(features.shape[1], rewards.shape[1]).double()
    offset = torch.zeros(rewards.shape[1]).double()
    known, group = torch.unique(~rewards.isnan(), dim=1, return_inverse=True)
    for number, rows in enumerate(known.T):
        if not rows.any():
            continue
        routes = torch.nonzero(group == number)[:, 0]
        x, y = features[rows], rewards[rows][:, routes]
        middle, mean = x.mean(dim=0), y.mean(dim=0)
        centred = x - middle
        covariance = centred.T @ centred / len(x) + penalty * torch.eye(x.shape[1]).double()
        weights[:, routes] = torch.linalg.solve(covariance, centred.T @ (y - mean) / len(x))
        offset[routes] = mean - middle @ weights[:, routes]
    offset[~(~rewards.isnan()).any(dim=0)] = float("-inf")  # never answered: never taken
    return Linear(weights, offset)


FITS: dict[str, Fit] = {
    "logistic": fit_best_route,
    "cost-sensitive": fit_best_route_by_regret,
    "reward regression": fit_rewards,
}


class LinearRouter(Router):
    """Takes the route with the highest score of a linear model."""

    def __init__(
        self,
        name: str,
        routes: Sequence[Calls],
        features: Features,
        model: Linear,
    ):
        digest = hashlib.sha256(model.weights.numpy().tobytes() + model.offset.numpy().tobytes())
        self.name = name
        self.identity = f"{name} {features.encoder.identity} {digest.hexdigest()[:12]}"
        self._routes = tuple(routes)
        self._features = features
        self._model = model

    def route(self, requests: Sequence[RouteRequest]) -> list[Route]:
        """The best route for each request."""
        best = self._model(self._features.of(requests)).argmax(dim=-1).tolist()
        return [Route(self._routes[i], self.name) for i in best]


def linear_routers(
    table: OutcomeTable,
    tools: Sequence[Tool[Any]],
    encoder: SentenceEncoder,
    *,
    cost_weight: float,
) -> dict[str, LinearRouter]:
    """The three of them by name, fitted to a table whose direct answers are all known.

    They see the clips as far as its requests were heard.
    """
    features = Features(tools, tool_vectors(tools, {}, encoder), encoder)
    seen = features.of(table.requests)
    rewards = relative_reward(table, cost_weight=cost_weight)
    judged = judged_reward(table, cost_weight=cost_weight)
    return {
        name: LinearRouter(
            name,
            table.routes,
            features,
            fit_penalised(fit, seen, rewards, judged, table.clips),
        )
        for name, fit in FITS.items()
    }


def fit_penalised(
    fit: Fit, features: torch.Tensor, rewards: Floats, judged: Floats, clips: Sequence[str]
) -> Linear:
    """A model of `rewards` with the penalty under which routes on left-out clips earn most.

    What they earn is `judged` `(Q, R)`, which has a value where a reward is unknown, too.
    With a single clip nothing can be left out, and the largest penalty is taken; so it is where
    penalties earn alike.
    """
    known, earnings = torch.tensor(rewards), torch.tensor(judged)
    parts = torch.tensor(clip_folds(clips, FOLDS))
    folds = torch.unique(parts).tolist()

    def earned(penalty: float) -> float:
        total = 0.0
        for part in folds:
            held = parts == part
            model = fit(features[~held], known[~held], penalty)
            chosen = model(features[held]).argmax(dim=-1, keepdim=True)
            total += float(earnings[held].gather(1, chosen).sum())
        return total

    penalties = sorted(PENALTIES, reverse=True)
    best = 0 if len(folds) < 2 else int(np.argmax([earned(penalty) for penalty in penalties]))
    return fit(features, known, penalties[best])


def _logistic(
    features: torch.Tensor, rewards: torch.Tensor, worth: torch.Tensor, penalty: float
) -> Linear:
    """Cross-entropy to the best route over all of them, questions weighing `worth` `(Q,)`."""
    best = rewards.nan_to_num(float("-inf")).argmax(dim=-1)
    share = worth / worth.sum().clamp(min=1e-12)
    weights = torch.zeros(features.shape[1], rewards.shape[1]).double().requires_grad_()
    offset = torch.zeros(rewards.shape[1]).double().requires_grad_()
    optimizer = torch.optim.LBFGS(
        [weights, offset], max_iter=_STEPS, line_search_fn="strong_wolfe", tolerance_change=1e-7
    )

    def loss() -> torch.Tensor:
        optimizer.zero_grad()
        scores = features @ weights + offset
        missed = torch.nn.functional.cross_entropy(scores, best, reduction="none")
        value = (share * missed).sum() + penalty * (weights**2).sum()
        value.backward()  # type: ignore[no-untyped-call]
        return value

    optimizer.step(loss)  # type: ignore[no-untyped-call]
    return Linear(weights.detach(), offset.detach())
