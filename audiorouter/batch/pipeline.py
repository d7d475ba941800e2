"""The pipeline: work on many clips at once, each question on its way through the stages."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from random import Random

from audiorouter.batch.activity import Activity
from audiorouter.batch.engine import Engine
from audiorouter.batch.fetching import ClipFetcher
from audiorouter.batch.instead import with_more_calls
from audiorouter.batch.reasoning.reasoner_stage import Reply
from audiorouter.batch.reasoning.reasoning_counters import ReasoningCounters
from audiorouter.batch.reasoning.windows import how_heard
from audiorouter.batch.requests import reasoner_request, route_request, told
from audiorouter.batch.row_faults import as_fault, first_of
from audiorouter.batch.rows import Row
from audiorouter.clips import ClipFacts
from audiorouter.errors import (
    FaultError,
    NoAudioError,
    ReasonerError,
    RouterError,
    UnkeepableError,
    UnreachableError,
)
from audiorouter.providers.interface import Answer, Request
from audiorouter.questions.remote_clips import RemoteClips
from audiorouter.routing.interface import AskingRouter, Route, Router
from audiorouter.toolbox.availability import why_unusable
from audiorouter.toolbox.clip_session import ClipSession
from audiorouter.toolbox.interface import ToolCall
from audiorouter.toolbox.results import CallResult, Counters

CLIPS_AT_ONCE = 256
"""Clips whose questions are under way; bounds memory, not parallelism."""
ROWS_TOGETHER = 2_048
"""Rows that are read together: those of one clip among them are worked on together."""
ROWS_AT_ONCE = 2 * ROWS_TOGETHER
"""Rows that are read and not finished; more where the reasoner has more requests in flight."""
_ROWS_BETWEEN = 128
"""Rows that are read before others get on with their work."""

Finished = Callable[[int, Row], Awaitable[None]]
"""Hears of each row that is done, with its position."""


class Pipeline:
    """Takes questions clip by clip through routing, tools and the reasoner.

    A row that has a route already keeps it. `finished` hears of each question that is done. Code
    that is not ours runs in worker processes and on threads apart; what it does wrong costs the
    rows that it was at. A router that asks the reasoner for calls gets `max_calls` of them. What
    it does is counted in `tools` and `reasoning`, whatever else its engine does beside. One that
    does not answer ends with what tools found. Further rows are read when there is `room` for them.
    Clips whose questions are read together are gone through in their order, unless they are
    `shuffled`.
    """

    def __init__(
        self,
        engine: Engine,
        router: Router,
        finished: Finished,
        *,
        activity: Activity | None = None,
        max_calls: int = 1,
        remote: RemoteClips | None = None,
        answers: bool = True,
        room: Callable[[], Awaitable[None]] | None = None,
        shuffled: Random | None = None,
    ):
        self._engine, self._toolbox, self._stage = engine, engine.toolbox, engine.stage
        self.tools = Counters()
        self.reasoning = ReasoningCounters(running=engine.stage.counters.running)
        self._activity = activity or Activity(0)
        self._activity.tools, self._activity.reasoning = self.tools, self.reasoning
        self._router = router
        self._max_calls = max_calls
        # What waits for a day takes no more than its question's memory.
        in_flight = engine.reasoner.in_flight
        self._clips_at_once = max(CLIPS_AT_ONCE, in_flight)
        self._fetcher = ClipFetcher(remote)
        self._answers = answers
        self._routing = engine.routing(router)
        self.hooks = engine.hooks
        self._finish = finished
        self._room = room
        self._shuffled = shuffled
        self._places = asyncio.Semaphore(max(ROWS_AT_ONCE, in_flight + ROWS_TOGETHER))
        self._sources = engine.registry.sources
        self._asks = answers or isinstance(router, AskingRouter) or router.wants_margin
        heard = engine.reasoner.listening_calls if self._asks else ()
        self._reasoner_calls = engine.normalised(heard)
        self._router_calls = engine.normalised(router.listening_calls)

    async def run(self, rows: Iterable[Row]) -> None:
        """Work on all rows; each ends with an answer or an error of its own.

        They are read as they are needed, `ROWS_AT_ONCE` of them ahead of those that are finished.
        """
        try:
            await self._run(enumerate(rows))
        except BaseExceptionGroup as group:
            raise first_of(group) from None
        finally:
            self._fetcher.close()

    async def _run(self, rows: Iterator[tuple[int, Row]]) -> None:
        places = asyncio.Semaphore(self._clips_at_once)

        async def work(path: Path, together: Mapping[int, Row]) -> None:
            try:
                await self._work_on_clip(path, together)
            finally:
                places.release()

        async with asyncio.TaskGroup() as tasks:
            while together := await self._read(rows):
                clips = _by_clip(together)
                self._activity.clips += len(clips)
                for position, row in together.items():
                    if not _is_answerable(row):
                        row.error = f"{row.question.place}: {row.question.problem}"
                        self._activity.routed += 1
                        await self._finished(position, row)
                paths = list(clips)
                if self._shuffled is not None:
                    self._shuffled.shuffle(paths)
                for path in paths:
                    await places.acquire()
                    tasks.create_task(work(path, clips[path]))

    async def _read(self, rows: Iterator[tuple[int, Row]]) -> dict[int, Row]:
        """The next rows, by position; none at the end."""
        if self._room is not None:
            await self._room()
        together: dict[int, Row] = {}
        while len(together) < ROWS_TOGETHER:
            await self._places.acquire()
            read = next(rows, None)
            if read is None:
                self._places.release()
                break
            together[read[0]] = read[1]
            if not len(together) % _ROWS_BETWEEN:
                await asyncio.sleep(0)
        return together

    async def _finished(self, position: int, row: Row) -> None:
        await self._finish(position, row)
        self._places.release()

    async def _work_on_clip(self, path: Path, rows: Mapping[int, Row]) -> None:
        first = next(iter(rows.values())).question
        try:
            self.tools.begin()
            await self._fetcher.fetch(first)
            async with self._toolbox.session(path, self.tools) as session:
                try:
                    facts = await session.facts()
                except NoAudioError as error:
                    self._fetcher.drop(first, error)
                    raise
                self._activity.clips_heard += 1
                results = await self._find(session, facts, list(rows.values()))
        except BaseException as error:  # noqa: BLE001 - whatever it is, other clips go on
            why = self._fetcher.said_of(first, as_fault(error, str(path)))
            self._activity.routed += sum(row.route is None for row in rows.values())
            for position, row in rows.items():
                row.error = row.error or why
                await self._finished(position, row)
            return
        if len(rows) == 1:  # a task more is a good part of what a row costs
            ((position, row),) = rows.items()
            await self._answer(position, row, session, facts, results)
            return
        async with asyncio.TaskGroup() as tasks:
            for position, row in rows.items():
                tasks.create_task(self._answer(position, row, session, facts, results))

    async def _answer(
        self,
        position: int,
        row: Row,
        session: ClipSession,
        facts: ClipFacts,
        results: Mapping[ToolCall, CallResult],
    ) -> None:
        if row.error is None:
            try:
                await self._reason(row, session, facts, results)
            except BaseException as error:  # noqa: BLE001 - whatever it is, other rows go on
                fault = as_fault(error, f"question {row.question.id}")
                row.error = self._fetcher.said_of(row.question, fault)
        await self._finished(position, row)

    async def _find(
        self, session: ClipSession, facts: ClipFacts, rows: Sequence[Row]
    ) -> dict[ToolCall, CallResult]:
        """Hear the clip, route its questions, and run all their calls, each once."""
        cheap = [*self._reasoner_calls, *self._router_calls]
        results = await session.run(facts, cheap, meanwhile=self._load_ahead)
        sensed = [results[call] for call in self._router_calls]
        open_rows = [row for row in rows if row.route is None]
        if isinstance(self._router, AskingRouter):
            async with asyncio.TaskGroup() as tasks:
                for row in open_rows:
                    tasks.create_task(self._prompt(self._router, session, facts, row, results))
        else:
            direct = await self._direct(session, facts, open_rows, results)
            decisions = await self._routing.route(
                [
                    route_request(row.question, facts, sensed, direct=answer)
                    for row, answer in zip(open_rows, direct, strict=True)
                ]
            )
            for row, decision in zip(open_rows, decisions, strict=True):
                if isinstance(decision, RouterError):
                    row.error = str(decision)
                else:
                    row.route = decision
        for row in rows:
            row.facts, row.sources, route = facts, self._sources, row.route or Route()
            try:
                calls = await self._calls_for(row, route.calls)
            except BaseException as error:  # noqa: BLE001 - whatever it is, other rows go on
                fault = as_fault(error, f"question {row.question.id}")
                row.error, calls = row.error or str(fault), ()
            row.route = replace(route, calls=calls)
        self._activity.routed += len(rows)
        return await self._run_routes(session, facts, rows, results)

    def _load_ahead(self) -> None:
        """Have what decides and answers load while a tool is at work."""
        self._engine.load_ahead(self._routing)
        if self._asks:
            self._engine.load_ahead(self._stage)

    async def _run_routes(
        self,
        session: ClipSession,
        facts: ClipFacts,
        rows: Sequence[Row],
        results: Mapping[ToolCall, CallResult],
    ) -> dict[ToolCall, CallResult]:
        """Run the calls of all routes, each once, and others in place of those without a finding.

        A row's route ends as the calls that were made for it.
        """
        routed = [(row, row.route, len(row.route.calls)) for row in rows if row.route is not None]
        made = dict(results)
        while routed:
            calls = dict.fromkeys(call for _, route, _ in routed for call in route.calls)
            unmade = [call for call in calls if call not in made]
            made |= await session.run(facts, unmade, meanwhile=self._load_ahead)
            again = []
            for row, route, wanted in routed:
                row.route = replace(route, instead=())
                longer = await with_more_calls(route, made, wanted, partial(self._calls_for, row))
                if longer is not None:
                    again.append((row, longer, wanted))
            routed = again
        return made

    async def _calls_for(self, row: Row, calls: Sequence[ToolCall]) -> tuple[ToolCall, ...]:
        question = row.question
        return await self._toolbox.calls_for(calls, question.text, question.choices)

    async def _direct(
        self,
        session: ClipSession,
        facts: ClipFacts,
        rows: Sequence[Row],
        results: Mapping[ToolCall, CallResult],
    ) -> list[Answer | None]:
        """The reasoner's answers without tools, where the router wants to know how sure it is."""

        if not self._router.wants_margin:
            return [None] * len(rows)

        async def ask(row: Row) -> Answer | None:
            if len(row.question.choices) < 2:
                return None
            try:
                request = self._request(row, session, facts, results, found=[])
                return (await self._ask((await self.hooks.prepare(request)).request)).answer
            except (FaultError, UnkeepableError):
                return None  # said of the row itself, when it is asked with its findings

        return list(await asyncio.gather(*map(ask, rows)))

    async def _prompt(
        self,
        router: AskingRouter,
        session: ClipSession,
        facts: ClipFacts,
        row: Row,
        results: dict[ToolCall, CallResult],
    ) -> None:
        """Ask the reasoner for calls, and once more when it has seen what the first ones found."""
        calls: tuple[ToolCall, ...] = ()
        reasons = []
        try:
            for _ in range(router.rounds):
                found = [results[call] for call in calls]
                request = self._request(row, session, facts, results, found=found)
                route = await self._routing.prompt(
                    router, request, self._ask, max_calls=self._max_calls - len(calls)
                )
                reasons.append(route.reason)
                asked = await self._calls_for(row, route.calls)
                new = tuple(call for call in asked if call not in calls)
                results.update(
                    await session.run(facts, [call for call in new if call not in results])
                )
                calls += new
                if not new or len(calls) >= self._max_calls:
                    break
        except BaseException as error:  # noqa: BLE001 - whatever it is, other rows go on
            row.error = str(as_fault(error, f"question {row.question.id}"))
        row.route = Route(calls, "; then ".join(reasons))

    async def _ask(self, request: Request) -> Reply:
        return await self._stage.ask(request, self.reasoning)

    async def _reason(
        self,
        row: Row,
        session: ClipSession,
        facts: ClipFacts,
        results: Mapping[ToolCall, CallResult],
    ) -> None:
        """Answer the row's question with what its route found.

        Raises:
            ReasonerError: the reasoner could not answer it.
        """
        assert row.route is not None
        row.results = [results[call] for call in row.route.calls]
        if not self._answers:
            return
        request = self._request(row, session, facts, results, found=told(row.results))
        prepared, row.unprepared_by = await self.hooks.prepare(request)
        try:
            reply = await self._ask(prepared)
        except BaseException:
            if (unsaved := self._stage.unsaved(prepared)) is not None:
                row.answer, row.answer_key, row.answer_cached = unsaved
            raise
        row.answer, row.answer_key, row.answer_cached = reply
        row.heard = how_heard(self._stage.reasoner, facts.duration)

    def _request(
        self,
        row: Row,
        session: ClipSession,
        facts: ClipFacts,
        results: Mapping[ToolCall, CallResult],
        *,
        found: Sequence[CallResult],
    ) -> Request:
        """The row's question as the reasoner gets it with what was `found`.

        Raises:
            ReasonerError: it hears by calls of its own, and one of them failed.
            UnreachableError: what such a call needs is not installed, so that no clip can be heard.
        """
        heard = [results[call] for call in self._reasoner_calls]
        for result in heard:
            if result.error is not None:
                why = f"{self._stage.reasoner.name} could not hear the clip: {result.error}"
                tool = self._toolbox.tools.get(result.call.tool)
                lacks = tool is not None and why_unusable(tool) is not None
                raise UnreachableError(why) if lacks else ReasonerError(why)
        return reasoner_request(
            row.question,
            facts,
            heard=heard,
            found=found,
            sources=self._sources,
            opens=session.opens(facts),
        )


def _is_answerable(row: Row) -> bool:
    return row.question.path is not None and row.question.problem is None


def _by_clip(rows: Mapping[int, Row]) -> dict[Path, dict[int, Row]]:
    """The answerable rows by clip, in order of first appearance."""
    groups: dict[Path, dict[int, Row]] = {}
    for position, row in rows.items():
        if row.question.path is not None and _is_answerable(row):
            groups.setdefault(row.question.path, {})[position] = row
    return groups
