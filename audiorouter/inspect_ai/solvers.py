"""Solvers for Inspect: tools listen to a recording, and the model is told what they found."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from inspect_ai.log import transcript
from inspect_ai.model import ContentAudio
from inspect_ai.solver import Generate, Solver, TaskState, multiple_choice, solver

from audiorouter.batch.ask import one_question
from audiorouter.batch.options import EngineOptions
from audiorouter.batch.requests import evidence, told
from audiorouter.batch.rows import Row
from audiorouter.errors import ClipError, UsageError
from audiorouter.inspect_ai.samples import clip_of, question_of
from audiorouter.inspect_ai.sessions import LazySession, router_name
from audiorouter.providers.prompt import findings_text

LOGGED = "audiorouter"
"""By what a sample's metadata has its route."""


@solver
def tool_findings(
    router: str | None = None,
    tools: str | Sequence[str] | None = None,
    *,
    max_calls: int = 1,
    cost_weight: float | None = None,
    hears: bool = True,
    workers: int | None = None,
) -> Solver:
    """Have a router choose audio tools for the sample, and put what they find before its question.

    It generates nothing: chain it with a solver that does, such as `multiple_choice()`. The
    findings are quoted, with words that say that they are no instructions. Route, reason and
    findings stand in the sample's metadata as `audiorouter`, and in its transcript. A sample that
    no tool can listen to goes on without findings, and says why there; what is wrong for all
    samples, such as a router that does not exist, ends the evaluation.

    Args:
        router: As of `audiorouter batch --router`; the default is the learned one.
        tools: Tools to call for every sample, in place of a router; names, or a text with commas.
        max_calls: Most calls of the router `prompted`.
        cost_weight: How many right answers calling every tool may cost, for a learned router.
        hears: Whether the model hears the recording as well; if not, recordings are taken out of
            every prompt, with findings or without.
        workers: Processes of tools; the default is one a core.

    Raises:
        UsageError: router and tools are both given, or a number is out of its bounds; with the
            first sample also that something is not installed, or that there is no such router.
        StoreError: the store cannot be used.
    """
    chosen = router_name(router, tools)
    opened = LazySession(EngineOptions(workers=workers))

    async def listened(state: TaskState) -> tuple[Row | None, str | None]:
        session = await asyncio.to_thread(opened.open)
        try:
            asked = await asyncio.to_thread(_asked, state)
        except ClipError as error:
            return None, str(error)
        # Whatever else is wrong is so with every sample, and ends the evaluation.
        row = await session.alisten(
            *asked, router=chosen, max_calls=max_calls, cost_weight=cost_weight
        )
        return row, row.complaint

    async def solve(state: TaskState, _generate: Generate) -> TaskState:
        row, error = await listened(state)
        findings = () if row is None else evidence(told(row.results))
        prompt = state.user_prompt
        question = prompt.text
        if not hears and not isinstance(prompt.content, str):
            prompt.content = [c for c in prompt.content if not isinstance(c, ContentAudio)]
        if findings:
            prompt.text = f"{findings_text(findings, deaf=not hears)}\n\n{question}"
        logged = logged_route(row, error)
        state.metadata[LOGGED] = logged
        transcript().info(logged, source=LOGGED)
        return state

    return solve


@solver
def router_tools(
    router: str | None = None,
    tools: str | Sequence[str] | None = None,
    *,
    max_calls: int = 1,
    cost_weight: float | None = None,
    hears: bool = True,
    workers: int | None = None,
    cot: bool = False,
) -> Solver:
    """`tool_findings`, then Inspect's `multiple_choice`, or `generate` where there are no choices.

    So it can stand in the place of a task's own solver: `inspect eval … --solver
    audiorouter/router_tools -S router=rules`.

    Args:
        router: See `tool_findings`, as all others but `cot`.
        tools: See there.
        max_calls: See there.
        cost_weight: See there.
        hears: See there.
        workers: See there.
        cot: Whether the model is asked to think step by step before it chooses.

    Raises:
        UsageError, StoreError: as `tool_findings`.
    """
    listen = tool_findings(
        router, tools, max_calls=max_calls, cost_weight=cost_weight, hears=hears, workers=workers
    )
    choose = multiple_choice(cot=cot)

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        state = await listen(state, generate)
        return await (choose(state, generate) if state.choices else generate(state))

    return solve


def _asked(state: TaskState) -> tuple[Path, str, list[str]]:
    """Clip, question and choices of a sample.

    Raises:
        ClipError: nothing can be asked of it.
        UsageError: the cache cannot be written.
    """
    clip = clip_of(state.messages)
    asked = clip, question_of(state.messages), [choice.value for choice in state.choices]
    try:
        one_question(*asked)
    except UsageError as error:
        raise ClipError(str(error)) from None
    return asked


def logged_route(row: Row | None, error: str | None) -> dict[str, Any]:
    """Route, reason and findings as values of JSON."""
    if row is None:
        return {"route": [], "error": error}
    besides = row.extra_fields()
    return {
        "route": [call.label for call in row.route.calls] if row.route else [],
        "reason": besides["reason"],
        "findings": besides["findings"],
        "tool_seconds": round(row.tool_seconds, 3),
        "error": error,
    }
