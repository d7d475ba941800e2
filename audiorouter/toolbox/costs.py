"""What tools and routes cost: seconds of computing, with nothing shared that is not of the route.

A cost is a rate, in seconds of computing a second of audio on one thread, of the tool itself and of
each front end that it needs (`audiorouter.front_ends`). A route costs what its tools do, each front
end counted once. Costs never come from what a call took beside others, so that who ran first and
how busy the machine was change neither training nor evaluation. For each tool they come from

1. `audiorouter tools bench`, as it measured this version of the tool on this machine;
2. `costs.json` beside this file: what comes with the package, by `benchmarks/tool_costs.py`;
3. the calls in the store, for tools of others: their mean, taken to share nothing;
4. the median of the others, where there is nothing else to go by.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any, NamedTuple

from audiorouter.front_ends import seconds_together
from audiorouter.toolbox.spans import stretch_of

if TYPE_CHECKING:
    from audiorouter.store import Store
    from audiorouter.toolbox.interface import Tool, ToolCall

PUBLISHED = Path(__file__).with_name("costs.json")
GUESSED_RATE = 0.1
"""Seconds of computing a second of audio, where nothing is known of any tool."""


class Source(StrEnum):
    """Where a cost comes from."""

    MEASURED = "measured on this machine"
    PUBLISHED = "published"
    CALLS = "mean of the calls in the store"
    GUESSED = "guessed"


class Cost(NamedTuple):
    """Seconds of computing a second of audio: the tool's own, and those of each front end."""

    own: float
    shared: Mapping[str, float]
    source: Source

    @property
    def rate(self) -> float:
        """Those of the tool by itself."""
        return self.own + sum(self.shared.values())


@dataclass(frozen=True)
class Costs:
    """What each of some tools costs, by name."""

    by_tool: Mapping[str, Cost]

    def tool_seconds(self, call: ToolCall, duration: float) -> float:
        """Seconds of a call by itself on a clip of `duration` s."""
        return self.route_seconds([call], duration)

    def route_seconds(self, calls: Iterable[ToolCall], duration: float) -> float:
        """Seconds of a route on a clip of `duration` s, each front end counted once.

        Calls are taken as they are made: one with a `start` or an `end` hears that part alone, and
        shares front ends with those that hear the same part.
        """
        return seconds_together(self._parts(call, duration) for call in calls)

    def _parts(self, call: ToolCall, duration: float) -> tuple[float, dict[str, float]]:
        cost = self.by_tool[call.tool]
        start, end = stretch_of(call.arguments, duration)
        heard = end - start
        return cost.own * heard, {
            f"{name} {start} {end}": rate * heard for name, rate in cost.shared.items()
        }


def read_costs(tools: Mapping[str, Tool[Any]], store: Store) -> Costs:
    """What `tools` cost, as far as it is known."""
    measured = store.tool_costs()
    known: dict[str, Cost] = {}
    for name, tool in tools.items():
        if (here := measured.get(tool.identity)) is not None:
            shared: dict[str, float] = json.loads(here.shared)
            own = max(0.0, here.seconds_per_second - sum(shared.values()))
            known[name] = Cost(own, shared, Source.MEASURED)
        elif (published := published_cost(tool)) is not None:
            known[name] = published
        elif (rate := _rate_of_calls(tool, store)) is not None:
            known[name] = Cost(rate, {}, Source.CALLS)
    usual = median(cost.rate for cost in known.values()) if known else GUESSED_RATE
    return Costs({name: known.get(name, Cost(usual, {}, Source.GUESSED)) for name in tools})


def published_cost(tool: Tool[Any]) -> Cost | None:
    """What a tool that comes with the package costs on the machine that `costs.json` names."""
    found = _published().get(published_name(tool))
    return None if found is None else Cost(found["own"], found["shared"], Source.PUBLISHED)


def published_name(tool: Tool[Any]) -> str:
    """What a tool is called in `costs.json`: its class, since stand-ins have the same names."""
    return f"{type(tool).__module__}.{type(tool).__qualname__}"


@lru_cache(maxsize=1)
def _published() -> dict[str, dict[str, Any]]:
    tools: dict[str, dict[str, Any]] = json.loads(PUBLISHED.read_text(encoding="utf-8"))["tools"]
    return tools


def _rate_of_calls(tool: Tool[Any], store: Store) -> float | None:
    spent = heard = 0.0
    for call in store.call_costs(tool.identity):
        start, end = stretch_of(json.loads(call.arguments), call.duration)
        spent, heard = spent + call.seconds, heard + end - start
    return spent / heard if heard > 0 else None
