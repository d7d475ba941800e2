"""Routes as the store keeps them: a decision as a row, and a row as a decision again."""

from __future__ import annotations

import json

from audiorouter.routing.interface import Route, RouteRequest
from audiorouter.store import StoredRoute, canonical_json
from audiorouter.toolbox.interface import ToolCall


def route_to_keep(
    key: str, router: str, request: RouteRequest, route: Route, seconds: float
) -> StoredRoute:
    """The row of a route that the router of that identity chose in so many seconds (s)."""
    calls = [
        *(call.as_json() for call in route.calls),
        *({**call.as_json(), "instead": True} for call in route.instead),
    ]
    return StoredRoute(
        key=key,
        clip=request.facts.audio_hash,
        question=request.question,
        router=router,
        calls=canonical_json(calls),
        reason=route.reason,
        seconds=seconds,
    )


def kept_route(row: StoredRoute) -> Route:
    """The route of a row."""
    calls, instead = (
        tuple(
            ToolCall(call["tool"], call["arguments"])
            for call in json.loads(row.calls)
            if call.get("instead", False) is stands_in
        )
        for stands_in in (False, True)
    )
    return Route(calls, row.reason, instead)
