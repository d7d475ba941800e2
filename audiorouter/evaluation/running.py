"""Running a router as a batch does, and asking it beside each route how likely calls help."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from audiorouter.errors import RouterError
from audiorouter.learning.outcome_source import OutcomeSource
from audiorouter.learning.outcome_table import Calls, Outcome, OutcomeTable
from audiorouter.routing.interface import AskingRouter, HelpEstimate, Route, Router, RouteRequest


class Taken(NamedTuple):
    """The routes that a router took, what came of them, and what it expected, one a question."""

    routes: list[Calls]
    outcomes: list[Outcome]
    estimates: list[HelpEstimate | None] | None
    """None from a router that estimates nothing."""
    reasons: list[str]
    """Why it took each route, in its own words."""


def run_router(router: Router, source: OutcomeSource, table: OutcomeTable) -> Taken:
    """What a router does in a batch with the questions of a table."""
    watched = _Watched(router) if _estimates(router) else None
    taken = source.routed(watched or router, table.questions)
    estimates = None
    if watched is not None and not watched.silent:
        keys = [_key(clip, r) for clip, r in zip(table.clips, table.requests, strict=True)]
        estimates = [watched.seen.get(key) for key in keys]
    return Taken(
        [route.calls for route, _ in taken],
        [outcome for _, outcome in taken],
        estimates,
        [route.reason for route, _ in taken],
    )


def checked_estimates(
    router: Router, requests: Sequence[RouteRequest]
) -> list[HelpEstimate] | None:
    """What a router estimates.

    Raises:
        RouterError: it is no probability for each request.
    """
    estimates = router.help_estimates(requests)
    if estimates is None:
        return None
    if len(estimates) != len(requests) or any(not 0 <= e.probability <= 1 for e in estimates):
        raise RouterError(f"the router {router.name} gave no probability for each of its questions")
    return estimates


class _Watched(Router):
    """Another router, with what it estimates of the requests that it is shown.

    It is asked in the same breath as for routes, so that its faults there are faults of its
    questions; therefore its kept routes are not used.
    """

    def __init__(self, router: Router):
        self.name, self.identity = router.name, router.identity
        self.listening_calls, self.wants_margin = router.listening_calls, router.wants_margin
        self.seen: dict[_Key, HelpEstimate] = {}
        self.silent = False
        self._router = router

    def route(self, requests: Sequence[RouteRequest]) -> list[Route]:
        """As the other one does."""
        estimates = checked_estimates(self._router, requests)
        if estimates is None:
            self.silent = True
        else:
            keys = [_key(request.facts.audio_hash, request) for request in requests]
            self.seen |= dict(zip(keys, estimates, strict=True))
        return self._router.route(requests)


_Key = tuple[str, str, tuple[str, ...]]


def _key(clip: str, request: RouteRequest) -> _Key:
    return clip, request.question, request.choices


def _estimates(router: Router) -> bool:
    # One that asks the reasoner decides in rounds, of which a watched one would know nothing.
    return (
        not isinstance(router, AskingRouter)
        and type(router).help_estimates is not Router.help_estimates
    )
