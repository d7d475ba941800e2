"""The tools: how many can be called, what the others want, and which are slow."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from audiorouter.doctor.checks import Check, Subject, ok, warning
from audiorouter.doctor.foreign import missing_of
from audiorouter.machine.called import to_type
from audiorouter.machine.installed import absent
from audiorouter.text import counted
from audiorouter.toolbox.costs import published_cost
from audiorouter.toolbox.interface import Tool
from audiorouter.toolbox.licences import ALLOWED_VARIABLE
from audiorouter.weights import State, find, state

_SLOWEST = 3


def tools(subject: Subject) -> Iterator[Check]:
    """Those that are ready, those that lack something, and those that others stand in for."""
    registry = subject.registry
    lacking: dict[str, list[str]] = defaultdict(list)
    ready, waiting = [], 0
    for tool in registry.tools.values():
        reason = missing_of(tool)
        if reason is None:
            ready.append(tool)
        elif not absent(tool.packages) and _waits_for_weights(tool):
            waiting += 1
        else:
            lacking[reason].append(tool.name)
    listed = [offer for offer in registry.unloaded if offer.kind == "tool"]
    for offer in listed:
        if (reason := offer.about.get("ready", "yes")) != "yes":
            lacking[reason].append(offer.name)
    total = len(registry.tools) + len(listed)
    unready = waiting + sum(map(len, lacking.values()))
    waits = f", {waiting} wait for weights that are missing (above)" if waiting else ""
    yield ok(f"{total - unready} of {counted(total, 'tool')} ready{waits}")
    for reason, names in lacking.items():
        yield warning(f"not usable: {', '.join(names)}", reason)
    for name, why in registry.replaced.items():
        yield ok(f"{name} is answered by its stand-in: {why}")
    for name, why in registry.left_out.items():
        yield warning(f"{name} is left out: {why}", f"--licence any, or ${ALLOWED_VARIABLE}")
    rates = {tool.name: cost.rate for tool in ready if (cost := published_cost(tool)) is not None}
    slowest = sorted(rates, key=lambda name: -rates[name])[:_SLOWEST]
    if slowest:
        named = ", ".join(f"{name} {60 * rates[name]:.1f} s" for name in slowest)
        yield ok(
            f"the slowest, in seconds of computing a minute of audio, as published: {named}",
            f"`{to_type('tools', 'bench', 'CLIP')}` measures them on this machine",
        )


def _waits_for_weights(tool: Tool[Any]) -> bool:
    return any(state(find(one)) is not State.READY for one in tool.weights)
