"""Looking at questions before they are asked: by which calls that is, and what the store has."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Collection, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple, TypeVar

from audiorouter.batch.activity import Activity
from audiorouter.batch.instead import with_more_calls
from audiorouter.batch.options import EngineOptions
from audiorouter.batch.progress import Shown, silent
from audiorouter.batch.reasoning.kept_answers import answer_key, asks_again, restored_if_whole
from audiorouter.batch.requests import reasoner_request, route_request, told
from audiorouter.batch.routing_stage import RoutingStage
from audiorouter.clips import ClipFacts
from audiorouter.errors import RouterError
from audiorouter.plugins import Registry
from audiorouter.plugins.hooks import HookRunner
from audiorouter.providers.interface import Answer, Reasoner, Request
from audiorouter.questions import Question
from audiorouter.routing.interface import Route, Router
from audiorouter.store import Store, StoredAnswer
from audiorouter.toolbox.interface import ToolCall
from audiorouter.toolbox.results import CallResult

T = TypeVar("T")


class AskedQuestion(NamedTuple):
    """A question that can be asked, with the calls that its route makes.

    `request` is what the reasoner will be asked, as far as that is known by now.
    """

    question: Question
    facts: ClipFacts
    calls: tuple[ToolCall, ...]
    request: Request | None


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
        self._clips: dict[Path, asyncio.Task[ClipFacts]] = {}
        self._sources = registry.sources
        self._hooks = HookRunner(registry.hooks)
        self._found: dict[tuple[str, ToolCall], CallResult | None] = {}
        self.reasoner_calls = [self.toolbox.normalised(call) for call in reasoner.listening_calls]
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

    def forget(self) -> None:
        """Let go of what was looked at; what is looked at again is in the store by then."""
        self._clips.clear()
        self._found.clear()

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
        return None if kept is None else restored_if_whole(kept)

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
        findings = self.stored(facts, [*self.reasoner_calls, *calls])
        if len(findings) < len({*self.reasoner_calls, *calls}):
            return None
        request = reasoner_request(
            question,
            facts,
            heard=[findings[call] for call in self.reasoner_calls],
            found=told(findings[call] for call in calls),
            sources=self._sources,
        )
        return (await self._hooks.prepare(request)).request

    def kept(self, keys: Iterable[str]) -> dict[str, StoredAnswer]:
        """The answers in the store that are not to be asked for again."""
        if self.fresh:
            return {}
        stored = self.store.answers(keys)
        retry = self.options.retry_failed
        return {key: kept for key, kept in stored.items() if not (retry and asks_again(kept))}
