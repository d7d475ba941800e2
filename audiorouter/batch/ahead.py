"""What lies ahead of asking questions by routes: what the store lacks, and how long that takes."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import factorial
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from audiorouter.batch.activity import Activity
from audiorouter.batch.answer_times import answer_seconds, at_once
from audiorouter.batch.instead import with_more_calls
from audiorouter.batch.kept_answers import answer_key, asks_again, restored
from audiorouter.batch.options import EngineOptions
from audiorouter.batch.orders import in_order, orders_of
from audiorouter.batch.progress import Shown, silent
from audiorouter.batch.requests import reasoner_request, route_request, told
from audiorouter.batch.routing_stage import RoutingStage
from audiorouter.batch.token_use import Prompt, TokenPlan, plan_tokens, prompt_characters
from audiorouter.batch.windows import window_edges, windows_within
from audiorouter.clips import ClipFacts
from audiorouter.errors import RouterError
from audiorouter.plugins import Registry
from audiorouter.plugins.hooks import HookRunner
from audiorouter.providers.interface import Answer, Reasoner, Request
from audiorouter.questions import Question
from audiorouter.routing.interface import Route, Router
from audiorouter.store import Store, StoredAnswer
from audiorouter.toolbox.costs import Source, read_costs
from audiorouter.toolbox.interface import ToolCall
from audiorouter.toolbox.results import CallResult
from audiorouter.toolbox.toolbox import default_workers

T = TypeVar("T")
GUESSED_FINDING = 150.0
"""Characters of a finding, of a tool that never found anything on this machine."""


@dataclass(frozen=True, kw_only=True)
class Work:
    """Work that lies ahead. Seconds are of computing, `wall_seconds` of waiting.

    `tool_seconds` are those of each tool by itself; `wall_seconds` counts what tools share of a
    clip once.
    """

    clips: int
    audio_seconds: float
    tool_calls: Mapping[str, int]
    """Those to be made, by tool."""
    tool_calls_stored: int
    stored_by_tool: Mapping[str, int]
    answers: int
    """Those to be made; one that is averaged over orders of the choices is one for each."""
    answers_at_most: bool
    """Whether `answers` is a bound: a question by two routes, now or earlier, is one prompt where
    what one of them calls measures nothing, which is only known afterwards."""
    answers_stored: int
    tool_seconds: Mapping[str, float]
    reason_seconds: float
    wall_seconds: float
    measured: bool
    """Whether every estimate rests on a measurement, on this machine or published ones."""
    tokens: TokenPlan | None
    """Tokens of the answers to be made; None where nobody counts any."""

    def as_json(self) -> dict[str, Any]:
        """The work as values of JSON."""
        return {**vars(self), "tokens": None if self.tokens is None else self.tokens.as_json()}


class AskedQuestion(NamedTuple):
    """A question that can be asked, with the calls that its route makes.

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


class LookAhead:
    """Looks at clips, and at what the store has of questions about them; nothing else is run.

    Clips that the store does not know are decoded for their length. Use it within one event loop,
    and end that by `closing`.
    """

    def __init__(
        self,
        registry: Registry,
        reasoner: Reasoner,
        store: Store,
        options: EngineOptions,
        *,
        fresh: bool = False,
        progress: Shown = silent,
    ):
        self.toolbox = options.toolbox(registry, store, fresh=fresh)
        self.reasoner = reasoner
        self.store = store
        self.options = options
        self.fresh = fresh
        self._tools = registry.tools
        self._clips: dict[Path, asyncio.Task[ClipFacts]] = {}
        self._sources = registry.sources
        self._hooks = HookRunner(registry.hooks)
        self._found: dict[tuple[str, ToolCall], CallResult | None] = {}
        self._reasoner_calls = [self.toolbox.normalised(call) for call in reasoner.listening_calls]
        self._progress = progress
        self._activity = Activity(0, doing="planning", preparing="reading the questions")

    async def closing(self, looking: Awaitable[T]) -> T:
        """What comes of looking; the processes that decoded clips end with it."""
        try:
            with self._progress(self._activity):
                return await looking
        finally:
            self._hooks.close()
            await self.toolbox.close()

    async def facts(self, path: Path) -> ClipFacts:
        """What a clip is; each is looked at once.

        Raises:
            ClipError: it cannot be read or decoded.
        """
        if path not in self._clips:
            self._clips[path] = asyncio.create_task(self._look_at(path))
        return await self._clips[path]

    async def _look_at(self, path: Path) -> ClipFacts:
        activity = self._activity
        activity.clips += 1
        try:
            async with self.toolbox.session(path) as session:
                return await session.facts()
        finally:
            activity.clips_heard += 1
            activity.preparing = (
                f"listening {activity.clips_heard}/{activity.clips} clips"
                if activity.clips_heard < activity.clips
                else "routing, and counting what the store has"
            )

    async def asked(
        self, question: Question, facts: ClipFacts, calls: Sequence[ToolCall]
    ) -> AskedQuestion:
        """The question by calls as a route names them.

        Raises:
            FaultError: a call cannot be made for it.
        """
        made = await self.toolbox.calls_for(calls, question.text, question.choices)
        return AskedQuestion(
            question, facts, tuple(made), await self._request(question, facts, made)
        )

    async def routed(
        self, question: Question, facts: ClipFacts, router: Router, stage: RoutingStage
    ) -> list[AskedQuestion]:
        """The question as a router has it asked; before that it may want the direct answer.

        A router that listens before it decides sees what the store has; without that it decides by
        the question alone. Calls in place of others that measure nothing of a clip are counted
        once it is known which do.

        Raises:
            FaultError: it finds no route, or a call cannot be made.
        """
        heard = self.stored(facts, [self.toolbox.normalised(c) for c in router.listening_calls])
        before, direct = [], None
        if router.wants_margin and len(question.choices) > 1:
            before = [await self.asked(question, facts, ())]
            direct = self._answered(before[0])
        (route,) = await stage.route(
            [route_request(question, facts, heard.values(), direct=direct)]
        )
        if isinstance(route, RouterError):
            raise route
        calls = await self._with_instead(question, facts, route)
        return [*before, await self.asked(question, facts, calls)]

    def _answered(self, asked: AskedQuestion) -> Answer | None:
        """The answer that the store has, if any."""
        if asked.request is None or self.fresh:
            return None
        key = answer_key(self.reasoner, asked.request, orders=self.options.shuffle_choices)
        kept = self.store.answers([key]).get(key)
        return None if kept is None else restored(kept)

    async def _with_instead(
        self, question: Question, facts: ClipFacts, route: Route
    ) -> tuple[ToolCall, ...]:
        """The calls that a route makes; in place of what measured nothing, as far as is known."""

        async def calls_for(calls: Sequence[ToolCall]) -> tuple[ToolCall, ...]:
            return await self.toolbox.calls_for(calls, question.text, question.choices)

        made = Route(await calls_for(route.calls), route.reason, route.instead)
        wanted = len(made.calls)
        while True:
            results = self.stored(facts, made.calls)
            if any(call not in results for call in made.calls):
                return made.calls
            longer = await with_more_calls(made, results, wanted, calls_for)
            if longer is None:
                return made.calls
            made = longer

    def stored(self, facts: ClipFacts, calls: Iterable[ToolCall]) -> dict[ToolCall, CallResult]:
        """Results of those (normalised) calls that the store has; each is looked for once."""
        wanted = list(calls)
        if new := [call for call in wanted if (facts.audio_hash, call) not in self._found]:
            known = self.toolbox.stored(facts, new)
            self._found |= {(facts.audio_hash, call): known.get(call) for call in new}
        found = {call: self._found[facts.audio_hash, call] for call in wanted}
        return {call: result for call, result in found.items() if result is not None}

    async def _request(
        self, question: Question, facts: ClipFacts, calls: Collection[ToolCall]
    ) -> Request | None:
        """What the reasoner will be asked, None where the store lacks a finding for it."""
        findings = self.stored(facts, [*self._reasoner_calls, *calls])
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

    def work(
        self,
        asked: Sequence[AskedQuestion],
        heard: Iterable[tuple[ClipFacts, Sequence[ToolCall]]],
    ) -> Work:
        """What is to be made so that questions are answered, and calls `heard` of clips."""
        first = [(facts, [self.toolbox.normalised(c) for c in calls]) for facts, calls in heard]
        clips = {facts.audio_hash: facts for facts, _ in first}
        clips |= {each.facts.audio_hash: each.facts for each in asked}
        answers = self._answers(asked)
        asking = [(each.facts, [*self._reasoner_calls, *each.calls]) for each in asked]
        calls = self._calls([*first, *asking])
        ahead = [call for call in calls if not call.stored]
        counts = Counter(each.call.tool for each in ahead)
        stored = Counter(each.call.tool for each in calls if each.stored)
        costs = read_costs(self._tools, self.store)
        tool_seconds = dict.fromkeys(counts, 0.0)
        by_clip: dict[str, list[ToolCall]] = {}
        for call, facts, _ in ahead:
            tool_seconds[call.tool] += costs.tool_seconds(call, facts.duration)
            by_clip.setdefault(facts.audio_hash, []).append(call)
        tools = sum(
            costs.route_seconds(made, clips[clip].duration) for clip, made in by_clip.items()
        )
        cores = default_workers()
        reason, measured = answer_seconds(self.store, self.reasoner, len(answers.ahead))
        return Work(
            clips=len(clips),
            audio_seconds=round(sum(facts.duration for facts in clips.values()), 1),
            tool_calls=dict(counts.most_common()),
            tool_calls_stored=sum(stored.values()),
            stored_by_tool=dict(stored.most_common()),
            answers=len(answers.ahead),
            answers_at_most=answers.at_most,
            answers_stored=answers.stored,
            tool_seconds={name: round(seconds, 1) for name, seconds in tool_seconds.items()},
            reason_seconds=round(reason, 1),
            wall_seconds=round(
                tools / min(self.options.workers or cores, cores) + reason / at_once(self.reasoner),
                1,
            ),
            measured=measured
            and all(costs.by_tool[name].source is not Source.GUESSED for name in counts),
            tokens=plan_tokens(answers.ahead, self.reasoner, self.store),
        )

    def _calls(self, wanted: Iterable[tuple[ClipFacts, Sequence[ToolCall]]]) -> list[_PlannedCall]:
        """Every call that has to have been made, each once a clip."""
        planned: dict[str, _PlannedCall] = {}
        for facts, calls in wanted:
            known = self.stored(facts, calls)
            for call in calls:
                key = self.toolbox.key(facts, call)
                planned[key] = _PlannedCall(call, facts, call in known)
        return list(planned.values())

    def _answers(self, asked: Sequence[AskedQuestion]) -> _Answers:
        """The prompts of what has to be answered, each once, and how many answers are there."""
        orders = self.options.shuffle_choices
        keys: dict[str, AskedQuestion] = {}
        unknown: dict[tuple[str, str, tuple[str, ...], tuple[ToolCall, ...]], AskedQuestion] = {}
        for each in asked:
            if each.request is None:
                question = each.question
                place = (each.facts.audio_hash, question.text, question.choices, each.calls)
                unknown[place] = each
            else:
                keys[answer_key(self.reasoner, each.request, orders=orders)] = each
        kept = self.kept(keys)
        single: dict[str, tuple[AskedQuestion, Request]] = {}
        stored = 0
        for key, each in keys.items():
            assert each.request is not None
            several = bool(each.request.choices) and orders > 1 and self.reasoner.order_matters
            if key in kept:
                stored += 1
            elif several:
                shown = [in_order(each.request, o) for o in orders_of(each.request, orders)]
                single |= {answer_key(self.reasoner, one): (each, one) for one in shown}
            else:
                single[key] = each, each.request
        there = self.kept(single)
        asks = [(each, request) for key, (each, request) in single.items() if key not in there]
        # An answer about a clip that is heard in windows is one about each, and is pooled of these.
        parts = {
            answer_key(self.reasoner, part): each
            for each, request in asks
            for part in windows_within(self.reasoner, request, each.facts.duration) or [request]
        }
        parts_there = self.kept(parts)
        ahead = [each for key, each in parts.items() if key not in parts_there]
        for each in unknown.values():
            size = len(each.question.choices)
            several = bool(size) and orders > 1 and self.reasoner.order_matters
            ahead += [each] * (min(orders, factorial(size)) if several else 1) * self._windows(each)
        lengths = self.store.finding_lengths()
        return _Answers(
            [self._prompt(each, lengths) for each in ahead],
            stored + len(there) + len(parts_there),
            any(each.calls for each in unknown.values())
            and (self._has_answered() or _several_ways([*unknown.values(), *keys.values()])),
        )

    def _has_answered(self) -> bool:
        """Whether the store has any answers of the reasoner that would be taken from it."""
        return not self.fresh and self.store.seconds_per_answer(self.reasoner.name) is not None

    def kept(self, keys: Iterable[str]) -> dict[str, StoredAnswer]:
        """The answers in the store that are not to be asked for again."""
        if self.fresh:
            return {}
        stored = self.store.answers(keys)
        retry = self.options.retry_failed
        return {key: kept for key, kept in stored.items() if not (retry and asks_again(kept))}

    def _prompt(self, asked: AskedQuestion, lengths: Mapping[str, float]) -> Prompt:
        if (request := asked.request) is not None:
            found = [item.text for item in (*request.heard, *request.findings)]
        else:
            calls = [*self._reasoner_calls, *asked.calls]
            known = self.stored(asked.facts, calls)
            findings = {call: result.finding for call, result in known.items() if result.finding}
            found = [
                findings[call].text
                if call in findings
                else "x" * round(lengths.get(call.tool, GUESSED_FINDING))
                for call in calls
            ]
        question = asked.question
        characters = prompt_characters(question.text, question.choices, found)
        return Prompt(characters, asked.facts.duration / self._windows(asked))

    def _windows(self, asked: AskedQuestion) -> int:
        """In how many windows the reasoner hears the clip."""
        return len(window_edges(self.reasoner, asked.facts.duration)) - 1


class _Answers(NamedTuple):
    """Prompts of answers to be made, how many are in the store, and whether some may be alike."""

    ahead: list[Prompt]
    stored: int
    at_most: bool


def _several_ways(asked: Iterable[AskedQuestion]) -> bool:
    """Whether a question about a clip is asked by more than one route."""
    ways = Counter((a.facts.audio_hash, a.question.text, a.question.choices) for a in asked)
    return any(count > 1 for count in ways.values())
