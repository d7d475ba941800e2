"""What tools and routes cost: seconds of computing, with nothing shared that is not of the route.

A cost is a rate, in seconds of computing a second of audio on one thread, of the tool itself and of
each front end that it needs (`audiorouter.stopwatch`). A route costs what its tools do, each front
end counted once. Costs never come from what a call took beside others, so that who ran first and
how busy the machine was change neither training nor evaluation. For each tool they come from

1. `audiorouter tools bench`, as it measured this version of the tool on this machine;
2. `costs.json` beside this file: what comes with the package, by `benchmarks/tool_costs.py`;
3. for tools of others, the mean of their calls: those of the table that is learned from or
   evaluated, so that the same questions give the same costs whatever else was asked before;
4. the median of the others, where there is nothing else to go by.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from math import fsum
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any, NamedTuple

from audiorouter.machine.called import to_type
from audiorouter.stopwatch import seconds_together
from audiorouter.toolbox.spans import stretch_of

if TYPE_CHECKING:
    from audiorouter.store import Store, StoredCall
    from audiorouter.store.stored import CallCost
    from audiorouter.toolbox.interface import Tool, ToolCall

PUBLISHED = Path(__file__).with_name("costs.json")
GUESSED_RATE = 0.1
"""Seconds of computing a second of audio, where nothing is known of any tool."""


class Source(StrEnum):
    """Where a cost comes from."""

    MEASURED = "measured on this machine"
    PUBLISHED = "published"
    CALLS = "mean of its calls"
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


class TimedCall(NamedTuple):
    """A finished call, with the seconds of audio that it heard."""

    heard: float
    seconds: float
    """Those of the call by itself."""
    shared: Mapping[str, float]
    """Those of them that each front end took."""

    @classmethod
    def of(cls, call: StoredCall, duration: float) -> TimedCall | None:
        """A stored call on a clip of `duration` s; None where its seconds say nothing."""
        if call.status != "ok" or call.shared is None:
            return None
        return cls._read(call.arguments, call.seconds, call.shared, duration)

    @classmethod
    def kept(cls, call: CallCost) -> TimedCall:
        """What the store has of a call."""
        return cls._read(call.arguments, call.seconds, call.shared, call.duration)

    @classmethod
    def _read(cls, arguments: str, seconds: float, shared: str, duration: float) -> TimedCall:
        start, end = stretch_of(json.loads(arguments), duration)
        part = f" of {start:.2f} to {end:.2f} s"
        front_ends: dict[str, float] = json.loads(shared)
        named = {name.removesuffix(part): taken for name, taken in front_ends.items()}
        return cls(end - start, seconds, named)


CallsOf = Callable[[str], Iterable[TimedCall]]
"""The calls of a tool, by its name, that its cost may be taken from."""


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
        return seconds_together(self.parts(call, duration) for call in calls)

    def guessed(self, names: Iterable[str]) -> str | None:
        """What to say where nothing is known of what some of these tools cost."""
        unknown = [name for name in names if self.by_tool[name].source is Source.GUESSED]
        if not unknown:
            return None
        return (
            f"what {', '.join(unknown)} costs is guessed: `{to_type('tools', 'bench', 'CLIP')}` "
            "measures tools"
        )

    def parts(self, call: ToolCall, duration: float) -> tuple[float, dict[str, float]]:
        """Seconds of a call's own on a clip of `duration` s, and those of each front end."""
        cost = self.by_tool[call.tool]
        start, end = stretch_of(call.arguments, duration)
        heard = end - start
        return cost.own * heard, {
            f"{name} {start} {end}": rate * heard for name, rate in cost.shared.items()
        }


def read_costs(
    tools: Mapping[str, Tool[Any]], store: Store, calls_of: CallsOf | None = None
) -> Costs:
    """What `tools` cost, as far as it is known; from all calls in the store without `calls_of`."""
    measured = store.tool_costs()
    known: dict[str, Cost] = {}
    for name, tool in tools.items():
        if (here := measured.get(tool.identity)) is not None:
            shared: dict[str, float] = json.loads(here.shared)
            own = max(0.0, here.seconds_per_second - sum(shared.values()))
            known[name] = Cost(own, shared, Source.MEASURED)
        elif (published := published_cost(tool)) is not None:
            known[name] = published
        else:
            calls = _kept_calls(tool, store) if calls_of is None else list(calls_of(name))
            if (mean := mean_cost(calls)) is not None:
                known[name] = mean
    rates = {name: cost.rate for name, cost in known.items()}
    return Costs(
        {name: known.get(name, Cost(rate_of(name, rates), {}, Source.GUESSED)) for name in tools}
    )


def rate_of(tool: str, rates: Mapping[str, float]) -> float:
    """What a tool costs by these; one that is not among them is taken to cost their median."""
    return rates[tool] if tool in rates else median([*rates.values()] or [GUESSED_RATE])


def published_cost(tool: Tool[Any]) -> Cost | None:
    """What a tool that comes with the package costs on the machine that `costs.json` names."""
    cost = _published().get(published_name(tool))
    return None if cost is None else Cost(cost["own"], cost["shared"], Source.PUBLISHED)


def published_name(tool: Tool[Any]) -> str:
    """What a tool is called in `costs.json`: its class, since stand-ins have the same names."""
    return f"{type(tool).__module__}.{type(tool).__qualname__}"


@lru_cache(maxsize=1)
def _published() -> dict[str, dict[str, Any]]:
    tools: dict[str, dict[str, Any]] = json.loads(PUBLISHED.read_text(encoding="utf-8"))["tools"]
    return tools


def mean_cost(calls: Iterable[TimedCall]) -> Cost | None:
    """What these calls took a second of audio, front ends apart; None where they heard nothing."""
    calls = list(calls)
    heard = fsum(call.heard for call in calls)
    if heard <= 0:
        return None
    by_name = defaultdict[str, list[float]](list)
    for call in calls:
        for name, seconds in call.shared.items():
            by_name[name].append(seconds)
    shared = {name: fsum(by_name[name]) / heard for name in sorted(by_name)}
    own = fsum(max(0.0, call.seconds - sum(call.shared.values())) for call in calls)
    return Cost(own / heard, shared, Source.CALLS)


def _kept_calls(tool: Tool[Any], store: Store) -> list[TimedCall]:
    """Every call of a tool in the store."""
    return [TimedCall.kept(call) for call in store.call_costs(tool.identity)]
