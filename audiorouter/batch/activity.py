"""What a batch has to do, what of it is done, and how long the rest may take."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass, field
from typing import NamedTuple

from audiorouter.batch.reasoning.reasoning_counters import ReasoningCounters
from audiorouter.text import counted
from audiorouter.toolbox.results import Counters

_SETTLED_SECONDS, _SETTLED_SHARE, _SETTLED_QUESTIONS = 2.0, 0.05, 5
"""Seconds of work, and share of the questions or as many, before anything is said of the rest."""
_COMPUTING = 0.5
"""Share of the largest pace from which on the pace of late is that of work, not of waiting."""
_LATELY = 1 / 3
"""Share of what is done by which the rest is reckoned, that which was done last."""
_NOTED_SHARE = 1 / 300
"""Share of what is done by which it has to grow before it is noted again: however long the work
takes, some hundreds of moments tell where its last third began."""


class _Moment(NamedTuple):
    """How much is done at some time. Seconds of work are those of computing."""

    time: float
    done: int
    made: int
    """Answers that the reasoner was asked for, whatever came of it; the store has none of them."""
    routed: int
    call_seconds: float
    """Of the tool calls that were made."""
    known_call_seconds: float
    """The same with those that are known to be left."""
    load_seconds: float
    """Of loading tools."""
    ended_seconds: float
    """Of what the reasoner was asked for, whether it gave it or not."""
    running_seconds: float
    """Of what the reasoner is at."""
    busy_seconds: float
    """In which it was at something."""

    @property
    def work(self) -> float:
        """Seconds of all work."""
        return self.call_seconds + self.load_seconds + self.answering

    @property
    def answering(self) -> float:
        """Seconds of answers, those that are being made among them."""
        return self.ended_seconds + self.running_seconds

    def since(self, before: _Moment) -> _Moment:
        """How much was done from then on."""
        return _Moment._make(now - then for now, then in zip(self, before, strict=True))


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
    kind: str = "questions"
    """What is counted, in a word: training asks each question by several routes."""
    stopping: str | None = None
    """What was under way when it was told to stop."""
    _moments: deque[_Moment] = field(default_factory=deque)
    """From when two thirds of what is done by now were done, and two thirds of what was made; at
    first from when the first questions were, by which time every model is loaded."""
    _ended_before: int | None = None
    """Answers that the reasoner was asked for before this began, which others may have."""
    _last: _Moment | None = None
    """When it was last looked at."""
    _pace: float = 0.0
    """Seconds of work that went by in a second when most did."""

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
        if reasoning.under_way and not (reasoning.answers_made or reasoning.running.ended):
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
        # Others may use the reasoner, and most of what is asked for waits for its turn.
        answers = min(self.reasoning.under_way, self.reasoning.running.answers)
        self.stopping = f"{calls} and {counted(answers, 'answer')}"

    def question_done(self, *, failed: bool) -> None:
        """One more is done."""
        self.done += 1
        self.failed += failed

    def note(self) -> None:
        """Remember how much is done by now; `seconds_left` looks at how it came to that."""
        self._noted()

    def questions_a_second(self) -> float | None:
        """How many are done, of late; None at first."""
        since = self._lately(self._noted())
        return None if since is None else since.done / since.time

    def seconds_left(self) -> float | None:
        """Time that the rest may take, by how the last third of what is done went; None at first.

        Where the store had most of that, it is the last third of what was made: whoever goes on
        with a batch that was stopped comes to what is left last.

        Work that is left is reckoned in seconds of computing: calls that are known by the mean of
        their tool, those of questions without a route and answers as those of the others. Several
        processes at once have such seconds go by faster: as fast as they did lately, or, where
        little was computed then, as fast as they ever did. What time that leaves, with the
        reasoner at nothing, is what questions take by themselves, also those whose answers the
        store has. It is never less than what the reasoner takes for the answers that are left, with
        nothing beside it.
        """
        now = self._noted()
        since = self._lately(now)
        if since is None or (now.running_seconds and not since.ended_seconds):
            return None  # how long an answer takes is not known yet
        lately = since.work / since.time
        self._pace = max(self._pace, lately)
        rows_left = self.questions - self.done
        if not self._pace:
            return since.time / since.done * rows_left
        pace = lately if lately > _COMPUTING * self._pace else self._pace
        computing = max(since.work / pace, since.busy_seconds)
        by_itself = max(0.0, since.time - computing) / since.done
        answers = since.ended_seconds / since.done * rows_left
        answers = max(0.0, answers - self.reasoning.running.seconds_ahead())
        whole = (self._calls_left(now, since) + answers) / pace + by_itself * rows_left
        if not (since.answering and since.busy_seconds):
            return whole
        return max(whole, answers * since.busy_seconds / since.answering)

    def _noted(self) -> _Moment:
        """How much is done by now, which is remembered where it is some more than before."""
        now, moments = self._now(), self._moments
        last, self._last = self._last or now, now
        done, made = (moments[-1].done, moments[-1].made) if moments else (0, 0)
        more_made = now.made - made > now.made * _NOTED_SHARE
        if more_made and moments and last.made == made and last.done > done:
            moments.append(last)  # up to which the store had them
        if more_made or now.done - done > now.done * _NOTED_SHARE:
            moments.append(now)
        return now

    def _now(self) -> _Moment:
        tools = self.tools
        if self._ended_before is None:
            self._ended_before = self.reasoning.running.ended
        waiting = [*tools.waiting.items()]  # at once: others go on counting
        known = sum(tools.mean_seconds(name) * count for name, count in waiting)
        return _Moment(
            time=time.monotonic(),
            done=self.done,
            made=self.reasoning.running.ended - self._ended_before,
            routed=self.routed,
            call_seconds=tools.tool_seconds,
            known_call_seconds=tools.tool_seconds + known,
            load_seconds=tools.load_seconds,
            ended_seconds=self.reasoning.running.ended_seconds,
            running_seconds=self.reasoning.running.seconds(),
            busy_seconds=self.reasoning.running.busy_seconds(),
        )

    def _lately(self, now: _Moment) -> _Moment | None:
        """How the last of what is done went; None where that is too little to go by."""
        moments = self._moments
        if not moments:
            return None
        done, made = (count * (1 - _LATELY) for count in (now.done, now.made))
        begins = 0
        for number, moment in enumerate(moments):
            if moment.done > done and (moment.made > made or not now.made):
                break
            if self._settled(now, moment):
                begins = number
        for _ in range(begins):
            moments.popleft()
        return now.since(moments[0]) if self._settled(now, moments[0]) else None

    def _settled(self, now: _Moment, before: _Moment) -> bool:
        """Whether enough was done since; a few answers that were made among many that were not say
        too little of how long one takes."""
        since = now.since(before)
        enough = min(self.questions * _SETTLED_SHARE, _SETTLED_QUESTIONS)
        return (
            since.time >= _SETTLED_SECONDS
            and since.done >= enough
            and (since.made == 0 or since.made >= enough)
        )

    def _calls_left(self, now: _Moment, since: _Moment) -> float:
        """Seconds of computing of calls that are left, by what was done `since` some time."""
        calls = now.known_call_seconds - now.call_seconds
        some = since if since.routed > 0 else now
        calls_each = max(0.0, some.known_call_seconds) / max(1, some.routed)
        return calls + calls_each * (self.questions - self.routed)


def _from_store(count: int) -> str:
    return f" (+{count} from the store)" if count else ""
