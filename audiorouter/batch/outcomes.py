"""Filling the outcome table: every question is asked by every route once, ever.

The work goes through the pipeline of a batch, so that calls and answers are shared with batches,
and kept one by one: filling that was interrupted or killed goes on where it was. Several processes
may fill one store, each its share of the clips.
"""

from __future__ import annotations

import asyncio
import json
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from audiorouter.batch.options import BatchOptions
from audiorouter.batch.pipeline import Pipeline
from audiorouter.batch.progress import Progress, silent
from audiorouter.batch.requests import margin_of, route_request
from audiorouter.batch.rows import Row
from audiorouter.clips import ClipFacts
from audiorouter.errors import ClipError, ReasonerError, UsageError
from audiorouter.plugins import Registry
from audiorouter.providers.interface import Reasoner
from audiorouter.questions import Question
from audiorouter.routing.interface import Route, Router, RouteRequest
from audiorouter.routing.outcomes import Calls, Outcome, OutcomeTable
from audiorouter.routing.strategies import FixedRouter
from audiorouter.store import Store, StoredOutcome, cache_key, canonical_json
from audiorouter.toolbox.costs import read_costs
from audiorouter.toolbox.interface import ToolCall
from audiorouter.toolbox.toolbox import Toolbox


class Share(NamedTuple):
    """Which part of the clips this process fills: number `rank` of `processes`."""

    rank: int = 0
    processes: int = 1

    def takes(self, audio_hash: str) -> bool:
        """Whether a clip is in this share; the same in every process."""
        return zlib.crc32(audio_hash.encode()) % self.processes == self.rank


EVERYTHING = Share()


class _Heard(NamedTuple):
    """A question with its clip, and as a router gets it."""

    question: Question
    facts: ClipFacts
    request: RouteRequest


@dataclass(frozen=True)
class Filled:
    """A filled table, and the questions that are not in it, each with the reason."""

    table: OutcomeTable
    problems: Mapping[str, str]


class OutcomeSource:
    """Outcomes of one reasoner, from the store as far as it has them.

    `senses` are the calls that a learned router wants to see before it decides.
    """

    def __init__(
        self,
        registry: Registry,
        reasoner: Reasoner,
        store: Store,
        options: BatchOptions,
        *,
        senses: Sequence[ToolCall] = (),
        progress: Callable[[int], Progress] = silent,
    ):
        self._registry = registry
        self.reasoner = reasoner
        self.costs = read_costs(registry.tools, store)
        """What the tools cost, by which every route's seconds are reckoned."""
        self._store = store
        self._options = options
        self._senses = tuple(senses)
        self._progress = progress
        self._heard: dict[str, _Heard | str] = {}

    def fill(
        self, questions: Sequence[Question], routes: Sequence[Calls], *, share: Share = EVERYTHING
    ) -> Filled:
        """The table of `questions` by the direct answer and `routes`.

        With a share of several processes only that share is computed, and only that is returned.
        A question that cannot be asked is left out and named in `problems`.

        Raises:
            UsageError: no question can be scored.
        """
        columns: list[Calls] = list(dict.fromkeys([(), *map(tuple, routes)]))
        problems = self._listen(questions)
        heard = [one for one in map(self._of, questions) if one is not None]
        mine = [one for one in heard if share.takes(one.facts.audio_hash)]
        if not heard:
            raise UsageError(
                "no question can be scored: choices with a right answer among them are needed"
                + "".join(f"\n  {name}: {why}" for name, why in list(problems.items())[:5])
            )
        pairs = [(one, calls) for one in mine for calls in columns]
        found = asyncio.run(self._outcomes(pairs))
        width = len(columns)
        rows = [found[start : start + width] for start in range(0, len(found), width)]
        whole = [
            (one, [outcome for outcome in row if outcome is not None])
            for one, row in zip(mine, rows, strict=True)
            if None not in row
        ]
        complete = {_name(one.question) for one, _ in whole}
        for one in mine:
            if _name(one.question) not in complete:
                problems[one.question.id] = "the reasoner could not answer it by every route"
        singles = tuple(calls[0] for calls in columns if len(calls) == 1)
        every = [self._seconds(one, singles) for one, _ in whole]
        return Filled(_with_margins(_table(whole, columns, every)), problems)

    def ask(
        self, asked: Sequence[tuple[Question, Calls]], *, unanswered: Outcome | None = None
    ) -> list[Outcome]:
        """Outcomes of single (question, route) pairs; what is not known yet is computed.

        `unanswered` stands in for what the reasoner could not answer.

        Raises:
            ReasonerError: the reasoner could not answer one of them, and nothing stands in for it.
        """
        problems = self._listen([question for question, _ in asked])
        pairs = [(self._of(question), calls) for question, calls in asked]
        whole = [(one, calls) for one, calls in pairs if one is not None]
        if len(whole) < len(pairs):
            raise UsageError(f"a question cannot be asked: {next(iter(problems.values()))}")
        found = [outcome or unanswered for outcome in asyncio.run(self._outcomes(whole))]
        if None in found:
            raise ReasonerError("the reasoner could not answer a question by one of its routes")
        return [outcome for outcome in found if outcome is not None]

    def routes(self, router: Router, questions: Sequence[Question]) -> list[Route]:
        """The routes of a router that asks the reasoner on its way."""
        rows = [Row(question) for question in questions]
        asyncio.run(self._run(rows, router, lambda _position, _row: None))
        return [row.route or Route() for row in rows]

    def _of(self, question: Question) -> _Heard | None:
        one = self._heard.get(_name(question))
        return one if isinstance(one, _Heard) else None

    async def _outcomes(self, pairs: Sequence[tuple[_Heard, Calls]]) -> list[Outcome | None]:
        """Outcome of each pair, None where the reasoner failed."""
        keys = [self._key(one, calls) for one, calls in pairs]
        known = self._store.outcomes(keys)
        missing = {key: pair for key, pair in zip(keys, pairs, strict=True) if key not in known}
        known |= await self._compute(missing) if missing else {}
        return [
            _outcome(known[key], one.question, self._seconds(one, calls)) if key in known else None
            for key, (one, calls) in zip(keys, pairs, strict=True)
        ]

    def _seconds(self, one: _Heard, calls: Calls) -> float:
        """What a route costs for a question."""
        return self.costs.route_seconds(self._made(one, calls), one.facts.duration)

    def _made(self, one: _Heard, calls: Calls) -> list[ToolCall]:
        """The calls as they are made for a question."""
        question, choices = one.question.text, one.question.choices
        return [self._registry.tool(c.tool).call_for(c, question, choices) for c in calls]

    def _listen(self, questions: Sequence[Question]) -> dict[str, str]:
        """Decode and sense every clip that is new; returns why questions cannot be asked."""
        for question in questions:
            if (problem := _problem(question)) is not None:
                self._heard[_name(question)] = problem
        new = {_name(q): q for q in questions if _name(q) not in self._heard}
        if new:
            asyncio.run(self._sense(list(new.values())))
        found = {question.id: self._heard[_name(question)] for question in questions}
        return {name: why for name, why in found.items() if isinstance(why, str)}

    async def _sense(self, questions: Sequence[Question]) -> None:
        toolbox = Toolbox(
            self._registry.tools,
            self._store,
            workers=self._options.workers,
            timeout=self._options.timeout,
        )
        senses = [toolbox.normalised(call) for call in self._senses]

        async def sense(question: Question) -> None:
            assert question.path is not None
            try:
                async with toolbox.bench(question.path) as bench:
                    facts = await bench.facts()
                    sensed = await bench.run(facts, senses)
            except ClipError as error:
                self._heard[_name(question)] = str(error)
                return
            request = route_request(question, facts, sensed.values())
            self._heard[_name(question)] = _Heard(question, facts, request)

        try:
            await asyncio.gather(*map(sense, questions))
        finally:
            await toolbox.close()

    async def _compute(
        self, missing: Mapping[str, tuple[_Heard, Calls]]
    ) -> dict[str, StoredOutcome]:
        keys = list(missing)
        rows = [Row(one.question, route=Route(calls, "outcome")) for one, calls in missing.values()]
        made: dict[str, StoredOutcome] = {}

        def finished(position: int, row: Row) -> None:
            if row.answer is None or row.answer_key is None or row.clip is None:
                return
            outcome = self._to_keep(keys[position], row)
            made[outcome.key] = outcome
            # A call may fail by chance, so what was answered without it is not kept.
            if not any(result.error for result in row.results):
                self._store.save_outcome(outcome)

        await self._run(rows, FixedRouter("outcomes", []), finished)
        return made

    async def _run(
        self, rows: Sequence[Row], router: Router, finished: Callable[[int, Row], None]
    ) -> None:
        with self._progress(len(rows)) as progress:

            def done(position: int, row: Row) -> None:
                progress.update(pipeline.tools, pipeline.reasoning, failed=row.failed)
                finished(position, row)

            async with Pipeline(
                self._registry, self._store, self.reasoner, router, self._options, done
            ) as pipeline:
                await pipeline.run(rows)

    def _to_keep(self, key: str, row: Row) -> StoredOutcome:
        assert row.answer is not None and row.answer_key is not None and row.clip is not None
        probabilities = row.answer.probabilities
        return StoredOutcome(
            key=key,
            clip=row.clip,
            question=row.question.text,
            choices=canonical_json(list(row.question.choices)),
            provider=self.reasoner.name,
            route=canonical_json(row.calls),
            prediction_index=row.answer.index,
            probabilities=None if probabilities is None else canonical_json(probabilities),
            tool_seconds=row.tool_seconds,
            reason_seconds=row.answer.seconds,
            answer_key=row.answer_key,
        )

    def _key(self, one: _Heard, calls: Calls) -> str:
        def call_keys(calls: Calls) -> list[str]:
            return [
                self._registry.tool(made.tool).key(one.facts.audio_hash, made.arguments)
                for made in self._made(one, calls)
            ]

        return cache_key(
            "outcome",
            {
                "reasoner": self.reasoner.identity,
                "heard": call_keys(tuple(self.reasoner.ears)),
                "clip": one.facts.audio_hash,
                "question": one.question.text,
                "choices": list(one.question.choices),
                "route": call_keys(calls),
            },
        )


def _table(
    rows: Sequence[tuple[_Heard, list[Outcome]]], routes: Sequence[Calls], every: Sequence[float]
) -> OutcomeTable:
    shape = (len(rows), len(routes))
    cells = [outcome for _, row in rows for outcome in row]
    return OutcomeTable(
        questions=tuple(one.question for one, _ in rows),
        requests=tuple(one.request for one, _ in rows),
        clips=tuple(one.facts.audio_hash for one, _ in rows),
        routes=tuple(routes),
        quality=np.array([o.quality for o in cells], dtype=np.float64).reshape(shape),
        correct=np.array([o.correct for o in cells], dtype=np.bool_).reshape(shape),
        confidence=np.array([o.confidence for o in cells], dtype=np.float64).reshape(shape),
        tool_seconds=np.array([o.tool_seconds for o in cells], dtype=np.float64).reshape(shape),
        all_seconds=np.array(every, dtype=np.float64),
        margin=np.array([row[0].margin for _, row in rows], dtype=np.float64),
    )


def _with_margins(table: OutcomeTable) -> OutcomeTable:
    """The table whose requests say how sure the reasoner is of each direct answer."""
    requests = (
        replace(request, margin=float(margin))
        for request, margin in zip(table.requests, table.margin, strict=True)
    )
    return replace(table, requests=tuple(requests))


def _outcome(stored: StoredOutcome, question: Question, seconds: float) -> Outcome:
    gold, index = question.gold_index, stored.prediction_index
    assert gold is not None
    right = index == gold
    if stored.probabilities is None:
        return Outcome(float(right), right, 1.0, seconds)
    probabilities = json.loads(stored.probabilities)
    chosen = 0.0 if index is None else float(probabilities[index])
    margin = margin_of(probabilities)
    return Outcome(float(probabilities[gold]), right, chosen, seconds, margin or 0.0)


def _problem(question: Question) -> str | None:
    if question.problem is not None or question.path is None:
        return f"line {question.line}: {question.problem}"
    if len(question.choices) < 2:
        return f"line {question.line}: open-ended or a single choice: there is nothing to choose"
    if question.gold_index is None:
        return f"line {question.line}: the right answer is not known"
    return None


def _name(question: Question) -> str:
    return f"{question.path}\n{question.text}\n{canonical_json(list(question.choices))}"
