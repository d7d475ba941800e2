"""What lies ahead of a table of outcomes: every question by several routes, as far as not known."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from audiorouter.batch.planning.ahead import AskedQuestion, LookAhead
from audiorouter.batch.planning.work_ahead import Work
from audiorouter.batch.requests import route_request
from audiorouter.clips import ClipFacts
from audiorouter.errors import FaultError
from audiorouter.learning.outcome_keys import OutcomeKeys
from audiorouter.learning.outcome_table import Calls
from audiorouter.learning.scorable import why_unscorable
from audiorouter.plugins import Registry
from audiorouter.questions import Question
from audiorouter.routing.interface import RouteRequest
from audiorouter.toolbox.interface import ToolCall


@dataclass(frozen=True, kw_only=True)
class OutcomePlan(Work):
    """Work that lies ahead of a training or an evaluation."""

    questions: Mapping[str, int]
    """How many there are, by what they are for."""
    unscorable: int
    """How many are left out: without a right answer among choices, or a clip that can be heard."""
    why_not: str
    """Why one of those is; empty where there is none."""
    at_most: int
    """How many more answers there may be, to routes that are only known on the way."""
    notes: tuple[str, ...]


class ScorableQuestion(NamedTuple):
    """A question that can be scored, and its clip."""

    question: Question
    facts: ClipFacts


class OutcomesAhead:
    """Counts what is to be asked so that questions have an outcome by each of some routes.

    Use it within one event loop.
    """

    def __init__(self, ahead: LookAhead, registry: Registry, *, unlabelled: bool = False):
        self.ahead = ahead
        self._unlabelled = unlabelled
        self._keys = OutcomeKeys(registry, ahead.reasoner, orders=ahead.options.shuffle_choices)
        self._pairs: dict[str, tuple[ScorableQuestion, Calls]] = {}
        self.why_not = ""
        """Why one of the questions is left out; empty where none is."""

    async def hear(self, questions: Sequence[Question], what: str) -> list[ScorableQuestion]:
        """The questions that can be scored whose clips can be heard, of those for `what`."""

        async def look(question: Question) -> ScorableQuestion | str:
            why = why_unscorable(question, unlabelled=self._unlabelled)
            if question.path is None or why is not None:
                return str(why)
            try:
                return ScorableQuestion(question, await self.ahead.facts(question.path))
            except FaultError as error:
                return f"{question.place}: {error}"

        looked = await asyncio.gather(*map(look, questions))
        if reasons := [why for why in looked if isinstance(why, str)]:
            self.why_not = self.why_not or f"{what}, {reasons[0]}"
        return [heard for heard in looked if isinstance(heard, ScorableQuestion)]

    def requests(
        self, heard: Sequence[ScorableQuestion], listening_calls: Sequence[ToolCall]
    ) -> list[RouteRequest]:
        """The questions as routers get them, with what the store has of their own calls."""
        calls = [self.ahead.toolbox.normalised(call) for call in listening_calls]
        return [
            route_request(question, facts, self.ahead.stored(facts, calls).values())
            for question, facts in heard
        ]

    def add(self, heard: Sequence[ScorableQuestion], routes: Sequence[Collection[Calls]]) -> None:
        """Questions that are each to be asked by some routes."""
        for item, some in zip(heard, routes, strict=True):
            for calls in some:
                key = self._keys.of_outcome(item.question, item.facts, calls)
                self._pairs.setdefault(key, (item, calls))

    def new(self, asked: Sequence[AskedQuestion]) -> list[AskedQuestion]:
        """Those that are not among the pairs."""
        return [
            each
            for each in asked
            if self._keys.of_outcome(each.question, each.facts, each.calls) not in self._pairs
        ]

    async def asked(self) -> tuple[list[AskedQuestion], int]:
        """The pairs that have to be asked, and of how many the store knows what comes of them."""
        known = self.ahead.store.outcomes(self._pairs).keys()
        asked = []
        for key, (item, calls) in self._pairs.items():
            if key in known:
                continue
            try:
                asked.append(await self.ahead.asked(*item, calls))
            except FaultError:
                continue  # it has no outcome, which the work itself will say
        return asked, len(known)
