"""Filling the outcome table: every question is asked by every route once, ever.

The work goes through the pipeline of a batch, so that calls and answers are shared with batches,
and kept one by one: filling that was interrupted or killed goes on where it was. Several processes
may fill one store, each its share of the clips.
"""

from __future__ import annotations

from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any, TypeVar

from audiorouter.batch.activity import Activity
from audiorouter.batch.cluster.kept import only_decoding
from audiorouter.batch.engine import Engine
from audiorouter.batch.options import EngineOptions
from audiorouter.batch.pipeline import Finished, Pipeline
from audiorouter.batch.progress import Shown, silent
from audiorouter.batch.rows import Row
from audiorouter.errors import UsageError
from audiorouter.learning.asked_table import (
    AskedShare,
    Elsewhere,
    HeardQuestion,
    Result,
    Tried,
    tried_of,
)
from audiorouter.learning.kept_outcomes import outcome_of, outcome_to_keep
from audiorouter.learning.listening import Listening
from audiorouter.learning.outcome_keys import OutcomeKeys
from audiorouter.learning.outcome_table import Calls, Outcome, OutcomeRow
from audiorouter.learning.scorable import what_is_needed, why_unscorable
from audiorouter.learning.shards import WHOLE, Shard, TableShard
from audiorouter.machine.signals import StopSignals
from audiorouter.plugins import Registry
from audiorouter.providers.interface import Reasoner
from audiorouter.questions import Question
from audiorouter.routing.interface import AskingRouter, Route, Router
from audiorouter.routing.strategies import FixedRouter
from audiorouter.store import Store, StoredOutcome
from audiorouter.toolbox.costs import Costs, TimedCall, read_costs
from audiorouter.toolbox.interface import ToolCall

T = TypeVar("T")


class OutcomeSource:
    """Outcomes of one reasoner, from the store as far as it has them.

    `listening_calls` are those that a router in training wants to see before it decides; routers
    that ask the reasoner for calls get `max_calls` of them. Where outcomes are computed
    `elsewhere`, nothing but what routers hear and ask is computed here. Questions without a right
    answer are asked where `unlabelled`, else left out.
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
        elsewhere: Elsewhere | None = None,
        unlabelled: bool = False,
    ):
        self._elsewhere = elsewhere
        self._unlabelled = unlabelled
        self._registry = registry
        self.reasoner = reasoner
        self._store = store
        self._options = options
        self._listening = Listening(
            registry, store, options, listening_calls, unlabelled=unlabelled
        )
        self._max_calls = max_calls
        self._progress = progress
        self._activity: Activity | None = None
        """What is under way, or was last."""
        self._unkept: dict[str, Result] = {}
        self._first: list[tuple[HeardQuestion, Sequence[Calls]]] | None = None
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
    ) -> AskedShare:
        """The first half of `fill`; several processes all end it before one begins the second.

        Each question is asked by all `routes`, or only by those that `tried` says.

        Raises:
            UsageError: no question can be scored.
        """
        columns: list[Calls] = list(dict.fromkeys([(), *map(tuple, routes)]))
        listened = self._listen(questions, columns if tried is None else [()])
        left_out = {
            i: (question.id, heard)
            for i, (question, heard) in enumerate(zip(questions, listened, strict=True))
            if isinstance(heard, str)
        }
        heard = {i: item for i, item in enumerate(listened) if isinstance(item, HeardQuestion)}
        if not heard:
            raise UsageError(
                f"no question can be scored: {what_is_needed(unlabelled=self._unlabelled)}"
                + "".join(f"\n  {name}: {why}" for name, why in list(left_out.values())[:5])
            )
        mine = {i: item for i, item in heard.items() if shard.takes(item.clip.audio_hash)}
        routes_of = tried_of(heard, columns, tried)
        places = [(i, calls) for i in mine for calls in routes_of[i]]
        replies = self._replies([(mine[i], calls) for i, calls in places])
        if self._first is None:
            self._first = [(item, routes_of[i]) for i, item in heard.items()]
        return AskedShare(tuple(columns), mine, dict(zip(places, replies, strict=True)), left_out)

    def with_costs(self, asked: AskedShare) -> TableShard:
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
            {item.clip.audio_hash for _, item in listened if isinstance(item, HeardQuestion)},
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
            if isinstance(item, HeardQuestion)
        ]
        replies = self._replies(pairs)
        return [
            self._outcome(item, heard, calls)
            for item, (heard, calls) in zip(replies, pairs, strict=True)
        ]

    def made(self, question: Question, call: ToolCall) -> ToolCall:
        """A call as it is made for a question; one that cannot be made is as it was given."""
        return self._keys.made(question, call)

    def kept(self, asked: Sequence[tuple[Question, Calls]]) -> list[StoredOutcome | None]:
        """What is known of (question, route) pairs, with the answers' keys; nothing is computed but
        what hearing the clips takes."""
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
        if self._elsewhere is not None and not isinstance(router, AskingRouter):
            self._elsewhere(self._routes_of(router, questions))
        rows = [Row(question) for question in questions]
        replies: dict[int, Result] = {}

        async def finished(position: int, row: Row) -> None:
            replies[position] = self._keep(row)

        self._until_stopped(self._run(rows, router, finished))
        self._remember_unkept(rows, replies)
        return [
            (route, outcome_of(replies[i].stored, row.question, self._seconds_of(row, route)))
            for i, row in enumerate(rows)
            for route in [row.route or Route()]
        ]

    def _remember_unkept(self, rows: Sequence[Row], replies: Mapping[int, Result]) -> None:
        """Have `kept` find what the store does not take, such as answers after a failed call."""
        unkept = [place for place, reply in replies.items() if not reply.kept]
        heard = self._listen([rows[place].question for place in unkept]) if unkept else []
        for place, item in zip(unkept, heard, strict=True):
            route = rows[place].route
            if not isinstance(item, str) and route is not None:
                key = self._keys.of_outcome(item.question, item.clip, route.calls)
                self._unkept.setdefault(key, replies[place])

    def _routes_of(
        self, router: Router, questions: Sequence[Question]
    ) -> list[tuple[Question, Calls]]:
        """The questions that `router` finds a route for, with its calls; none is answered."""
        rows = [Row(question) for question in questions]

        async def finished(_position: int, _row: Row) -> None:
            pass

        self._until_stopped(self._run(rows, router, finished, answers=False))
        return [(row.question, row.route.calls) for row in rows if row.route is not None]

    def _replies(self, pairs: Sequence[tuple[HeardQuestion, Calls]]) -> list[Result]:
        """What comes of each pair; what is not known yet is computed, here or elsewhere."""
        if self._elsewhere is not None:
            known = self.kept([(item.question, calls) for item, calls in pairs])
            self._elsewhere(
                [
                    (item.question, calls)
                    for (item, calls), there in zip(pairs, known, strict=True)
                    if there is None
                ]
            )
        return self._until_stopped(self._found(pairs))

    async def _found(self, pairs: Sequence[tuple[HeardQuestion, Calls]]) -> list[Result]:
        """What comes of each pair; what is not known yet is computed."""
        keys = [self._keys.of_outcome(item.question, item.clip, calls) for item, calls in pairs]
        replies = {key: Result(row) for key, row in self._store.outcomes(keys).items()}
        replies |= {key: self._unkept[key] for key in keys if key in self._unkept}
        missing = {key: pair for key, pair in zip(keys, pairs, strict=True) if key not in replies}
        replies |= await self._compute(missing) if missing else {}
        return [replies[key] for key in keys]

    def _outcome(self, reply: Result | None, item: HeardQuestion, calls: Calls) -> Outcome:
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
        calls_made = [self.made(question, call) for call in calls]
        return self.costs.route_seconds(calls_made, duration)

    def _seconds_of(self, row: Row, route: Route) -> float:
        """What the route of a row costs; nothing where its clip was never heard."""
        return (
            0.0 if row.duration is None else self._seconds(row.question, row.duration, route.calls)
        )

    def _listen(
        self, questions: Sequence[Question], asked_by: Sequence[Calls] = ((),)
    ) -> list[HeardQuestion | str]:
        """Each question as a router gets it, or why it cannot be asked; new clips are heard.

        Where that is done elsewhere, questions are asked there at the same time.
        """
        if self._elsewhere is not None:
            scorable = [
                question
                for question in questions
                if why_unscorable(question, unlabelled=self._unlabelled) is None
            ]
            self._elsewhere([(question, calls) for question in scorable for calls in asked_by])
        return self._listening.to(questions)

    async def _compute(
        self, missing: Mapping[str, tuple[HeardQuestion, Calls]]
    ) -> dict[str, Result]:
        keys = list(missing)
        rows = [
            Row(item.question, route=Route(calls, "outcome")) for item, calls in missing.values()
        ]
        replies: dict[str, Result] = {}

        async def finished(position: int, row: Row) -> None:
            replies[keys[position]] = self._keep(row)

        await self._run(rows, FixedRouter("outcomes", []), finished)
        # Asked once here even so: all strategies are to have the same outcome of the same route.
        self._unkept |= {key: item for key, item in replies.items() if not item.kept}
        return replies

    def _until_stopped(self, work: Coroutine[Any, Any, T]) -> T:
        with StopSignals(self._stop) as stop:
            return stop.run(work)

    def _stop(self) -> None:
        """Say at once that it is being ended."""
        if self._activity is not None:
            self._activity.stop()

    async def _run(
        self, rows: Sequence[Row], router: Router, finished: Finished, *, answers: bool = True
    ) -> None:
        self._activity = activity = Activity(len(rows), kind="outcomes")
        with self._progress(activity):

            async def done(position: int, row: Row) -> None:
                activity.question_done(failed=row.failed)
                await finished(position, row)

            async with self._engine(router, answers=answers) as engine:
                pipeline = Pipeline(
                    engine,
                    router,
                    done,
                    activity=activity,
                    max_calls=self._max_calls,
                    answers=answers,
                )
                await pipeline.run(rows)

    def _engine(self, router: Router, *, answers: bool) -> Engine:
        """An engine; where outcomes are computed elsewhere, what was not is not tried here."""
        given = self._registry, self._store, self.reasoner
        if self._elsewhere is None or not answers or isinstance(router, AskingRouter):
            return Engine(*given, self._options)
        options = replace(self._options, retry_failed=False)
        return Engine(*given, options, computing=only_decoding)

    def _keep(self, row: Row) -> Result:
        """What came of a row; it is kept unless a passing fault may have had a part in it."""
        if row.answer is None or row.answer_key is None or row.facts is None:
            return Result(None, kept=False)
        calls = () if row.route is None else row.route.calls
        outcome = outcome_to_keep(
            self._keys.of_outcome(row.question, row.facts, calls), row, self.reasoner.name
        )
        # A call or a hook may fail by chance, so what was answered without it is not kept.
        kept = not row.unprepared_by and not any(result.error for result in row.results)
        if kept:
            self._store.save_outcome(outcome)
        return Result(outcome, kept)
