"""What a batch has to do, what of it is done, and how long the rest may take."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import NamedTuple

from audiorouter.batch.reasoning_counters import ReasoningCounters
from audiorouter.text import counted
from audiorouter.toolbox.results import Counters

_SETTLED_SECONDS, _SETTLED_SHARE = 2.0, 0.05
"""Seconds of work, and share of the questions, before anything is said of the rest."""


class _Moment(NamedTuple):
    """How much is done at some time."""

    time: float
    done: int
    tool_seconds: float
    reason_seconds: float

    def since(self, before: _Moment) -> _Moment:
        """How much was done from then on."""
        return _Moment(
            self.time - before.time,
            self.done - before.done,
            self.tool_seconds - before.tool_seconds,
            self.reason_seconds - before.reason_seconds,
        )


@dataclass
class Activity:
    """Counts that the stages keep up to date, for whoever shows how far things are."""

    questions: int
    clips: int = 0
    clips_heard: int = 0
    """Whose facts are known."""
    routed: int = 0
    """Questions with a route."""
    done: int = 0
    """Questions with an answer or an error."""
    failed: int = 0
    tools: Counters = field(default_factory=Counters)
    reasoning: ReasoningCounters = field(default_factory=ReasoningCounters)
    preparing: str | None = None
    """What is done before the first question is answered, or in place of answering."""
    doing: str = "answering"
    """The work in a word."""
    stopping: str | None = None
    """What was under way when it was told to stop."""
    _since: _Moment | None = None
    """When the first questions were done: by then every model is loaded."""

    @property
    def phase(self) -> str:
        """What is going on, in a few words."""
        if self.stopping is not None:
            return f"stopping: {self.stopping} under way; what is finished is kept"
        if self.preparing is not None:
            return self.preparing
        parts = []
        if self.clips_heard < self.clips:
            parts.append(f"listening {self.clips_heard}/{self.clips} clips")
        if self.routed < self.questions:
            parts.append(f"routed {self.routed}")
        waiting = sum(self.tools.waiting.values())
        made, stored = self.tools.calls_run, self.tools.calls_cached
        parts.append(f"tool calls {made}{f' of {made + waiting} so far' if waiting else ''}")
        parts[-1] += _from_store(stored)
        reasoning = self.reasoning
        if reasoning.under_way and not reasoning.answers_made:
            parts.append("loading the reasoner")
        else:
            parts.append(f"answers {reasoning.answers_made}{_from_store(reasoning.answers_cached)}")
        if self.failed:
            parts.append(f"{self.failed} failed")
        return ", ".join(parts)

    def stop(self) -> None:
        """The work is being ended."""
        if self.stopping is not None:
            return
        calls = counted(self.tools.busy_workers, "tool call")
        self.stopping = f"{calls} and {counted(self.reasoning.under_way, 'answer')}"

    def question_done(self, *, failed: bool) -> None:
        """One more is done."""
        self.done += 1
        self.failed += failed

    def seconds_left(self) -> float | None:
        """Time that the rest may take, by what the same kinds of work took so far; None at first.

        What is left is reckoned in seconds of computing: calls that are known by the mean of their
        tool, those of questions without a route as those of the others, answers by their mean.
        How fast such seconds go by, with several processes at once, is seen from those done.
        """
        now = _Moment(time.monotonic(), self.done, self.tools.tool_seconds, self.reasoning.seconds)
        if self._since is None:
            self._since = now if self.done else None
            return None
        since = now.since(self._since)
        if since.time < _SETTLED_SECONDS or since.done < self.questions * _SETTLED_SHARE:
            return None
        if not (work := since.tool_seconds + since.reason_seconds):
            return since.time / since.done * (self.questions - self.done)
        return since.time / work * self._work_left(since.reason_seconds / since.done)

    def _work_left(self, seconds_per_answer: float) -> float:
        tools = self.tools
        known = sum(tools.mean_seconds(name) * count for name, count in tools.waiting.items())
        unrouted = self.questions - self.routed
        calls = known + (known + tools.tool_seconds) * unrouted / max(1, self.routed)
        return calls + seconds_per_answer * (self.questions - self.done)


def _from_store(count: int) -> str:
    return f" (+{count} from the store)" if count else ""
