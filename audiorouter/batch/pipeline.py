"""The pipeline: work on many clips at once, each question on its way through the stages."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Self

from audiorouter.batch.options import BatchOptions
from audiorouter.batch.reasoning import ReasonerStage
from audiorouter.batch.requests import reasoner_request, route_request
from audiorouter.batch.routing import RoutingStage
from audiorouter.batch.rows import Row
from audiorouter.clips import ClipFacts
from audiorouter.errors import ClipError, ReasonerError, ToolError
from audiorouter.plugins import Registry
from audiorouter.providers.interface import Answer, Reasoner, Request
from audiorouter.routing.interface import AskingRouter, Route, Router
from audiorouter.store import Store
from audiorouter.toolbox.interface import ToolCall
from audiorouter.toolbox.toolbox import Bench, CallResult, Toolbox, default_workers

CLIPS_AT_ONCE = 256
"""Clips whose questions are under way; bounds memory, not parallelism."""


class Pipeline:
    """Takes questions clip by clip through routing, tools and the reasoner.

    A row that has a route already keeps it. `finished` is called with the position and the row of
    each question that is done. It is an asynchronous context: leaving it stops all workers.
    """

    def __init__(
        self,
        registry: Registry,
        store: Store,
        reasoner: Reasoner,
        router: Router,
        options: BatchOptions,
        finished: Callable[[int, Row], None],
    ):
        self._toolbox = Toolbox(
            registry.tools,
            store,
            workers=options.workers,
            timeout=options.timeout,
            retry_failed=options.retry_failed,
            verbose=options.verbose,
        )
        self.tools = self._toolbox.counters
        cores = default_workers()
        self._stage = ReasonerStage(
            reasoner,
            store,
            batch_size=options.batch_size,
            orders=options.shuffle_choices,
            threads=lambda: max(1, cores - self.tools.busy_lanes),
        )
        self.reasoning = self._stage.counters
        self._router = router
        self._max_calls = options.max_calls
        self._routing = RoutingStage(router, store)
        self._prepare = registry.hooks.prepare
        self._finished = finished
        self._ears = tuple(self._toolbox.normalised(call) for call in reasoner.ears)
        self._senses = tuple(self._toolbox.normalised(call) for call in router.senses)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_exception: object) -> None:
        await self._toolbox.close()
        await self._stage.close()

    async def run(self, rows: Sequence[Row]) -> None:
        """Work on all rows; each ends with an answer or an error of its own."""
        try:
            await self._run(rows)
        except BaseExceptionGroup as group:
            # One error is what callers can act on; the others are its neighbours' cancellations.
            error: BaseException = group
            while isinstance(error, BaseExceptionGroup):
                error = error.exceptions[0]
            raise error from None

    async def _run(self, rows: Sequence[Row]) -> None:
        places = asyncio.Semaphore(CLIPS_AT_ONCE)

        async def work(path: Path, positions: list[int]) -> None:
            try:
                await self._work_on_clip(path, {i: rows[i] for i in positions})
            finally:
                places.release()

        async with asyncio.TaskGroup() as tasks:
            for path, positions in _by_clip(rows).items():
                await places.acquire()
                tasks.create_task(work(path, positions))
            for position, row in enumerate(rows):
                if row.question.path is None or row.question.problem is not None:
                    row.error = f"line {row.question.line}: {row.question.problem}"
                    self._finished(position, row)

    async def _work_on_clip(self, path: Path, rows: Mapping[int, Row]) -> None:
        async with self._toolbox.bench(path) as bench:
            try:
                facts = await bench.facts()
            except ClipError as error:
                for position, row in rows.items():
                    row.error = str(error)
                    self._finished(position, row)
                return
            found = await self._find(bench, facts, list(rows.values()))
        async with asyncio.TaskGroup() as tasks:
            for position, row in rows.items():
                tasks.create_task(self._reason(position, row, facts, found))

    async def _find(
        self, bench: Bench, facts: ClipFacts, rows: Sequence[Row]
    ) -> dict[ToolCall, CallResult]:
        """Hear the clip, route its questions, and run all their calls, each once."""
        found = await bench.run(facts, [*self._ears, *self._senses])
        sensed = [found[call] for call in self._senses]
        open_rows = [row for row in rows if row.route is None]
        if isinstance(self._router, AskingRouter):
            await asyncio.gather(
                *(self._prompt(self._router, bench, facts, row, found) for row in open_rows)
            )
        else:
            direct = await self._direct(facts, open_rows, found)
            routes = self._routing.route(
                [
                    route_request(row.question, facts, sensed, direct=answer)
                    for row, answer in zip(open_rows, direct, strict=True)
                ]
            )
            for row, route in zip(open_rows, routes, strict=True):
                row.route = route
        wanted: list[ToolCall] = []
        for row in rows:
            row.clip, route = facts.audio_hash, row.route or Route()
            try:
                calls = tuple(
                    self._toolbox.for_question(call, row.question.text, row.question.choices)
                    for call in route.calls
                )
            except ToolError as error:
                row.error, calls = str(error), ()
            row.route = Route(tuple(dict.fromkeys(calls)), route.reason)
            wanted += [call for call in calls if call not in found]
        return {**found, **await bench.run(facts, wanted)}

    async def _direct(
        self, facts: ClipFacts, rows: Sequence[Row], found: Mapping[ToolCall, CallResult]
    ) -> list[Answer | None]:
        """The reasoner's answers without tools, where the router wants to know how sure it is."""

        async def ask(row: Row) -> Answer | None:
            if not self._router.wants_margin or len(row.question.choices) < 2:
                return None
            heard = [found[call] for call in self._ears]
            request = reasoner_request(row.question, facts, heard=heard, found=[])
            try:
                return (await self._stage.ask(self._prepare(request))).answer
            except ReasonerError:
                return None  # said of the row itself, when it is asked with its findings

        return list(await asyncio.gather(*map(ask, rows)))

    async def _prompt(
        self,
        router: AskingRouter,
        bench: Bench,
        facts: ClipFacts,
        row: Row,
        found: dict[ToolCall, CallResult],
    ) -> None:
        """Ask the reasoner for calls, and once more when it has seen what the first ones found."""

        async def ask(request: Request) -> Answer:
            return (await self._stage.ask(request)).answer

        calls: tuple[ToolCall, ...] = ()
        reasons = []
        for _ in range(router.rounds):
            request = reasoner_request(
                row.question,
                facts,
                heard=[found[call] for call in self._ears],
                found=[found[call] for call in calls],
            )
            route = await router.decide(request, ask, max_calls=self._max_calls - len(calls))
            reasons.append(route.reason)
            new = tuple(call for call in route.calls if call not in calls)
            found.update(await bench.run(facts, [call for call in new if call not in found]))
            calls += new
            if not new or len(calls) >= self._max_calls:
                break
        row.route = Route(calls, "; then ".join(reasons))

    async def _reason(
        self,
        position: int,
        row: Row,
        facts: ClipFacts,
        found: Mapping[ToolCall, CallResult],
    ) -> None:
        assert row.route is not None
        row.results = [found[call] for call in row.route.calls]
        request = reasoner_request(
            row.question,
            facts,
            heard=[found[call] for call in self._ears],
            found=row.results,
        )
        if row.error is None:
            try:
                row.answer, row.answer_key, row.answer_cached = await self._stage.ask(
                    self._prepare(request)
                )
            except ReasonerError as error:
                row.error = str(error)
        self._finished(position, row)


def _by_clip(rows: Sequence[Row]) -> dict[Path, list[int]]:
    """Positions of the answerable rows by clip, in order of first appearance."""
    groups: dict[Path, list[int]] = {}
    for position, row in enumerate(rows):
        if row.question.path is not None and row.question.problem is None:
            groups.setdefault(row.question.path, []).append(position)
    return groups
