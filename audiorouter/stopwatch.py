"""Front ends: what several tools need of a clip, computed once, and the seconds of each.

Who asks first computes a front end, and everybody else finds it there. So that a tool's cost does
not depend on who came first, the seconds of a front end are kept with it, and belong to every call
that used it. Seconds are exclusive: what a front end needs of others counts as theirs.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Generic, NamedTuple, TypeVar

T = TypeVar("T")

MOST_NAMED = 32
"""Front ends of a call that are told apart, the dearest; others count as the call's own."""
_LONGEST_NAME = 80

Key = tuple[str, Hashable]
"""Name of a front end, and what tells several computings under one name apart."""


class CallSeconds(NamedTuple):
    """Seconds of one call."""

    spent: float
    """What it took now, with what others had computed before it."""
    own: float
    """What it computed itself, front ends left out."""
    shared: dict[str, float]
    """Those of each front end that it used, whoever computed it."""

    @property
    def alone(self) -> float:
        """What it would have taken had nothing been computed before."""
        return self.own + sum(self.shared.values())


def seconds_together(calls: Iterable[tuple[float, Mapping[str, float]]]) -> float:
    """Seconds of several calls on one clip, each `(own, {front end: seconds})`.

    Each front end counts once; where calls differ about it, as much as the dearest says.
    """
    total, shared = 0.0, dict[str, float]()
    for own, used in calls:
        total += own
        for name, seconds in used.items():
            shared[name] = max(shared.get(name, 0.0), seconds)
    return total + sum(shared.values())


@dataclass(frozen=True)
class FrontEnd(Generic[T]):
    """A computed front end, with the exclusive seconds of itself and of those that it needed."""

    value: T
    seconds: Mapping[Key, float]


@dataclass(eq=False)
class _Task:
    """A call or a front end that is under way."""

    started: float
    elsewhere: float = 0.0
    """Seconds of the front ends that were computed within it."""
    used: dict[Key, float] = field(default_factory=dict)


class Stopwatch:
    """Tells the seconds of a clip's calls and front ends apart; they may be nested at will."""

    def __init__(self) -> None:
        self._tasks: list[_Task] = []

    def call(self, work: Callable[[], T]) -> tuple[T, CallSeconds]:
        """What `work` gives, and what it took."""
        task = self._begin()
        try:
            value = work()
        finally:
            spent = self._end(task)
        return value, _call_seconds(spent, max(0.0, spent - task.elsewhere), task.used)

    def compute(self, key: Key, work: Callable[[], T]) -> FrontEnd[T]:
        """What `work` gives as a front end."""
        task, inner = self._begin(), True
        try:
            value = work()
            inner = False
        finally:
            seconds = self._end(task)
            for outer in self._tasks[-1:]:
                # What fails is no front end: its seconds are those of whoever wanted it.
                outer.elsewhere += task.elsewhere if inner else seconds
                outer.used |= task.used
        return FrontEnd(value, {**task.used, key: max(0.0, seconds - task.elsewhere)})

    def use(self, front_end: FrontEnd[T]) -> T:
        """The front end's value, for what is under way."""
        for task in self._tasks[-1:]:
            task.used |= front_end.seconds
        return front_end.value

    def _begin(self) -> _Task:
        self._tasks.append(_Task(time.perf_counter()))
        return self._tasks[-1]

    def _end(self, task: _Task) -> float:
        self._tasks.remove(task)
        return time.perf_counter() - task.started


def _call_seconds(spent: float, own: float, used: Mapping[Key, float]) -> CallSeconds:
    """The call's seconds by names of front ends, which are third-party text: cut and counted."""
    by_name: dict[str, float] = {}
    for (name, _), seconds in used.items():
        short = name[:_LONGEST_NAME].encode("utf-8", "replace").decode()
        by_name[short] = by_name.get(short, 0.0) + seconds
    dearest = sorted(by_name, key=lambda name: (-by_name[name], name))
    shared = {name: round(by_name[name], 7) for name in dearest[:MOST_NAMED]}
    return CallSeconds(spent, own + sum(by_name[name] for name in dearest[MOST_NAMED:]), shared)
