"""The tools that are nearest to a question, by the untrained policy: those worth a look."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from audiorouter.routing.features import ToolVectors, states, tool_vectors

if TYPE_CHECKING:
    from audiorouter.routing.interface import RouteRequest
    from audiorouter.sentence_encoder import SentenceEncoder
    from audiorouter.toolbox.interface import Tool

RANKING = 2
"""How they are ranked: kept routes are of one number."""


class Shortlist:
    """Picks the `count` nearest tools, or all for None; what tools say is read once."""

    def __init__(self, tools: Mapping[str, Tool[Any]], encoder: SentenceEncoder, count: int | None):
        self._tools = tools
        self._encoder = encoder
        self._count = min(count or len(tools), len(tools))

    def of(self, requests: Sequence[RouteRequest]) -> list[list[str]]:
        """Names of the tools for each request, nearest first."""
        if not requests or not self._tools:
            return [[] for _ in requests]
        names, tools = list(self._tools), list(self._tools.values())
        near = states(requests, tools, self._vectors, self._encoder).near
        nearest = near.topk(self._count, dim=-1).indices.tolist()
        return [[names[tool] for tool in row] for row in nearest]

    @cached_property
    def _vectors(self) -> ToolVectors:
        return tool_vectors(list(self._tools.values()), {}, self._encoder)
