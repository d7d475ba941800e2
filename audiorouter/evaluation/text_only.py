"""The twin that does not listen: what a router reaches by the words of a question alone."""

from __future__ import annotations

from collections.abc import Sequence

from audiorouter.routing.features import without_clip
from audiorouter.routing.interface import HelpEstimate, Route, Router, RouteRequest


class TextOnly(Router):
    """Another router, which is told nothing of the clip, nor how sure the reasoner is of it.

    A fair twin was trained so, too (`TrainRequest.text_only`).
    """

    def __init__(self, router: Router):
        self.name = f"{router.name}, text only"
        self.identity = f"text only {router.identity}"
        self._router = router

    def route(self, requests: Sequence[RouteRequest]) -> list[Route]:
        """What the other one says of the bare questions."""
        return self._router.route([without_clip(request) for request in requests])

    def help_estimates(self, requests: Sequence[RouteRequest]) -> list[HelpEstimate] | None:
        """What the other one estimates of the bare questions."""
        return self._router.help_estimates([without_clip(request) for request in requests])
