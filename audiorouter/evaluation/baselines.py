"""Routers to beat that learn little or nothing: the nearest descriptions and nearest neighbours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import torch

from audiorouter.learning.outcome_table import Floats, OutcomeTable
from audiorouter.routing.features import question_text, tool_vectors
from audiorouter.routing.interface import Route, Router, RouteRequest
from audiorouter.sentence_encoder import SentenceEncoder
from audiorouter.toolbox.interface import Tool, ToolCall

NEIGHBOURS = 8


class NearestDescription(Router):
    """Calls the tools whose descriptions are nearest to the question and its choices: zero-shot.

    With `examples` a tool is its example questions as well, as the policy sees it before it has
    learned anything; then it calls the `count` tools that an untrained policy ranks first.
    """

    def __init__(
        self,
        tools: Mapping[str, Tool[Any]],
        encoder: SentenceEncoder,
        *,
        examples: bool = False,
        count: int = 1,
    ):
        self.name = f"nearest{' by examples' if examples else ''}{f' {count}' if count > 1 else ''}"
        self.identity = f"{self.name} {encoder.identity} {','.join(tools)}"
        self._names = list(tools)
        self._count = min(count, len(self._names))
        self._encoder = encoder
        if examples:
            self._nearness = tool_vectors(list(tools.values()), {}, encoder).nearness
        else:
            descriptions = encoder.encode([tool.description for tool in tools.values()])
            self._nearness = partial(torch.matmul, other=descriptions.T)

    def route(self, requests: Sequence[RouteRequest]) -> list[Route]:
        """As many calls for each request, in the order of the tools."""
        questions = self._encoder.encode([question_text(request) for request in requests])
        nearest = self._nearness(questions).topk(self._count, dim=-1).indices.tolist()
        return [
            Route(tuple(ToolCall(self._names[i]) for i in sorted(some)), self.name)
            for some in nearest
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
        self._known = encoder.encode([question_text(request) for request in table.requests])
        self._k = min(k, len(table))

    def route(self, requests: Sequence[RouteRequest]) -> list[Route]:
        """A route for each request."""
        questions = self._encoder.encode([question_text(request) for request in requests])
        near = (questions @ self._known.T).topk(self._k, dim=-1).indices
        known = self._rewards[near].nanmean(dim=1).nan_to_num(float("-inf"))
        best = known.argmax(dim=-1).tolist()
        return [Route(self._routes[i], "nearest neighbours") for i in best]
