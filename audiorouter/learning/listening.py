"""Hearing what questions are about before any is asked, as far as routers in training want to."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from audiorouter.batch.options import EngineOptions
from audiorouter.batch.requests import route_request
from audiorouter.clips import ClipFacts
from audiorouter.errors import ClipError
from audiorouter.learning.asked_table import HeardQuestion
from audiorouter.learning.scorable import why_unscorable
from audiorouter.machine.signals import run_until_stopped
from audiorouter.plugins import Registry
from audiorouter.questions import Question
from audiorouter.store import Store
from audiorouter.toolbox.interface import ToolCall
from audiorouter.toolbox.results import CallResult


class _Clip(NamedTuple):
    """A clip, and what is heard of it."""

    facts: ClipFacts
    sensed: tuple[CallResult, ...]


class Listening:
    """Hears each clip once, by the calls that a router wants to see before it decides."""

    def __init__(
        self,
        registry: Registry,
        store: Store,
        options: EngineOptions,
        calls: Sequence[ToolCall],
        *,
        unlabelled: bool = False,
    ):
        self._registry = registry
        self._store = store
        self._options = options
        self._router_calls = tuple(calls)
        self._unlabelled = unlabelled
        self._clips: dict[Path, _Clip | str] = {}

    def to(self, questions: Sequence[Question]) -> list[HeardQuestion | str]:
        """Each question as a router gets it, or why it cannot be asked; new clips are heard."""
        problems = [why_unscorable(q, unlabelled=self._unlabelled) for q in questions]
        paths = {
            question.path
            for question, problem in zip(questions, problems, strict=True)
            if problem is None and question.path is not None
        }
        if new := paths - self._clips.keys():
            run_until_stopped(self._sense(new))

        def listened(question: Question) -> HeardQuestion | str:
            assert question.path is not None
            clip = self._clips[question.path]
            if isinstance(clip, str):
                return clip
            return HeardQuestion(question, route_request(question, clip.facts, clip.sensed))

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
