"""The learned router: a trained policy at work. Its models load at the first decision."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from audiorouter.errors import UsageError
from audiorouter.routing.checkpoint import (
    RouterCard,
    fingerprint,
    load_policy,
    read_card,
    read_weights,
)
from audiorouter.routing.interface import HelpEstimate, Route, Router, RouteRequest
from audiorouter.routing.worth import Signs
from audiorouter.sentence_encoder import MODEL, SentenceEncoder
from audiorouter.stopwatch import seconds_together
from audiorouter.store.cache_keys import cache_key
from audiorouter.toolbox.costs import rate_of
from audiorouter.toolbox.interface import ToolCall
from audiorouter.weights import State, find, state
from audiorouter.weights.local import remedy

if TYPE_CHECKING:
    import torch

    from audiorouter.routing.features import ToolVectors
    from audiorouter.routing.policy import Committee
    from audiorouter.toolbox.interface import Tool

LISTENING_CALLS = (ToolCall("sound_tags", {"top": 3}),)
"""Cheap hearing of the clip before the decision: the three tags that the cascade hears."""
INSTEAD = 5
"""Next likeliest tools that may be called in place of those which measured nothing."""
_NAMED = 4
"""Tools that a remark names, where there are more."""
_RULES = 3
"""Of placing tools that were not there in training, and of what unknown ones cost: kept routes are
of one number."""
UNSEEN_SCALE = 20.0
"""Logits a unit of nearness, as in an untrained policy."""


class LearnedRouter(Router):
    """Routes by the policy in a folder, over the tools that are usable here.

    A tool that was not there in training is scored by its description: it wins where that is nearer
    to the question than the description of every tool that was. It hears a clip by tools that it
    may not call as well, where those are given as `hears_by`.
    """

    listening_calls: tuple[ToolCall, ...] = LISTENING_CALLS
    cacheable = True

    def __init__(
        self,
        folder: Path,
        tools: Mapping[str, Tool[Any]],
        *,
        name: str | None = None,
        cost_weight: float | None = None,
        hears_by: Mapping[str, Tool[Any]] | None = None,
    ):
        self.name = name or str(folder)
        self.card: RouterCard = read_card(folder)
        if cost_weight is not None and not 0 <= cost_weight < math.inf:
            raise UsageError(f"the cost weight is {cost_weight}, not a number from 0 on")
        if cost_weight is not None and self.card.worth is None:
            raise UsageError(
                f"the router {self.name} does not say what its calls are worth, by which costs "
                "could be weighed: no right answers were known to it (train it with some), or no "
                "call changed an answer in training"
            )
        self._cost_weight = cost_weight
        self._folder = folder
        read_weights(folder, self.card)  # what is damaged is found before the work
        self.wants_margin = self.card.see_margin
        self._tools = list(tools.values())
        self.listening_calls = listening_calls_among(tools if hears_by is None else hears_by)
        offered = cache_key("tools", {t.name: _offer(t, self.card) for t in self._tools})
        weighed = f" rules {_RULES} instead {INSTEAD}"
        if cost_weight is not None and self.card.worth is not None:
            weighed += f" cost {cost_weight} {cache_key('worth', self.card.worth.model_dump())}"
            if self.card.front_ends:
                weighed += f" {cache_key('front ends', self.card.front_ends)}"
        self.identity = (
            f"learned {fingerprint(folder)} {SentenceEncoder.identity} {offered}{weighed}"
        )
        self.remarks = tuple(remarks_on(self.name, self.card.tools, self.card.encoder, self._tools))

    def load(self) -> None:
        """Load the policy, and the encoder by which it reads questions."""
        self._models[2].load()

    def route(self, requests: Sequence[RouteRequest]) -> list[Route]:
        """The likeliest route of each request."""
        from audiorouter.routing.routes import first_decision, greedy_routes

        if not requests or not self._tools:
            return [Route((), "learned: there is no tool")] * len(requests)
        scores, stop = self.scores(requests)
        ranked = scores.argsort(dim=-1, descending=True).tolist()
        if self._cost_weight is None:
            chosen = greedy_routes(scores, stop).tolist()
        else:
            chosen = self._worth_their_cost(ranked, _signs(requests, scores, stop))
        return [
            self._route(calls, ranking, log_p)
            for calls, ranking, log_p in zip(
                chosen, ranked, first_decision(scores, stop), strict=True
            )
        ]

    def _worth_their_cost(
        self, ranked: Sequence[Sequence[int]], signs: Sequence[Signs]
    ) -> list[list[int]]:
        """The first calls of each ranking, as far as they are worth what they cost."""
        assert self.card.worth is not None and self._cost_weight is not None
        costs = [self._cost(tool.name) for tool in self._tools]
        routes = []
        for ranking, told in zip(ranked, signs, strict=True):
            calls = [costs[tool] for tool in ranking[: len(self.card.worth.mends)]]
            spent = [seconds_together(calls[: k + 1]) for k in range(len(calls))]
            count = self.card.worth.calls(told, spent, cost_weight=self._cost_weight)
            routes.append(list(ranking[:count]))
        return routes

    def _cost(self, tool: str) -> tuple[float, Mapping[str, float]]:
        """Seconds of computing a second of audio: the tool's own, and those of its front ends."""
        shared = self.card.front_ends.get(tool, {})
        return max(0.0, rate_of(tool, self.card.tool_costs) - sum(shared.values())), shared

    def help_estimates(self, requests: Sequence[RouteRequest]) -> list[HelpEstimate] | None:
        """What it expects of the likeliest tool, by what became of such calls in training.

        A router that was trained before that was noted estimates nothing.
        """
        if not self._tools or self.card.worth is None:
            return None
        if not requests:
            return []
        scores, stop = self.scores(requests)
        helps = self.card.worth.helps
        return [
            HelpEstimate((ToolCall(self._tools[tool].name),), helps(told))
            for tool, told in zip(
                scores.argmax(dim=-1).tolist(), _signs(requests, scores, stop), strict=True
            )
        ]

    def scores(self, requests: Sequence[RouteRequest]) -> tuple[torch.Tensor, torch.Tensor]:
        """Logits of the tools `(B, T)`, and of calling no further one `(B, K)`, all finite.

        Raises:
            UsageError: the weights are damaged: they give no numbers to decide by.
        """
        import torch

        from audiorouter.routing.features import states
        from audiorouter.routing.policy import absolute

        policy, vectors, encoder = self._models
        seen = torch.tensor([tool.name in self.card.tools for tool in self._tools])
        with torch.inference_mode(False), torch.no_grad():
            asked = states(requests, self._tools, vectors, encoder, margins=self.wants_margin)
            scores, stop = policy.relative(asked, vectors)
            if not seen.any():  # nothing was learned of any of them
                scores = UNSEEN_SCALE * asked.near
            elif not seen.all():
                scores = score_unseen(scores, stop, asked.near, seen)
        scores, stop = absolute(scores, stop)
        if not (scores.isfinite().all() and stop.isfinite().all()):
            raise UsageError(f"{self._folder}: the router's weights are too large to decide by")
        return scores, stop

    @cached_property
    def _models(self) -> tuple[Committee, ToolVectors, SentenceEncoder]:
        from audiorouter.routing.features import tool_vectors

        encoder = SentenceEncoder(quick=True, keep=True)
        vectors = tool_vectors(self._tools, self.card.tool_costs, encoder)
        return load_policy(self._folder, self.card), vectors, encoder

    def _route(self, calls: list[int], ranking: list[int], log_p: torch.Tensor) -> Route:
        share = log_p.exp().tolist()
        chosen = sorted(call for call in calls if call >= 0)  # in the order of the tools
        if not chosen and self._cost_weight is not None:
            best = f"{self._tools[ranking[0]].name} {share[1 + ranking[0]]:.0%}"
            why = "no call is expected to mend more than it breaks"
            if self._cost_weight > 0:
                why = f"none is worth its cost at {self._cost_weight:g}"
            return Route((), f"learned: {why} ({best})")
        if not chosen:
            return Route((), f"learned: no tool ({share[0]:.0%})")
        others = [tool for tool in ranking if tool not in chosen][:INSTEAD]
        parts = [f"{self._tools[call].name} {share[1 + call]:.0%}" for call in chosen]
        return Route(
            tuple(ToolCall(self._tools[call].name) for call in chosen),
            f"learned: {', '.join(parts)}",
            tuple(ToolCall(self._tools[tool].name) for tool in others),
        )


def _signs(
    requests: Sequence[RouteRequest], scores: torch.Tensor, stop: torch.Tensor
) -> list[Signs]:
    from audiorouter.routing.routes import signs_of

    return signs_of(scores, stop, [len(request.choices) for request in requests])


def _offer(tool: Tool[Any], card: RouterCard) -> list[Any]:
    """What a policy sees of a tool, and whether it was there in training."""
    cost, seen = card.tool_costs.get(tool.name), tool.name in card.tools
    said = [tool.description, *tool.examples, tool.domain.value]
    return [*said, cost, seen, tool.arguments_version]


def listening_calls_among(tools: Mapping[str, Tool[Any]]) -> tuple[ToolCall, ...]:
    """What a learned router hears of a clip where these tools can be used."""
    return tuple(call for call in LISTENING_CALLS if call.tool in tools)


def score_unseen(
    scores: torch.Tensor, stop: torch.Tensor, near: torch.Tensor, seen: torch.Tensor
) -> torch.Tensor:
    """Scores `(B, T)` with those of unseen tools put beside the best of the others.

    `near` `(B, T)` is how near question and tool are, `seen` `(T,)` which tools were there in
    training. What was learned says nothing of the others, so they are placed by how much nearer
    they are than the nearest tool that was seen.
    """
    import torch

    learned = scores.masked_fill(~seen, float("-inf"))
    best = torch.cat([learned, stop[:, :1]], dim=-1).max(dim=-1, keepdim=True).values
    nearest = near.masked_fill(~seen, -1.0).max(dim=-1, keepdim=True).values
    return torch.where(seen, scores, best + UNSEEN_SCALE * (near - nearest))


def encoder_missing() -> str | None:
    """What has to be fetched before a learned router can work, or None."""
    weights = find(MODEL)
    condition = state(weights)
    return (
        None if condition is State.READY else f"weights {MODEL} are {condition}: {remedy(weights)}"
    )


def remarks_on(
    name: str, trained_with: Mapping[str, str], encoder: str, tools: Iterable[Tool[Any]]
) -> list[str]:
    """How tools and sentence embeddings here differ from those that a router was trained with.

    They are told by their identities.
    """
    here = {tool.name: tool.identity for tool in tools}
    changed = [tool for tool, known in trained_with.items() if here.get(tool, known) != known]
    gone = [tool for tool in trained_with if tool not in here]
    remarks = [
        f"the router {name} was trained with {what} {_some(which)}"
        for what, which in (("other versions of", changed), ("tools that it has not here:", gone))
        if which
    ]
    if encoder != SentenceEncoder.identity:
        remarks.append(
            f"the router {name} was trained with other sentence embeddings "
            f"({encoder}, here {SentenceEncoder.identity})"
        )
    return remarks


def _some(names: Sequence[str]) -> str:
    if len(names) <= _NAMED:
        return ", ".join(names)
    return f"{len(names)} tools, such as {', '.join(names[: _NAMED - 1])}"
