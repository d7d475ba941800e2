"""Routers that misbehave where a question says so."""

from __future__ import annotations

from dataclasses import replace

from audiorouter import AskingRouter, Route, Router, RouterFactory, ToolCall, hookimpl
from misbehaving.faults import RAISED, SURROGATE
from misbehaving.tools import identifier


def honest_route(request) -> Route:
    return Route((ToolCall("honest"),), "honest")


ROUTES = {
    **RAISED,
    "nothing": lambda r: None,
    "a name": lambda r: "honest",
    "unknown tool": lambda r: Route((ToolCall("no such tool"),)),
    "no calls": lambda r: Route(("honest",)),
    "calls in words": lambda r: Route("honest"),
    "arguments of objects": lambda r: Route((ToolCall("honest", {"a": object()}),)),
    "arguments of sets": lambda r: Route((ToolCall("honest", {1, 2}),)),
    "arguments that do not fit": lambda r: Route((ToolCall("honest", {"no": 1}),)),
    "surrogate arguments": lambda r: Route((ToolCall("honest", {"a": SURROGATE}),)),
    "surrogate reason": lambda r: Route((), SURROGATE),
    "reason of bytes": lambda r: Route((), b"because"),
    "without end": lambda r: Route(tuple(ToolCall("honest") for _ in range(5_000))),
}


class Wayward(Router):
    name = identity = "wayward"

    def __init__(self, cacheable):
        self.cacheable = cacheable

    def route(self, requests):
        if any(r.question == "one too many" for r in requests):
            return [honest_route(r) for r in requests] * 2
        if any(r.question == "a generator" for r in requests):
            return (honest_route(r) for r in requests)
        return [ROUTES.get(r.question, honest_route)(r) for r in requests]


class Asking(AskingRouter):
    name = identity = "asking"

    async def decide(self, request, ask, *, max_calls):
        while request.question == "asks for ever":
            await ask(request)
        if request.question == "another clip":
            await ask(replace(request, audio_hash="0"))
        return ROUTES.get(request.question, honest_route)(request)


def named_call(question) -> ToolCall:
    given = {"level": 1.0} if question == "fussytool" else {}
    return ToolCall(identifier(question), given)


class Named(Router):
    """Calls the tool that the question names."""

    name = identity = "named"

    def route(self, requests):
        return [
            honest_route(r)
            if r.question.startswith("honest")
            else Route((named_call(r.question), ToolCall("honest")), "named")
            for r in requests
        ]


class Margin(Router):
    """Wants to know how sure the reasoner is without tools."""

    name = identity = "margin"
    wants_margin = True

    def route(self, requests):
        return [honest_route(r) for r in requests]


class Factory(RouterFactory):
    description = "misbehaves"

    def __init__(self, name):
        self.name = name

    def open(self, argument, tools):
        if self.name == "asking":
            return Asking()
        if self.name == "margin":
            return Margin()
        if self.name == "named":
            return Named()
        return Wayward(argument == "kept")


@hookimpl
def register_routers(register):
    for name in ("wayward", "asking", "named", "margin"):
        register(Factory(name))
