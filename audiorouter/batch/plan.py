"""What a batch would do, without doing it: calls and answers to be made, and how long they take."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

from audiorouter.batch.answer_files import check_output, check_unfinished
from audiorouter.batch.instead import with_more_calls
from audiorouter.batch.judging import judge_request
from audiorouter.batch.kept_answers import answer_key, asks_again, restored
from audiorouter.batch.options import BatchOptions
from audiorouter.batch.requests import reasoner_request, route_request, told
from audiorouter.batch.routing_stage import RoutingStage
from audiorouter.batch.rows import Row
from audiorouter.clips import ClipFacts
from audiorouter.errors import FaultError, ReasonerError, RouterError, UsageError
from audiorouter.machine.signals import run_until_stopped
from audiorouter.plugins import Registry
from audiorouter.plugins.hooks import HookRunner
from audiorouter.plugins.opening import open_router
from audiorouter.providers.interface import Answer, Reasoner, Request
from audiorouter.providers.prompt import user_text
from audiorouter.questions import Question, QuestionSet, read_questions
from audiorouter.routing.interface import AskingRouter, Route, Router
from audiorouter.store import Store, StoredAnswer
from audiorouter.toolbox.costs import Costs, Source, read_costs
from audiorouter.toolbox.interface import ToolCall
from audiorouter.toolbox.toolbox import Toolbox, default_workers

GUESSED_ANSWER_SECONDS = 0.7
"""Seconds an answer, for a reasoner that never answered on this machine."""


@dataclass(frozen=True)
class Plan:
    """Work that lies ahead. Seconds are of computing, `wall_seconds` of waiting.

    `tool_seconds` are those of each tool by itself; `wall_seconds` counts what tools share of a
    clip once.
    """

    questions: int
    unanswerable: int
    clips: int
    audio_seconds: float
    tool_calls: Mapping[str, int]
    tool_calls_stored: int
    answers: int
    judgements: int
    """How many open-ended answers are to be judged."""
    tool_seconds: Mapping[str, float]
    reason_seconds: float
    wall_seconds: float
    measured: bool
    """Whether every estimate rests on a measurement, on this machine or published ones."""
    reading: str
    """How the questions file was read, see `Reading`."""
    notes: tuple[str, ...]
    first: str
    """The first question that can be answered, as it is put to a model that has no findings."""

    def as_json(self) -> dict[str, Any]:
        """The plan as values of JSON."""
        return dict(vars(self))


class _RoutedQuestion(NamedTuple):
    """A question that can be answered, with the calls that its route makes.

    `request` is what the reasoner will be asked, as far as that is known by now.
    """

    question: Question
    facts: ClipFacts
    calls: tuple[ToolCall, ...]
    request: Request | None


class _PlannedCall(NamedTuple):
    """A call on a clip; `stored` where the store has it."""

    call: ToolCall
    facts: ClipFacts
    stored: bool


def make_plan(clips: Path, questions: Path, options: BatchOptions, *, registry: Registry) -> Plan:
    """Read the questions, route them, and count what the store does not have.

    Clips that the store does not know are decoded for their length. A router that listens before
    it decides sees what the store has; without that it decides by the question alone. Calls in
    place of others that measure nothing of a clip are counted once it is known which do.
    """
    if options.output is not None:
        taken = [questions, options.store_path]
        check_output(Path(options.output), unlike=taken, verbatim=options.verbatim)
        check_unfinished(Path(options.output), unlike=taken)
    asked = read_questions(
        questions,
        clips,
        allow_outside=options.allow_outside,
        every_clip=options.every_clip,
        limit=options.limit,
        sources=registry.sources,
    )
    reasoner = options.open_reasoner(registry)
    judge = options.open_judge(registry)
    router = open_router(
        registry, options.router, provider=options.provider, cost_weight=options.cost_weight
    )
    if isinstance(router, AskingRouter):
        raise UsageError(f"what {router.name} will call cannot be told before it has asked")
    with options.open_store() as store:
        looking = _Looking(registry, reasoner, router, store, options)
        routed = run_until_stopped(looking.at(asked.questions))
        return _count(asked, routed, looking.toolbox, reasoner, router, judge, store, options)


class _Looking:
    """Decodes what has to be decoded, and routes every question that can be answered."""

    def __init__(
        self,
        registry: Registry,
        reasoner: Reasoner,
        router: Router,
        store: Store,
        options: BatchOptions,
    ):
        self.toolbox = options.toolbox(registry, store, fresh=options.fresh)
        self._clips: dict[Path, asyncio.Task[ClipFacts]] = {}
        self._sources = registry.sources
        self._hooks = HookRunner(registry.hooks)
        self._routing = RoutingStage(router, store, registry.tools, fresh=options.fresh)
        self._reasoner_calls = [self.toolbox.normalised(call) for call in reasoner.listening_calls]
        self._router_calls = [self.toolbox.normalised(call) for call in router.listening_calls]

    async def at(self, questions: Sequence[Question]) -> list[_RoutedQuestion]:
        """What is known of each question that can be answered."""
        try:
            questions_asked = await asyncio.gather(*map(self._look, questions))
        finally:
            self._hooks.close()
            self._routing.close()
            await self.toolbox.close()
        return [asked for asked in questions_asked if asked is not None]

    async def _look(self, question: Question) -> _RoutedQuestion | None:
        if question.path is None or question.problem is not None:
            return None
        try:
            facts = await self._facts(question.path)
            sensed = self.toolbox.stored(facts, self._router_calls).values()
            (route,) = await self._routing.route([route_request(question, facts, sensed)])
            if isinstance(route, RouterError):
                return None
            calls = await self._calls(question, facts, route)
        except FaultError:
            return None  # the batch will say why
        return _RoutedQuestion(question, facts, calls, await self._request(question, facts, calls))

    async def _calls(
        self, question: Question, facts: ClipFacts, route: Route
    ) -> tuple[ToolCall, ...]:
        """The calls that a route makes; in place of what measured nothing, as far as is known."""

        async def calls_for(calls: Sequence[ToolCall]) -> tuple[ToolCall, ...]:
            return await self.toolbox.calls_for(calls, question.text, question.choices)

        route = replace(route, calls=await calls_for(route.calls))
        wanted = len(route.calls)
        while True:
            results = self.toolbox.stored(facts, route.calls)
            if any(call not in results for call in route.calls):
                return route.calls
            longer = await with_more_calls(route, results, wanted, calls_for)
            if longer is None:
                return route.calls
            route = longer

    async def _facts(self, path: Path) -> ClipFacts:
        """What a clip is; each is looked at once."""
        if path not in self._clips:
            self._clips[path] = asyncio.create_task(self._look_at(path))
        return await self._clips[path]

    async def _look_at(self, path: Path) -> ClipFacts:
        async with self.toolbox.session(path) as session:
            return await session.facts()

    async def _request(
        self, question: Question, facts: ClipFacts, calls: Collection[ToolCall]
    ) -> Request | None:
        """What the reasoner will be asked, None where the store lacks a finding for it."""
        findings = self.toolbox.stored(facts, [*self._reasoner_calls, *calls])
        if len(findings) < len({*self._reasoner_calls, *calls}):
            return None
        return await self._hooks.prepare(
            reasoner_request(
                question,
                facts,
                heard=[findings[call] for call in self._reasoner_calls],
                found=told(findings[call] for call in calls),
                sources=self._sources,
            )
        )


def _first(questions: Sequence[Question]) -> str:
    """What a model is asked of the first question that can be answered."""
    for question in questions:
        if question.path is not None and question.problem is None:
            request = Request(question.path, "", question.text, question.choices)
            with contextlib.suppress(ReasonerError):  # more choices than letters
                return user_text(request)
    return ""


def _count(
    asked: QuestionSet,
    routed: Sequence[_RoutedQuestion],
    toolbox: Toolbox,
    reasoner: Reasoner,
    router: Router,
    judge: Reasoner | None,
    store: Store,
    options: BatchOptions,
) -> Plan:
    heard = [
        toolbox.normalised(call) for call in (*reasoner.listening_calls, *router.listening_calls)
    ]
    calls: dict[str, _PlannedCall] = {}
    keys: dict[str, list[_RoutedQuestion]] = {}
    unknown: set[tuple[str, str, tuple[str, ...], tuple[ToolCall, ...]]] = set()
    for one in routed:
        question, facts, route, request = one
        wanted = dict.fromkeys([*heard, *route])
        known = toolbox.stored(facts, list(wanted))
        for call in wanted:
            key = toolbox.key(facts, call)
            calls[key] = _PlannedCall(call, facts, call in known)
        if request is None:
            unknown.add((facts.audio_hash, question.text, question.choices, route))
        else:
            key = answer_key(reasoner, request, orders=options.shuffle_choices)
            keys.setdefault(key, []).append(one)
    stored = _kept(store, keys, options)
    answers = len(keys) - len(stored) + len(unknown)
    judgements = 0
    if judge is not None:
        known_answers = {
            id(one): restored(kept) for key, kept in stored.items() for one in keys[key]
        }
        judgements = _judgements(routed, known_answers, judge, store, options)
    costs = read_costs(toolbox.tools, store)
    plan = _estimate(asked, routed, list(calls.values()), answers, reasoner, store, costs, options)
    if judge is None or not judgements:
        return plan
    each = store.seconds_per_answer(judge.name)
    seconds = judgements * (GUESSED_ANSWER_SECONDS if each is None else each)
    return replace(
        plan,
        judgements=judgements,
        wall_seconds=round(plan.wall_seconds + seconds, 1),
        measured=plan.measured and each is not None,
    )


def _kept(store: Store, keys: Collection[str], options: BatchOptions) -> dict[str, StoredAnswer]:
    """The answers in the store that are not to be asked for again."""
    if options.fresh:
        return {}
    stored = store.answers(keys)
    again = {key for key, kept in stored.items() if options.retry_failed and asks_again(kept)}
    return {key: kept for key, kept in stored.items() if key not in again}


def _judgements(
    routed: Sequence[_RoutedQuestion],
    answers: Mapping[int, Answer],
    judge: Reasoner,
    store: Store,
    options: BatchOptions,
) -> int:
    """How many answers are to be judged; one that is not there yet needs a judgement of its own."""
    keys: set[str] = set()
    unknown = 0
    for one in routed:
        row = Row(one.question, one.facts, answer=answers.get(id(one)), judge=judge.name)
        if (request := judge_request(row)) is not None:
            keys.add(answer_key(judge, request))
        elif row.answer is None and one.question.answers and not one.question.choices:
            unknown += 1
    return len(keys) - len(_kept(store, keys, options)) + unknown


def _estimate(
    asked: QuestionSet,
    routed: Sequence[_RoutedQuestion],
    calls: Sequence[_PlannedCall],
    answers: int,
    reasoner: Reasoner,
    store: Store,
    costs: Costs,
    options: BatchOptions,
) -> Plan:
    per_answer = store.seconds_per_answer(reasoner.name)
    ahead = [call for call in calls if not call.stored]
    counts = Counter(call.call.tool for call in ahead)
    tool_seconds = dict.fromkeys(counts, 0.0)
    by_clip: dict[str, list[ToolCall]] = {}
    for call, facts, _ in ahead:
        tool_seconds[call.tool] += costs.tool_seconds(call, facts.duration)
        by_clip.setdefault(facts.audio_hash, []).append(call)
    lengths = {facts.audio_hash: facts.duration for _, facts, _ in ahead}
    tools = sum(
        costs.route_seconds(calls_made, lengths[clip]) for clip, calls_made in by_clip.items()
    )
    cores = default_workers()
    workers = options.workers or cores
    reason = answers * (GUESSED_ANSWER_SECONDS if per_answer is None else per_answer)
    clips = {each.facts.audio_hash: each.facts.duration for each in routed}
    return Plan(
        questions=len(asked.questions),
        unanswerable=len(asked.questions) - len(routed),
        clips=len(clips),
        audio_seconds=round(sum(clips.values()), 1),
        tool_calls=dict(counts.most_common()),
        tool_calls_stored=len(calls) - len(ahead),
        answers=answers,
        judgements=0,
        tool_seconds={name: round(seconds, 1) for name, seconds in tool_seconds.items()},
        reason_seconds=round(reason, 1),
        wall_seconds=round(tools / min(workers, cores) + reason / cores, 1),
        measured=per_answer is not None
        and all(costs.by_tool[name].source is not Source.GUESSED for name in counts),
        reading=asked.reading.line,
        notes=asked.reading.notes,
        first=_first(asked.questions),
    )
