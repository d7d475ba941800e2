"""The routing stage: the store is asked before a router whose decisions are worth keeping."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence

from audiorouter.routing.interface import Route, Router, RouteRequest
from audiorouter.store import Store, StoredRoute, cache_key, canonical_json
from audiorouter.toolbox.interface import ToolCall


def route_key(router: Router, request: RouteRequest) -> str:
    """Cache key of a decision: router, clip, question, choices, and what the router heard."""
    return cache_key(
        "route",
        {
            "router": router.identity,
            "clip": request.facts.audio_hash,
            "question": request.question,
            "choices": list(request.choices),
            "heard": [[item.call.label, item.text] for item in request.heard],
            "margin": request.margin,
        },
    )


class RoutingStage:
    """Decides each distinct question once, if its router is one to be asked once."""

    def __init__(self, router: Router, store: Store):
        self._router = router
        self._store = store

    def route(self, requests: Sequence[RouteRequest]) -> list[Route]:
        """One route for each request, in order."""
        if not self._router.kept:
            return self._router.route(requests)
        keys = [route_key(self._router, request) for request in requests]
        routes = {key: _restored(row) for key, row in self._store.routes(keys).items()}
        unknown = {k: r for k, r in zip(keys, requests, strict=True) if k not in routes}
        if unknown:
            started = time.perf_counter()
            decided = self._router.route(list(unknown.values()))
            seconds = (time.perf_counter() - started) / len(unknown)
            for (key, request), route in zip(unknown.items(), decided, strict=True):
                routes[key] = route
                self._store.save_route(self._to_keep(key, request, route, seconds))
        return [routes[key] for key in keys]

    def _to_keep(
        self, key: str, request: RouteRequest, route: Route, seconds: float
    ) -> StoredRoute:
        return StoredRoute(
            key=key,
            clip=request.facts.audio_hash,
            question=request.question,
            router=self._router.identity,
            calls=canonical_json([call.as_json() for call in route.calls]),
            reason=route.reason,
            seconds=seconds,
        )


def _restored(row: StoredRoute) -> Route:
    calls = [ToolCall(call["tool"], call["arguments"]) for call in json.loads(row.calls)]
    return Route(tuple(calls), row.reason)
