"""The twin that does not listen: what a router reaches by the words of a question alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from audiorouter.learning.outcome_table import OutcomeTable
from audiorouter.routing.interface import HelpEstimate, Route, Router, RouteRequest


class TextOnly(Router):
    """Another router, which is told nothing of the clip, nor how sure the reasoner is of it.

    A fair twin was trained so, too (`without_clips`).
    """

    def __init__(self, router: Router, *, name: str | None = None):
        self.name = name or f"{router.name}, text only"
        self.identity = f"text only {router.identity}"
        self._router = router

    def route(self, requests: Sequence[RouteRequest]) -> list[Route]:
        """What the other one says of the bare questions."""
        return self._router.route([without_clip(request) for request in requests])

    def help_estimates(self, requests: Sequence[RouteRequest]) -> list[HelpEstimate] | None:
        """What the other one estimates of the bare questions."""
        return self._router.help_estimates([without_clip(request) for request in requests])


def without_clip(request: RouteRequest) -> RouteRequest:
    """The request with nothing heard, and a clip of no length at full level: zeros to a policy."""
    facts = replace(request.facts, duration=0.0, rms_dbfs=0.0)
    return replace(request, heard=(), facts=facts, margin=None)


def without_clips(table: OutcomeTable) -> OutcomeTable:
    """The table with what a router gets of its questions blanked, for training a twin."""
    return replace(table, requests=tuple(without_clip(request) for request in table.requests))
