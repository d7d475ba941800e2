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
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from audiorouter.batch.options import BatchOptions
from audiorouter.batch.pipeline import Pipeline
from audiorouter.batch.progress import Progress, silent
from audiorouter.batch.requests import route_request
from audiorouter.batch.rows import Row
from audiorouter.clips import ClipFacts
from audiorouter.errors import AudioRouterError, ClipError, UsageError
from audiorouter.plugins import Registry
from audiorouter.providers.interface import Reasoner
from audiorouter.questions import Question
from audiorouter.routing.interface import Route, RouteRequest
from audiorouter.routing.outcomes import Calls, OutcomeTable
from audiorouter.routing.strategies import FixedRouter
from audiorouter.store import Store, StoredOutcome, cache_key, canonical_json
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
    outcomes_made: int


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
        self._reasoner = reasoner
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
        wanted: list[Calls] = list(dict.fromkeys([(), *map(tuple, routes)]))
        return asyncio.run(self._fill(questions, wanted, share))

    async def _fill(
        self, questions: Sequence[Question], routes: list[Calls], share: Share
    ) -> Filled:
        toolbox = Toolbox(
            self._registry.tools,
            self._store,
            workers=self._options.workers,
            timeout=self._options.timeout,
        )
        try:
            problems = await self._listen(questions, toolbox)
        finally:
            await toolbox.close()
        heard = [one for q in questions if isinstance(one := self._heard.get(_name(q)), _Heard)]
        heard = [one for one in heard if share.takes(one.facts.audio_hash)]
        if not heard:
            raise UsageError(
                "no question can be scored: choices with a right answer among them are needed"
                + "".join(f"\n  {name}: {why}" for name, why in list(problems.items())[:5])
            )
        keys = {
            (i, calls): self._key(one, calls, toolbox)
            for i, one in enumerate(heard)
            for calls in routes
        }
        known = self._store.outcomes(keys.values())
        missing = [
            (i, calls) for (i, calls), key in dict.fromkeys(keys.items()) if key not in known
        ]
        made = await self._ask(heard, missing, keys) if missing else {}
        return _table(heard, routes, keys, {**known, **made}, problems, len(made))

    async def _listen(self, questions: Sequence[Question], toolbox: Toolbox) -> dict[str, str]:
        """Decode and sense every clip that is new; returns why questions cannot be asked."""
        senses = [toolbox.normalised(call) for call in self._senses]

        async def listen(question: Question) -> None:
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

        for question in questions:
            if (problem := _problem(question)) is not None:
                self._heard[_name(question)] = problem
        new = [question for question in questions if _name(question) not in self._heard]
        await asyncio.gather(*map(listen, new))
        found = {question.id: self._heard[_name(question)] for question in questions}
        return {name: why for name, why in found.items() if isinstance(why, str)}

    async def _ask(
        self,
        heard: Sequence[_Heard],
        missing: Sequence[tuple[int, Calls]],
        keys: Mapping[tuple[int, Calls], str],
    ) -> dict[str, StoredOutcome]:
        rows = [Row(heard[i].question, route=Route(calls, "outcome")) for i, calls in missing]
        made: dict[str, StoredOutcome] = {}
        with self._progress(len(rows)) as progress:

            def finished(position: int, row: Row) -> None:
                progress.update(pipeline.tools, pipeline.reasoning, failed=row.failed)
                if row.answer is None or row.answer_key is None or row.clip is None:
                    return
                outcome = self._outcome(keys[missing[position]], row)
                made[outcome.key] = outcome
                if not any(result.error for result in row.results):
                    self._store.save_outcome(outcome)

            silent_router = FixedRouter("outcomes", [])
            async with Pipeline(
                self._registry, self._store, self._reasoner, silent_router, self._options, finished
            ) as pipeline:
                await pipeline.run(rows)
        return made

    def _outcome(self, key: str, row: Row) -> StoredOutcome:
        assert row.answer is not None and row.answer_key is not None and row.clip is not None
        probabilities = row.answer.probabilities
        return StoredOutcome(
            key=key,
            clip=row.clip,
            question=row.question.text,
            choices=canonical_json(list(row.question.choices)),
            provider=self._reasoner.name,
            route=canonical_json(row.calls),
            prediction_index=row.answer.index,
            probabilities=None if probabilities is None else canonical_json(probabilities),
            tool_seconds=sum(result.seconds for result in row.results),
            reason_seconds=row.answer.seconds,
            answer_key=row.answer_key,
        )

    def _key(self, one: _Heard, calls: Calls, toolbox: Toolbox) -> str:
        def call_key(call: ToolCall) -> str:
            usual = toolbox.normalised(call)
            return toolbox.tools[usual.tool].key(one.facts.audio_hash, usual.arguments)

        return cache_key(
            "outcome",
            {
                "reasoner": self._reasoner.identity,
                "heard": [call_key(call) for call in self._reasoner.ears],
                "clip": one.facts.audio_hash,
                "question": one.question.text,
                "choices": list(one.question.choices),
                "route": [call_key(call) for call in calls],
            },
        )


def _table(
    heard: Sequence[_Heard],
    routes: list[Calls],
    keys: Mapping[tuple[int, Calls], str],
    outcomes: Mapping[str, StoredOutcome],
    problems: dict[str, str],
    made: int,
) -> Filled:
    complete = []
    for i, one in enumerate(heard):
        if all(keys[i, calls] in outcomes for calls in routes):
            complete.append(i)
        else:
            problems[one.question.id] = "the reasoner could not answer it by every route"
    if not complete:
        raise AudioRouterError("the reasoner answered no question by every route")
    rows = [[outcomes[keys[i, calls]] for calls in routes] for i in complete]
    gold = [heard[i].question.gold_index for i in complete]
    index = [
        [-1 if o.prediction_index is None else o.prediction_index for o in row] for row in rows
    ]
    table = OutcomeTable(
        questions=tuple(heard[i].question for i in complete),
        requests=tuple(heard[i].request for i in complete),
        clips=tuple(heard[i].facts.audio_hash for i in complete),
        routes=tuple(routes),
        quality=np.array(
            [[_quality(o, right) for o in row] for row, right in zip(rows, gold, strict=True)]
        ),
        correct=np.array(index) == np.array(gold)[:, None],
        tool_seconds=np.array([[o.tool_seconds for o in row] for row in rows]),
        index=np.array(index),
    )
    return Filled(table, problems, made)


def _index(outcome: StoredOutcome) -> int:
    return -1 if outcome.prediction_index is None else outcome.prediction_index


def _quality(outcome: StoredOutcome, gold: int | None) -> float:
    assert gold is not None
    if outcome.probabilities is None:
        return float(outcome.prediction_index == gold)
    return float(json.loads(outcome.probabilities)[gold])


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
