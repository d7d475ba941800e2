"""From a policy's logits to routes: the likeliest, drawn ones, and how likely a route is.

Routes are built call by call, without putting a tool back, a stop among the choices at each step:
`scores` `(B, T)` and `stop` `(B, K)` are the logits of a policy (`policy.Policy`). Routes are tool
positions `(…, K)` with -1 after the end.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch

from audiorouter.routing.worth import Signs


def first_decision(scores: torch.Tensor, stop: torch.Tensor) -> torch.Tensor:
    """Log-probabilities `(B, 1 + T)` of calling none and each tool first.

    `scores` `(B, T)` and `stop` `(B, K)` are a policy's logits.
    """
    return torch.cat([stop[:, :1], scores], dim=-1).log_softmax(-1)


def signs_of(scores: torch.Tensor, stop: torch.Tensor, choices: Sequence[int]) -> list[Signs]:
    """What the decision about each question tells, which has so many choices."""
    none = stop[:, :1]
    best = scores.topk(min(2, scores.shape[1]), dim=-1).values
    columns = torch.cat([best[:, :1] - none, best[:, :1] - best[:, -1:], none], dim=-1)
    return [
        Signs(preference, lead, none, float(count))
        for (preference, lead, none), count in zip(columns.tolist(), choices, strict=True)
    ]


def draw_routes(
    scores: torch.Tensor, steps: int, count: int, generator: torch.Generator
) -> torch.Tensor:
    """Draw `count` routes of up to `steps` calls for each question, `(B, count, K)`.

    Which tools are called is drawn by their scores; how many, evenly, none to all `steps`. Who has
    learned single calls only, knows nothing yet of two that help together.
    """
    batch, tools = scores.shape
    left = scores[:, None].repeat(1, count, 1)
    going = torch.ones(batch, count, dtype=torch.bool)
    routes = torch.full((batch, count, steps), -1)
    for step in range(min(steps, tools)):
        ends = left.logsumexp(-1, keepdim=True) - math.log(steps - step)
        p = torch.cat([ends, left], dim=-1).softmax(-1).reshape(-1, tools + 1)
        chosen = torch.multinomial(p, 1, generator=generator).reshape(batch, count) - 1
        going = going & (chosen >= 0)
        routes[..., step][going] = chosen[going]
        left = left.scatter(-1, chosen.clamp(min=0)[..., None], float("-inf"))
    return routes


def route_log_p(scores: torch.Tensor, stop: torch.Tensor, routes: torch.Tensor) -> torch.Tensor:
    """Log-probability `(B, G)` of each of the routes `(B, G, K)`."""
    tools = scores.shape[1]
    left = scores[:, None].expand(-1, routes.shape[1], -1)
    total = torch.zeros(routes.shape[:2], device=scores.device)
    going = torch.ones(routes.shape[:2], dtype=torch.bool, device=scores.device)
    for step in range(min(routes.shape[2], tools)):
        chosen = routes[..., step, None]
        ends = stop[:, None, step, None].expand(-1, routes.shape[1], 1)
        log_p = torch.cat([ends, left], dim=-1).log_softmax(-1).gather(-1, chosen + 1)[..., 0]
        total = total + torch.where(going, log_p, 0.0)
        going = going & (chosen[..., 0] >= 0)
        left = left.scatter(-1, chosen.clamp(min=0), float("-inf"))
    return total


def times_drawn(routes: torch.Tensor) -> torch.Tensor:
    """How often each of the routes `(B, G, K)` is in its group, `(B, G)`."""
    same = (routes[:, :, None] == routes[:, None]).all(-1)
    return same.sum(-1)


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
