"""Filling the outcome table: every question is asked by every route once, ever.

The work goes through the pipeline of a batch, so that calls and answers are shared with batches,
and kept one by one: filling that was interrupted or killed goes on where it was. Several processes
may fill one store, each its share of the clips.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from audiorouter.batch.activity import Activity
from audiorouter.batch.engine import Engine
from audiorouter.batch.options import EngineOptions
from audiorouter.batch.pipeline import Finished, Pipeline
from audiorouter.batch.progress import Shown, silent
from audiorouter.batch.requests import route_request
from audiorouter.batch.rows import Row
from audiorouter.clips import ClipFacts
from audiorouter.errors import ClipError, UsageError
from audiorouter.learning.kept_outcomes import outcome_of, outcome_to_keep
from audiorouter.learning.outcome_keys import OutcomeKeys
from audiorouter.learning.outcome_table import Calls, Outcome, OutcomeRow
from audiorouter.learning.scorable import why_unscorable
from audiorouter.learning.shards import WHOLE, Shard, TableShard
from audiorouter.machine.signals import run_until_stopped
from audiorouter.plugins import Registry
from audiorouter.providers.interface import Reasoner
from audiorouter.questions import Question
from audiorouter.routing.interface import Route, Router, RouteRequest
from audiorouter.routing.strategies import FixedRouter
from audiorouter.store import Store, StoredOutcome
from audiorouter.toolbox.costs import Costs, TimedCall, read_costs
from audiorouter.toolbox.interface import ToolCall
from audiorouter.toolbox.results import CallResult


class _HeardQuestion(NamedTuple):
    """A question with its clip, and as a router gets it."""

    question: Question
    request: RouteRequest

    @property
    def clip(self) -> ClipFacts:
        """What its clip is."""
        return self.request.facts


class _Clip(NamedTuple):
    """A clip, and what is heard of it."""

    facts: ClipFacts
    sensed: tuple[CallResult, ...]


class _Result(NamedTuple):
    """What came of asking: an outcome, or none where the reasoner failed."""

    stored: StoredOutcome | None
    kept: bool = True
    """Whether the store has it."""


Tried = Callable[[Sequence[RouteRequest]], Sequence[Collection[Calls]]]
"""The routes that are tried for each question; its direct answer always is."""


class Asked(NamedTuple):
    """A share of a table whose questions were asked, before anybody reckons what routes cost."""

    columns: tuple[Calls, ...]
    mine: Mapping[int, _HeardQuestion]
    """The questions of the shard by position."""
    replies: Mapping[tuple[int, Calls], _Result]
    """What came of them, by position and route; those that were not tried are not there."""
    left_out: Mapping[int, tuple[str, str]]


class OutcomeSource:
    """Outcomes of one reasoner, from the store as far as it has them.

    `listening_calls` are those that a router in training wants to see before it decides; routers
    that ask the reasoner for calls get `max_calls` of them.
    """

    def __init__(
        self,
        registry: Registry,
        reasoner: Reasoner,
        store: Store,
        options: EngineOptions,
        *,
        listening_calls: Sequence[ToolCall] = (),
        max_calls: int = 1,
        progress: Shown = silent,
    ):
        self._registry = registry
        self.reasoner = reasoner
        self._store = store
        self._options = options
        self._router_calls = tuple(listening_calls)
        self._max_calls = max_calls
        self._progress = progress
        self._clips: dict[Path, _Clip | str] = {}
        self._unkept: dict[str, _Result] = {}
        self._first: list[tuple[_HeardQuestion, Sequence[Calls]]] | None = None
        self._keys = OutcomeKeys(registry, reasoner, orders=options.shuffle_choices)

    @cached_property
    def costs(self) -> Costs:
        """What the tools cost, by which every route's seconds are reckoned.

        It is read when it is first needed, which is when the first table was asked: what nobody
        measured costs what its calls in that table took.
        """
        calls_of = None if self._first is None else self._timed
        return read_costs(self._registry.tools, self._store, calls_of)

    def fill(
        self, questions: Sequence[Question], routes: Sequence[Calls], *, shard: Shard = WHOLE
    ) -> TableShard:
        """The table of `questions` by the direct answer and `routes`.

        With a share of several processes only that share is computed, and only that is returned.
        A question that cannot be asked, or answered by no route, is left out with the reason.

        Raises:
            UsageError: no question can be scored.
        """
        return self.with_costs(self.ask_table(questions, routes, shard=shard))

    def ask_table(
        self,
        questions: Sequence[Question],
        routes: Sequence[Calls],
        *,
        shard: Shard = WHOLE,
        tried: Tried | None = None,
    ) -> Asked:
        """The first half of `fill`; several processes all end it before one begins the second.

        Each question is asked by all `routes`, or only by those that `tried` says.

        Raises:
            UsageError: no question can be scored.
        """
        columns: list[Calls] = list(dict.fromkeys([(), *map(tuple, routes)]))
        listened = self._listen(questions)
        left_out = {
            i: (question.id, heard)
            for i, (question, heard) in enumerate(zip(questions, listened, strict=True))
            if isinstance(heard, str)
        }
        heard = {i: item for i, item in enumerate(listened) if isinstance(item, _HeardQuestion)}
        if not heard:
            raise UsageError(
                "no question can be scored: choices with a right answer among them are needed"
                + "".join(f"\n  {name}: {why}" for name, why in list(left_out.values())[:5])
            )
        mine = {i: item for i, item in heard.items() if shard.takes(item.clip.audio_hash)}
        tried_of = self._tried(heard, columns, tried)
        places = [(i, calls) for i in mine for calls in tried_of[i]]
        replies = run_until_stopped(self._found([(mine[i], calls) for i, calls in places]))
        if self._first is None:
            self._first = [(item, tried_of[i]) for i, item in heard.items()]
        return Asked(tuple(columns), mine, dict(zip(places, replies, strict=True)), left_out)

    @staticmethod
    def _tried(
        heard: Mapping[int, _HeardQuestion], columns: Sequence[Calls], tried: Tried | None
    ) -> dict[int, Sequence[Calls]]:
        """The routes by which each question is asked, in the order of the columns."""
        if tried is None:
            return dict.fromkeys(heard, columns)
        among = tried([item.request for item in heard.values()])
        return {
            i: [calls for calls in columns if not calls or calls in some]
            for i, some in zip(heard, among, strict=True)
        }

    def with_costs(self, asked: Asked) -> TableShard:
        """The second half of `fill`: what was asked, with what every route costs."""
        singles = tuple(calls[0] for calls in asked.columns if len(calls) == 1)
        rows = {
            i: OutcomeRow(
                item.question,
                item.request,
                tuple(
                    self._outcome(asked.replies.get((i, calls)), item, calls)
                    for calls in asked.columns
                ),
                self._seconds(item.question, item.clip.duration, singles),
            )
            for i, item in asked.mine.items()
        }
        left_out = dict(asked.left_out)
        for i, row in rows.items():
            if not any(outcome.answered for outcome in row.outcomes):
                left_out[i] = (row.question.id, "the reasoner could not answer it by any route")
        whole = {i: row for i, row in rows.items() if i not in left_out}
        return TableShard(asked.columns, whole, left_out)

    def clips_heard(self, questions: Sequence[Question]) -> tuple[set[str], dict[str, str]]:
        """Hashes of the clips that can be heard, and by id why questions cannot be asked."""
        listened = list(zip(questions, self._listen(questions), strict=True))
        return (
            {item.clip.audio_hash for _, item in listened if isinstance(item, _HeardQuestion)},
            {question.id: item for question, item in listened if isinstance(item, str)},
        )

    def ask(self, asked: Sequence[tuple[Question, Calls]]) -> list[Outcome]:
        """Outcomes of single (question, route) pairs; what is not known yet is computed.

        Raises:
            UsageError: a question cannot be asked.
        """
        listened = self._listen([question for question, _ in asked])
        for item in listened:
            if isinstance(item, str):
                raise UsageError(f"a question cannot be asked: {item}")
        pairs = [
            (item, calls)
            for item, (_, calls) in zip(listened, asked, strict=True)
            if isinstance(item, _HeardQuestion)
        ]
        replies = run_until_stopped(self._found(pairs))
        return [
            self._outcome(item, heard, calls)
            for item, (heard, calls) in zip(replies, pairs, strict=True)
        ]

    def kept(self, asked: Sequence[tuple[Question, Calls]]) -> list[StoredOutcome | None]:
        """What is known of (question, route) pairs, with the answers' keys; nothing is computed."""
        listened = self._listen([question for question, _ in asked])
        keys = [
            None if isinstance(item, str) else self._keys.of_outcome(item.question, item.clip, c)
            for item, (_, c) in zip(listened, asked, strict=True)
        ]
        stored = self._store.outcomes(key for key in keys if key is not None)
        unkept = {key: result.stored for key, result in self._unkept.items()}
        return [None if key is None else unkept.get(key) or stored.get(key) for key in keys]

    def routed(self, router: Router, questions: Sequence[Question]) -> list[tuple[Route, Outcome]]:
        """The route that `router` takes for each question in a batch, and what comes of it.

        It is a batch: the router gets what its own calls hear, and how sure the reasoner is where
        it wants to know that. What cannot be asked is unanswered.
        """
        rows = [Row(question) for question in questions]
        replies: dict[int, _Result] = {}

        async def finished(position: int, row: Row) -> None:
            replies[position] = self._keep(row)

        run_until_stopped(self._run(rows, router, finished))
        return [
            (route, outcome_of(replies[i].stored, row.question, self._seconds_of(row, route)))
            for i, row in enumerate(rows)
            for route in [row.route or Route()]
        ]

    async def _found(self, pairs: Sequence[tuple[_HeardQuestion, Calls]]) -> list[_Result]:
        """What comes of each pair; what is not known yet is computed."""
        keys = [self._keys.of_outcome(item.question, item.clip, calls) for item, calls in pairs]
        replies = {key: _Result(row) for key, row in self._store.outcomes(keys).items()}
        replies |= {key: self._unkept[key] for key in keys if key in self._unkept}
        missing = {key: pair for key, pair in zip(keys, pairs, strict=True) if key not in replies}
        replies |= await self._compute(missing) if missing else {}
        return [replies[key] for key in keys]

    def _outcome(self, reply: _Result | None, item: _HeardQuestion, calls: Calls) -> Outcome:
        seconds = self._seconds(item.question, item.clip.duration, calls)
        if reply is None:
            return Outcome.untried(seconds)
        return outcome_of(reply.stored, item.question, seconds)

    def _timed(self, tool: str) -> list[TimedCall]:
        """The calls of a tool in the first table, whichever process made them."""
        assert self._first is not None
        durations = {
            self._keys.of_call(item.question, item.clip, calls[0]): item.clip.duration
            for item, routes in self._first
            for calls in routes
            if len(calls) == 1 and calls[0].tool == tool
        }
        stored = self._store.calls(durations)
        timed = [TimedCall.of(call, durations[key]) for key, call in stored.items()]
        return [call for call in timed if call is not None]

    def _seconds(self, question: Question, duration: float, calls: Calls) -> float:
        """What a route costs for a question about a clip of `duration` s."""
        calls_made = [self._keys.made(question, call) for call in calls]
        return self.costs.route_seconds(calls_made, duration)

    def _seconds_of(self, row: Row, route: Route) -> float:
        """What the route of a row costs; nothing where its clip was never heard."""
        return (
            0.0 if row.duration is None else self._seconds(row.question, row.duration, route.calls)
        )

    def _listen(self, questions: Sequence[Question]) -> list[_HeardQuestion | str]:
        """Each question as a router gets it, or why it cannot be asked; new clips are heard."""
        problems = [why_unscorable(question) for question in questions]
        paths = {
            question.path
            for question, problem in zip(questions, problems, strict=True)
            if problem is None and question.path is not None
        }
        if new := paths - self._clips.keys():
            run_until_stopped(self._sense(new))

        def listened(question: Question) -> _HeardQuestion | str:
            assert question.path is not None
            clip = self._clips[question.path]
            if isinstance(clip, str):
                return clip
            return _HeardQuestion(question, route_request(question, clip.facts, clip.sensed))

        return [
            problem or listened(question)
            for question, problem in zip(questions, problems, strict=True)
        ]

    async def _sense(self, paths: Iterable[Path]) -> None:
        toolbox = self._options.toolbox(self._registry, self._store)
        listening_calls = [toolbox.normalised(call) for call in self._router_calls]

        async def sense(path: Path) -> None:
            try:
                async with toolbox.session(path) as session:
                    facts = await session.facts()
                    sensed = await session.run(facts, listening_calls)
            except ClipError as error:
                self._clips[path] = str(error)
                return
            self._clips[path] = _Clip(facts, tuple(sensed.values()))

        try:
            await asyncio.gather(*map(sense, paths))
        finally:
            await toolbox.close()

    async def _compute(
        self, missing: Mapping[str, tuple[_HeardQuestion, Calls]]
    ) -> dict[str, _Result]:
        keys = list(missing)
        rows = [
            Row(item.question, route=Route(calls, "outcome")) for item, calls in missing.values()
        ]
        replies: dict[str, _Result] = {}

        async def finished(position: int, row: Row) -> None:
            replies[keys[position]] = self._keep(row)

        await self._run(rows, FixedRouter("outcomes", []), finished)
        # Asked once here even so: all strategies are to have the same outcome of the same route.
        self._unkept |= {key: item for key, item in replies.items() if not item.kept}
        return replies

    async def _run(self, rows: Sequence[Row], router: Router, finished: Finished) -> None:
        activity = Activity(len(rows))
        with self._progress(activity):

            async def done(position: int, row: Row) -> None:
                activity.question_done(failed=row.failed)
                await finished(position, row)

            async with Engine(self._registry, self._store, self.reasoner, self._options) as engine:
                pipeline = Pipeline(
                    engine, router, done, activity=activity, max_calls=self._max_calls
                )
                await pipeline.run(rows)

    def _keep(self, row: Row) -> _Result:
        """What came of a row; it is kept unless a passing fault may have had a part in it."""
        if row.answer is None or row.answer_key is None or row.facts is None:
            return _Result(None, kept=False)
        calls = () if row.route is None else row.route.calls
        outcome = outcome_to_keep(
            self._keys.of_outcome(row.question, row.facts, calls), row, self.reasoner.name
        )
        # A call may fail by chance, so what was answered without it is not kept.
        kept = not any(result.error for result in row.results) and self._was_heard(row)
        if kept:
            self._store.save_outcome(outcome)
        return _Result(outcome, kept)

    def _was_heard(self, row: Row) -> bool:
        """Whether the reasoner's own calls found something, of which a row says nothing."""
        assert row.facts is not None
        keys = {
            self._keys.of_call(row.question, row.facts, call)
            for call in self.reasoner.listening_calls
        }
        known = self._store.calls(keys)
        return all(key in known and known[key].status == "ok" for key in keys)
