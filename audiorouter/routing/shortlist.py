"""The tools that are nearest to a question, by the untrained policy: those worth a look."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from audiorouter.routing.features import states, tool_vectors

if TYPE_CHECKING:
    from audiorouter.routing.interface import RouteRequest
    from audiorouter.sentence_encoder import SentenceEncoder
    from audiorouter.toolbox.interface import Tool


def shortlists(
    requests: Sequence[RouteRequest],
    tools: Mapping[str, Tool[Any]],
    encoder: SentenceEncoder,
    count: int | None,
) -> list[list[str]]:
    """Names of the `count` nearest tools of each request, or of all for None, nearest first."""
    if not requests or not tools:
        return [[] for _ in requests]
    names = list(tools)
    vectors = tool_vectors(list(tools.values()), {}, encoder)
    near = vectors.nearness(states(requests, encoder).question)
    nearest = near.topk(min(count or len(names), len(names)), dim=-1).indices.tolist()
    return [[names[tool] for tool in row] for row in nearest]
