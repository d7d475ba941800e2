"""Routers to beat: the nearest description, nearest neighbours, and hindsight."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from audiorouter.learning.outcome_table import Calls, Floats, OutcomeTable
from audiorouter.routing.features import question_text, tool_vectors
from audiorouter.routing.interface import Route, Router, RouteRequest
from audiorouter.sentence_encoder import SentenceEncoder
from audiorouter.toolbox.interface import Tool, ToolCall

NEIGHBOURS = 8


class NearestDescription(Router):
    """Calls the tool whose description is nearest to the question and its choices: zero-shot.

    With `examples` a tool is its example questions as well, as the policy sees it before it has
    learned anything.
    """

    def __init__(
        self, tools: Mapping[str, Tool[Any]], encoder: SentenceEncoder, *, examples: bool = False
    ):
        self.name = "nearest by examples" if examples else "nearest"
        self.identity = f"{self.name} {encoder.identity} {','.join(tools)}"
        self._names = list(tools)
        self._encoder = encoder
        if examples:
            self._nearness = tool_vectors(list(tools.values()), {}, encoder).nearness
        else:
            descriptions = encoder.encode([tool.description for tool in tools.values()])
            self._nearness = partial(torch.matmul, other=descriptions.T)

    def route(self, requests: Sequence[RouteRequest]) -> list[Route]:
        """One call for each request."""
        questions = self._encoder.encode([question_text(request) for request in requests])
        nearest = self._nearness(questions).argmax(dim=-1).tolist()
        return [Route((ToolCall(self._names[i]),), self.name) for i in nearest]


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


def best_single(table: OutcomeTable) -> Calls:
    """The one call that is most often right on this very table, in hindsight."""
    singles = table.single_calls
    rates = [table.correct[:, table.routes.index(route)].mean() for route in singles]
    return singles[int(np.argmax(rates))]


def oracle_columns(table: OutcomeTable) -> NDArray[np.int64]:
    """For each question a right route if any single call or none is right: `(Q,)` columns.

    The direct answer is preferred, then the cheapest call.
    """
    columns = np.array([i for i, route in enumerate(table.routes) if len(route) <= 1])
    worth = 10.0 * table.correct[:, columns] - table.tool_seconds[:, columns] / (
        1 + table.tool_seconds.max()
    )
    best: NDArray[np.int64] = columns[worth.argmax(axis=1)]
    return best
