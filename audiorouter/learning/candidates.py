"""Which tools are worth trying for a question in training, where trying all would take too long.

An answer by each of dozens of tools is what training waits for, and most of them have nothing to do
with a question. Of what was not tried nothing is learned: only what holds a policy to the untrained
one keeps its score in place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from audiorouter.learning.asked_table import Tried
from audiorouter.routing.shortlist import Shortlist
from audiorouter.toolbox.interface import ToolCall

if TYPE_CHECKING:
    from audiorouter.learning.outcome_table import Calls
    from audiorouter.routing.interface import RouteRequest
    from audiorouter.sentence_encoder import SentenceEncoder
    from audiorouter.toolbox.interface import Tool


def nearest_tools(tools: Mapping[str, Tool[Any]], encoder: SentenceEncoder, count: int) -> Tried:
    """A single call of each of the `count` tools that an untrained policy puts first."""

    shortlist = Shortlist(tools, encoder, count)

    def tried(requests: Sequence[RouteRequest]) -> list[frozenset[Calls]]:
        return [
            frozenset((ToolCall(name),) for name in nearest) for nearest in shortlist.of(requests)
        ]

    return tried
