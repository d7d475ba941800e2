"""The routing stage: the store is asked before a router whose decisions are worth keeping."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import NamedTuple

from audiorouter.batch.kept_routes import kept_route, route_to_keep
from audiorouter.batch.reasoning.reasoner_stage import Reply
from audiorouter.border.event_loop import OutsideLoop
from audiorouter.border.threads import (
    CircuitBreaker,
    OutsideThread,
    OverdueError,
)
from audiorouter.errors import ReasonerError, RouterError
from audiorouter.machine.source_code import with_source
from audiorouter.providers.interface import Answer, Request
from audiorouter.routing.checks import checked_route
from audiorouter.routing.interface import AskingRouter, Route, Router, RouteRequest
from audiorouter.store import Store, cache_key

MAX_ASKED = 100
"""Times that a router may ask the reasoner about one question."""
ROUTE_SECONDS = 600.0
"""What a decision may take; the first one may load models."""

ROUTES_TOGETHER = 1_024
"""Questions that are routed together, where so many wait."""
_AT_FIRST = 32
"""Questions that a router gets at once before it is known how fast it is."""
_CALLS_IN_TIME = 20
"""What a router gets at once takes about this part of its time, and is kept when it is decided."""

_log = logging.getLogger(__name__)

Decision = Route | RouterError
"""A route, or why there is none."""


class _Waiting(NamedTuple):
    """Questions, of one clip or asked one by one, that wait for their routes."""

    requests: Sequence[RouteRequest]
    decisions: asyncio.Future[list[Decision]]


def route_key(router: Router, request: RouteRequest) -> str:
    """Cache key of a decision: router, clip, question, choices, and what the router heard."""
    return cache_key(
        "route",
        {
            "router": with_source(router.identity, type(router)),
            "clip": request.facts.audio_hash,
            "question": request.question,
            "choices": list(request.choices),
            "heard": [[item.call.label, item.text] for item in request.heard],
            "margin": request.margin,
        },
    )


class RoutingStage:
    """Decides each distinct question once, if its router is one to be asked once.

    A `fresh` one does so whatever the store has, and keeps it in the place of that. The router
    works on a thread of its own. Use it within one event loop.
    """

    def __init__(
        self,
        router: Router,
        store: Store,
        tools: Collection[str],
        *,
        fresh: bool = False,
        seconds: float = ROUTE_SECONDS,
    ):
        self._router = router
        self._fresh = fresh
        self._decided: set[str] = set()
        self._replaced: set[str] = set()
        self._store = store
        self._tools = tools
        self._seconds = seconds
        self._at_once = _AT_FIRST
        self._thread = OutsideThread("router")
        self._loop = OutsideLoop("router")
        self._whose = f"the router {router.name}"
        self._breaker = CircuitBreaker(self._whose, RouterError)
        self._waiting: deque[_Waiting] = deque()
        self._deciding: asyncio.Task[None] | None = None
        self._begun = False

    async def load(self) -> None:
        """Load the router's models ahead of its first decision, which says what goes wrong."""
        if self._begun:
            return
        try:
            await self._thread.call(
                lambda: self._router.load(),
                whose=self._whose,
                kind=RouterError,
                seconds=self._seconds,
            )
        except RouterError as error:
            _log.warning("loading ahead: %s", error)

    async def route(self, requests: Sequence[RouteRequest]) -> list[Decision]:
        """One route for each request, in order, or why it has none.

        What is asked while another decision is under way, about whichever clips, is decided
        together.
        """
        if not requests:
            return []
        waiting = _Waiting(requests, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        self._begun = True
        if self._deciding is None:
            self._deciding = asyncio.create_task(self._decide_all())
        return await waiting.decisions

    async def _decide_all(self) -> None:
        """Decide all that waits, as much at a time as came together, until nothing does."""
        try:
            while self._waiting:
                together = [self._waiting.popleft()]
                count = len(together[0].requests)
                while self._waiting and count < ROUTES_TOGETHER:
                    together.append(self._waiting.popleft())
                    count += len(together[-1].requests)
                await self._decide_together([w for w in together if not w.decisions.done()])
        finally:
            self._deciding = None
            for waiting in self._waiting:
                waiting.decisions.cancel()

    async def _decide_together(self, together: Sequence[_Waiting]) -> None:
        requests = [request for waiting in together for request in waiting.requests]
        try:
            if self._router.cacheable:
                decisions = await self._decide_once(requests)
            else:
                decisions = await self._decide(requests)
        except BaseException as error:
            for waiting in together:
                if not waiting.decisions.done():
                    if isinstance(error, Exception):
                        waiting.decisions.set_exception(error)
                    else:
                        waiting.decisions.cancel()
            if isinstance(error, Exception):
                return
            raise
        start = 0
        for waiting in together:
            end = start + len(waiting.requests)
            if not waiting.decisions.done():
                waiting.decisions.set_result(decisions[start:end])
            start = end

    async def _decide_once(self, requests: Sequence[RouteRequest]) -> list[Decision]:
        keys = [route_key(self._router, request) for request in requests]
        wanted = [key for key in keys if key in self._decided] if self._fresh else keys
        decisions = self._stored(wanted)
        unknown = {k: r for k, r in zip(keys, requests, strict=True) if k not in decisions}
        if unknown:
            decided = await self._decide(list(unknown.values()), list(unknown))
            decisions |= dict(zip(unknown, decided, strict=True))
        return [decisions[key] for key in keys]

    def _stored(self, keys: Sequence[str]) -> dict[str, Decision]:
        """What the store has, where those are routes that can be taken."""
        routes: dict[str, Decision] = {}
        for key, row in self._store.routes(keys).items():
            try:
                routes[key] = checked_route(kept_route(row), self._tools, whose="the store")
            except RouterError as error:
                _log.warning("a route that the store holds is decided again: %s", error)
                self._replaced.add(key)
        return routes

    async def prompt(
        self,
        router: AskingRouter,
        request: Request,
        ask: Callable[[Request], Awaitable[Reply]],
        *,
        max_calls: int,
    ) -> Route:
        """The calls that a router makes which asks the reasoner by `ask` on its way.

        Its own time is limited; the time that it waits for the reasoner is not its own.

        Raises:
            RouterError: it could not decide.
        """
        conversation = _Conversation(request, ask, self._seconds)

        async def decided() -> Route:
            given = await router.decide(request, conversation.ask, max_calls=max_calls)
            return checked_route(given, self._tools, whose=self._whose)

        try:
            route = await self._loop.run(
                decided,
                whose=self._whose,
                kind=RouterError,
                seconds=self._seconds,
                before=self._breaker.check,
                limited=conversation.limited,
            )
        except RouterError as error:
            self._breaker.note(error)
            raise
        self._breaker.note()
        if len(route.calls) > max_calls:
            raise RouterError(f"{self._whose} makes {len(route.calls)} calls, may make {max_calls}")
        return route

    def close(self) -> None:
        """Let the router's threads end; what is under way is dropped."""
        if self._deciding is not None:
            self._deciding.cancel()
        self._thread.leave()
        self._loop.leave()

    async def _decide(
        self, requests: Sequence[RouteRequest], keys: Sequence[str] = ()
    ) -> list[Decision]:
        """Decide some at a time, as many as go by the router's pace; kept by `keys`, if any."""
        decisions: list[Decision] = []
        while (done := len(decisions)) < len(requests):
            part = requests[done : done + self._at_once]
            started = time.perf_counter()
            decided = await self._decide_at_once(part)
            seconds = (time.perf_counter() - started) / len(part)
            fitting = self._seconds / _CALLS_IN_TIME / max(seconds, 1e-9)
            self._at_once = round(min(max(1, fitting), ROUTES_TOGETHER))
            if keys:
                self._keep(keys[done : done + len(part)], part, decided, seconds)
            decisions += decided
        return decisions

    async def _decide_at_once(self, requests: Sequence[RouteRequest]) -> list[Decision]:
        """One bad question must not take its neighbours down: it ends up by itself then.

        Those for which time was too short together have it each for itself.
        """
        try:
            decisions = await self._thread.call(
                lambda: self._routes(tuple(requests)),
                whose=self._whose,
                kind=RouterError,
                seconds=self._seconds,
                before=self._breaker.check,
            )
        except RouterError as error:
            overdue = isinstance(error.__cause__, OverdueError)
            if len(requests) == 1 or overdue:
                self._breaker.note(error)
            if len(requests) == 1:
                return [error]
            size = 1 if overdue else (len(requests) + 1) // 2
            parts = [requests[start : start + size] for start in range(0, len(requests), size)]
            return [decision for part in parts for decision in await self._decide_at_once(part)]
        self._breaker.note()
        return decisions

    def _routes(self, requests: tuple[RouteRequest, ...]) -> list[Decision]:
        """What the router gives for each request, or why that is no route."""
        routes = self._router.route(requests)
        if not isinstance(routes, list | tuple) or len(routes) != len(requests):
            raise RouterError(f"{self._whose} gave no route for each of its questions")
        return [self._checked(route) for route in routes]

    def _checked(self, route: object) -> Decision:
        try:
            return checked_route(route, self._tools, whose=self._whose)
        except RouterError as error:
            return error

    def _keep(
        self,
        keys: Sequence[str],
        requests: Sequence[RouteRequest],
        decided: Sequence[Decision],
        seconds: float,
    ) -> None:
        routes = [
            route_to_keep(key, self._router.identity, request, route, seconds)
            for key, request, route in zip(keys, requests, decided, strict=True)
            if isinstance(route, Route)
        ]
        kept = [route.key for route in routes]
        self._store.save_routes(routes, replace=kept if self._fresh else self._replaced)
        self._replaced.difference_update(kept)
        if self._fresh:
            self._decided.update(kept)


class _Conversation:
    """What a router that asks may ask about one question, and how long it may take beside it.

    Its own time only falls: while the reasoner is at work for it the clock stands still.
    """

    def __init__(
        self, request: Request, ask: Callable[[Request], Awaitable[Reply]], seconds: float
    ):
        self._request = request
        self._ask = ask
        self._left = seconds
        self._loop = asyncio.get_running_loop()
        self._limit: asyncio.Timeout | None = None
        self._running_since = 0.0
        self._under_way = 0
        self._asked = 0

    def limited(self, limit: asyncio.Timeout) -> None:
        """The clock starts; `limit` is what ends the router's time."""
        self._limit, self._running_since = limit, self._loop.time()

    async def ask(self, wanted: Request) -> Answer:
        """Called on the router's own loop; the reasoner is asked from ours."""
        asking = asyncio.run_coroutine_threadsafe(self._ask_ours(wanted), self._loop)
        return await asyncio.wrap_future(asking)

    async def _ask_ours(self, wanted: Request) -> Answer:
        self._asked += 1
        if self._asked > MAX_ASKED:
            raise ReasonerError(f"a router may ask {MAX_ASKED} times about a question")
        if not isinstance(wanted, Request) or self._changed(wanted):
            raise ReasonerError("a router may ask about its own clip and choices only")
        self._hold()
        try:
            return (await self._ask(wanted)).answer
        finally:
            self._go_on()

    def _changed(self, wanted: Request) -> bool:
        """Whether it asks about something else than it was asked to decide."""
        mine = self._request
        return (wanted.clip, wanted.audio_hash, wanted.choices, wanted.heard) != (
            mine.clip, mine.audio_hash, mine.choices, mine.heard,
        )  # fmt: skip

    def _hold(self) -> None:
        self._under_way += 1
        if self._under_way == 1 and self._limit is not None:
            self._left -= self._loop.time() - self._running_since
            with contextlib.suppress(RuntimeError):  # the router has ended meanwhile
                self._limit.reschedule(None)

    def _go_on(self) -> None:
        self._under_way -= 1
        self._running_since = self._loop.time()
        if self._under_way or self._limit is None or self._limit.when() is not None:
            return
        with contextlib.suppress(RuntimeError):  # the router has ended meanwhile
            self._limit.reschedule(self._running_since + max(0.0, self._left))
