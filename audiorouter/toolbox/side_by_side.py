"""Which calls on one clip may run side by side: those that share nothing dear.

Workers share no memory, so what two of them need is computed by both. A clip's calls are parted so
that a front end is computed by one worker alone, unless it is a small part of the whole work.
"""

from __future__ import annotations

from collections.abc import Sequence

from audiorouter.toolbox.costs import Costs
from audiorouter.toolbox.interface import ToolCall

WORTH_SECONDS = 5.0
"""Seconds of computing from which a group is worth a worker, which has to load its models."""
DEAR = 0.02
"""Share of the seconds of all calls from which a front end is computed once."""


def groups_of(
    calls: Sequence[ToolCall], costs: Costs, duration: float, most: int
) -> list[list[ToolCall]]:
    """The calls on a clip of `duration` s in up to `most` groups, each in its order.

    The dearest comes first. There is one group where no more would be worth it.
    """
    if most < 2 or len(calls) < 2:
        return [list(calls)]
    dear = DEAR * costs.route_seconds(calls, duration)
    together = _together([_dear_of(call, costs, duration, dear) for call in calls])
    kinds = [[calls[i] for i in group] for group in together]
    kinds.sort(key=lambda kind: -costs.route_seconds(kind, duration))
    groups: list[list[ToolCall]] = [[] for _ in range(min(most, len(kinds)))]
    for kind in kinds:
        least = min(groups, key=lambda group: costs.route_seconds(group, duration))
        least += kind
    worth = [g for g in groups if costs.route_seconds(g, duration) >= WORTH_SECONDS]
    if len(worth) < 2:
        return [list(calls)]
    for group in groups:
        if group not in worth:
            worth[-1] += group
    order = {call: position for position, call in enumerate(calls)}
    return [sorted(group, key=order.__getitem__) for group in worth]


def _dear_of(call: ToolCall, costs: Costs, duration: float, least: float) -> set[str]:
    """The front ends of a call that take as many seconds."""
    _, shared = costs.parts(call, duration)
    return {name for name, seconds in shared.items() if seconds >= least}


def _together(needed: Sequence[set[str]]) -> list[list[int]]:
    """Positions in groups: what has a name in common with one of a group belongs to it."""
    groups: list[tuple[set[str], list[int]]] = []
    for position, names in enumerate(needed):
        joined, members = set(names), [position]
        apart = []
        for other in groups:
            if other[0] & joined:
                joined |= other[0]
                members += other[1]
            else:
                apart.append(other)
        groups = [*apart, (joined, members)]
    return [members for _, members in groups]
