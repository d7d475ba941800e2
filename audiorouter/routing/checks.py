"""What a router gives, checked: a route that cannot be taken costs its own question."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Annotated, Any

from pydantic import Field, SkipValidation

from audiorouter.border.values import Given, JsonObject, Text, checked, checked_part
from audiorouter.errors import RouterError
from audiorouter.routing.interface import Route, Router
from audiorouter.toolbox.interface import ToolCall

MAX_CALLS = 1_000
"""Calls of one route."""


class _Call(Given):
    tool: Text
    arguments: Mapping[str, SkipValidation[Any]]


class _Arguments(Given):
    arguments: JsonObject


class _Route(Given):
    calls: Annotated[tuple[_Call, ...], Field(max_length=MAX_CALLS)]
    reason: Text
    instead: Annotated[tuple[_Call, ...], Field(max_length=MAX_CALLS)]


class _Router(Given):
    name: Text = Field(min_length=1)
    identity: Text = Field(min_length=1)
    listening_calls: tuple[ToolCall, ...]
    wants_margin: bool = Field(strict=True)
    cacheable: bool = Field(strict=True)
    remarks: tuple[Text, ...]


def checked_route(given: object, tools: Collection[str], *, whose: str) -> Route:
    """The route, each call once.

    Raises:
        RouterError: it is no route, or calls what is no tool.
    """
    if not isinstance(given, Route):
        raise RouterError(f"{whose} gave {type(given).__name__} instead of a Route")
    route = checked(_Route, given, whose=whose, kind=RouterError)
    calls = dict.fromkeys(_checked_call(call, tools, whose) for call in route.calls)
    instead = dict.fromkeys(_checked_call(call, tools, whose) for call in route.instead)
    return Route(tuple(calls), route.reason, tuple(c for c in instead if c not in calls))


def _checked_call(call: _Call, tools: Collection[str], whose: str) -> ToolCall:
    if call.tool not in tools:
        raise RouterError(f"{whose} calls {call.tool!r}, which is no tool here")
    given = {"arguments": dict(call.arguments)}
    arguments = checked(_Arguments, given, whose=whose, kind=RouterError).arguments
    return ToolCall(call.tool, json.loads(arguments))


def checked_router(given: object, name: str) -> Router:
    """What a factory opened for `name`.

    Raises:
        UsageError: it is no router, or lacks what a batch must know of it.
    """
    whose = f"the router {name}"
    return checked_part(given, _Router, Router, whose=whose)  # type: ignore[type-abstract]
