"""Routers to beat that learn little or nothing: the nearest descriptions and nearest neighbours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch

from audiorouter.learning.outcome_table import Floats, OutcomeTable
from audiorouter.routing.features import question_vectors
from audiorouter.routing.interface import Route, Router, RouteRequest
from audiorouter.routing.shortlist import Shortlist
from audiorouter.sentence_encoder import SentenceEncoder
from audiorouter.toolbox.interface import Tool, ToolCall

NEIGHBOURS = 8


class NearestDescription(Router):
    """Calls the tool whose description is nearest to the question and its choices: zero-shot."""

    name = "nearest"

    def __init__(self, tools: Mapping[str, Tool[Any]], encoder: SentenceEncoder):
        self.identity = f"{self.name} {encoder.identity} {','.join(tools)}"
        self._names = list(tools)
        self._encoder = encoder
        self._descriptions = encoder.encode([tool.description for tool in tools.values()])

    def route(self, requests: Sequence[RouteRequest]) -> list[Route]:
        """One call for each request."""
        questions = question_vectors(requests, self._encoder).whole
        nearest = (questions @ self._descriptions.T).argmax(dim=-1).tolist()
        return [Route((ToolCall(self._names[i]),), self.name) for i in nearest]


def untrained_name(count: int) -> str:
    """What the untrained policy is called that calls as many tools."""
    return "nearest by examples" if count == 1 else f"top {count}"


class UntrainedPolicy(Router):
    """Calls the `count` tools that the policy ranks first before it has learned anything.

    To it a tool is its description and its example questions.
    """

    def __init__(self, tools: Mapping[str, Tool[Any]], encoder: SentenceEncoder, *, count: int = 1):
        self.name = untrained_name(count)
        self.identity = f"{self.name} {encoder.identity} {','.join(tools)}"
        self._places = {name: place for place, name in enumerate(tools)}
        self._shortlist = Shortlist(tools, encoder, count)

    def route(self, requests: Sequence[RouteRequest]) -> list[Route]:
        """As many calls for each request, in the order of the tools."""
        return [
            Route(tuple(map(ToolCall, sorted(some, key=self._places.__getitem__))), self.name)
            for some in self._shortlist.of(requests)
        ]


class NearestNeighbours(Router):
    """The route with the best mean reward over the nearest training questions."""

    name = "knn"

    def __init__(
        self, table: OutcomeTable, rewards: Floats, encoder: SentenceEncoder, *, k: int = NEIGHBOURS
    ):
        self.identity = f"knn {k} {encoder.identity}"
        self._routes = table.routes
        self._rewards = torch.tensor(rewards, dtype=torch.float32)
        self._encoder = encoder
        self._known = question_vectors(table.requests, encoder).whole
        self._k = min(k, len(table))

    def route(self, requests: Sequence[RouteRequest]) -> list[Route]:
        """A route for each request."""
        questions = question_vectors(requests, self._encoder).whole
        near = (questions @ self._known.T).topk(self._k, dim=-1).indices
        known = self._rewards[near].nanmean(dim=1).nan_to_num(float("-inf"))
        best = known.argmax(dim=-1).tolist()
        return [Route(self._routes[i], "nearest neighbours") for i in best]
