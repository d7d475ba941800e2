"""The strategies without a model: none, all, random, rules and a fixed list of tools."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from audiorouter.errors import UsageError
from audiorouter.routing.interface import Route, Router, RouteRequest, RouterFactory
from audiorouter.routing.rules import tools_for
from audiorouter.store.cache_keys import cache_key
from audiorouter.text import unknown
from audiorouter.toolbox.interface import ToolCall

if TYPE_CHECKING:
    from audiorouter.toolbox.interface import Tool

RULES_VERSION = "4"


class FixedRouter(Router):
    """The same calls for every question; no calls make it the direct answer."""

    def __init__(self, name: str, tools: Sequence[str]):
        self.name = name
        self.identity = f"fixed {','.join(tools)}"
        self._route = Route(tuple(ToolCall(tool) for tool in tools), f"fixed: {name}")

    def route(self, requests: Sequence[RouteRequest]) -> list[Route]:
        """The fixed route, once a request."""
        return [self._route] * len(requests)


class RandomRouter(Router):
    """One tool, drawn evenly for each question; the same question always draws the same one."""

    def __init__(self, tools: Sequence[str], seed: int):
        self.name = "random"
        self.identity = f"random {seed} {','.join(tools)}"
        self._tools = tools
        self._seed = seed

    def route(self, requests: Sequence[RouteRequest]) -> list[Route]:
        """Draw a tool for each request."""
        return [self._draw(request) for request in requests]

    def _draw(self, request: RouteRequest) -> Route:
        key = cache_key(
            "random route",
            {
                "seed": self._seed,
                "clip": request.facts.audio_hash,
                "question": request.question,
                "choices": list(request.choices),
            },
        )
        return Route((ToolCall(random.Random(key).choice(self._tools)),), "drawn at random")


class RulesRouter(Router):
    """Tools by the words of the question (`audiorouter.routing.rules`), as far as installed."""

    def __init__(self, tools: Sequence[str]):
        self.name = "rules"
        self.identity = f"rules/{RULES_VERSION} {','.join(tools)}"
        self._tools = frozenset(tools)

    def route(self, requests: Sequence[RouteRequest]) -> list[Route]:
        """Apply the rules to each request."""
        return [self._apply(request) for request in requests]

    def _apply(self, request: RouteRequest) -> Route:
        wanted = tools_for(request.question, request.choices)
        usable = [tool for tool in wanted if tool in self._tools]
        return Route(tuple(ToolCall(tool) for tool in usable), f"rules: {', '.join(wanted)}")


class NoneFactory(RouterFactory):
    """Opens the direct answer."""

    name = "none"
    description = "calls no tool: the reasoner's own direct answer"

    def open(self, argument: str, tools: Mapping[str, Tool[Any]]) -> Router:
        """The router."""
        refuse_argument(self.name, argument)
        return FixedRouter("none", [])


class AllFactory(RouterFactory):
    """Opens the router that calls everything."""

    name = "all"
    description = "calls every installed tool that is not experimental"

    def open(self, argument: str, tools: Mapping[str, Tool[Any]]) -> Router:
        """The router."""
        refuse_argument(self.name, argument)
        return FixedRouter("all", list(tools))


class RandomFactory(RouterFactory):
    """Opens the random baseline."""

    name = "random"
    description = "calls one tool drawn at random (random:SEED for another draw)"

    def open(self, argument: str, tools: Mapping[str, Tool[Any]]) -> Router:
        """The router; `argument` is the seed."""
        if argument and not argument.isdecimal():
            raise UsageError(f"random:{argument}: the seed is a whole number")
        if not tools:
            raise UsageError("random: there is no usable tool to draw")
        return RandomRouter(list(tools), int(argument or 0))


class RulesFactory(RouterFactory):
    """Opens the rules."""

    name = "rules"
    description = "calls the tools that words in the question point to (docs/routers.md)"

    def open(self, argument: str, tools: Mapping[str, Tool[Any]]) -> Router:
        """The router."""
        refuse_argument(self.name, argument)
        return RulesRouter(list(tools))


class FixedFactory(RouterFactory):
    """Opens a fixed list."""

    name = "tools"
    description = "calls the named tools for every question (tools:NAME,NAME)"

    def open(self, argument: str, tools: Mapping[str, Tool[Any]]) -> Router:
        """The router; `argument` is the list of names."""
        names = [name.strip() for name in argument.split(",") if name.strip()]
        if not names:
            raise UsageError(f"tools:{argument}: no tool is named (usable: {', '.join(tools)})")
        for name in names:
            if name not in tools:
                raise UsageError(f"tools:{argument}: {unknown('usable tool', name, tools)}")
        return FixedRouter(f"tools:{','.join(names)}", list(dict.fromkeys(names)))


def refuse_argument(name: str, argument: str) -> None:
    """Of a router that takes none.

    Raises:
        UsageError: something stands behind its name.
    """
    if argument:
        raise UsageError(f"the router {name} takes nothing after the colon ({argument!r})")
