"""Calls that are made in place of those that found nothing in the clip (`Route.instead`)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from audiorouter.errors import FaultError
from audiorouter.routing.interface import Route

if TYPE_CHECKING:
    from audiorouter.toolbox.interface import ToolCall
    from audiorouter.toolbox.results import CallResult

CallsFor = Callable[[Sequence["ToolCall"]], Awaitable[tuple["ToolCall", ...]]]
"""Calls as they are made for a question."""


async def with_more_calls(
    route: Route, results: Mapping[ToolCall, CallResult], wanted: int, calls_for: CallsFor
) -> Route | None:
    """The route with a call more for each that its `wanted` ones lack to have found something.

    None where they lack none, or the route has no others. One that cannot be made is passed over:
    the route does without it as well.
    """
    missing = wanted - sum(results[call].measured for call in route.calls)
    if missing <= 0 or not route.instead:
        return None
    more: list[ToolCall] = []
    left = list(route.instead)
    while left and len(more) < missing:
        try:
            made = await calls_for([left.pop(0)])
        except FaultError:
            continue
        more += [call for call in made if call not in (*route.calls, *more)]
    return Route((*route.calls, *more), route.reason, tuple(left))
