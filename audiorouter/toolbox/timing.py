"""What tools cost on this machine: each one by itself, with nothing shared."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from audiorouter.bounds import SECONDS
from audiorouter.clips import NO_SOURCES, Sources
from audiorouter.errors import ClipError, ToolError, UsageError
from audiorouter.machine.signals import run_until_stopped
from audiorouter.store import MeasuredCost, Store, canonical_json
from audiorouter.toolbox.interface import Tool
from audiorouter.toolbox.isolation import IsolatedWorker


@dataclass(frozen=True)
class ToolCost:
    """Seconds of one tool; `error` says why there are none."""

    tool: str
    load_seconds: float | None = None
    seconds_a_minute: float | None = None
    """Of computing, a minute of audio, on one thread."""
    own_seconds_a_minute: float | None = None
    """What it computes itself of those."""
    shared: Mapping[str, float] = field(default_factory=dict)
    """The others: seconds a minute of each front end, which a route computes once for all tools."""
    clips: int = 0
    error: str | None = None


def time_tools(
    tools: Iterable[Tool[Any]],
    clips: Sequence[Path],
    store: Store,
    *,
    sources: Sources = NO_SOURCES,
    timeout: float,
    verbose: bool = False,
    done: Callable[[ToolCost], None] = lambda _cost: None,
) -> list[ToolCost]:
    """Time every tool on every clip, and keep the costs in `store`, where routing reads them.

    The first clip is heard twice, and counts the second time: what compiles, compiles before.

    Raises:
        UsageError: none of the clips can be decoded, or the timeout is out of its bounds.
    """
    SECONDS.check("timeout", timeout)

    async def everything() -> list[ToolCost]:
        worker = IsolatedWorker(sources=sources, verbose=verbose)
        try:
            good = await _decodable(worker, clips, timeout)
            costs = []
            for tool in tools:
                costs.append(await _time(worker, tool, good, timeout))
                _keep(store, tool, costs[-1])
                done(costs[-1])
            return costs
        finally:
            await worker.close()

    return run_until_stopped(everything())


async def _decodable(
    worker: IsolatedWorker, clips: Sequence[Path], timeout: float
) -> list[tuple[Path, float]]:
    """Each clip that can be decoded, with its length in s."""
    good, problems = [], []
    for clip in clips:
        try:
            good.append((clip, (await worker.open(clip, timeout)).duration))
        except ClipError as error:
            problems.append(str(error))
    if not good:
        raise UsageError(f"there is no clip to hear: {problems[0] if problems else 'none named'}")
    return good


async def _time(
    worker: IsolatedWorker, tool: Tool[Any], clips: Sequence[tuple[Path, float]], timeout: float
) -> ToolCost:
    try:
        tool.require()
        started = time.perf_counter()
        await worker.load(tool)
        loaded = time.perf_counter() - started
        spent, shared = 0.0, Counter[str]()
        for clip, _ in clips[:1]:
            await worker.run(tool, clip, {}, timeout)
        for clip, _ in clips:
            await worker.open(clip, timeout, fresh=True)
            seconds = (await worker.run(tool, clip, {}, timeout)).seconds
            spent += seconds.alone
            shared.update(seconds.shared)
    except (ToolError, ClipError) as error:
        return ToolCost(tool.name, error=str(error))
    a_minute = 60 / sum(seconds for _, seconds in clips)
    return ToolCost(
        tool.name,
        load_seconds=round(loaded, 2),
        seconds_a_minute=round(a_minute * spent, 4),
        own_seconds_a_minute=round(max(0.0, a_minute * (spent - shared.total())), 4),
        shared={name: round(a_minute * value, 4) for name, value in shared.most_common()},
        clips=len(clips),
    )


def _keep(store: Store, tool: Tool[Any], cost: ToolCost) -> None:
    if cost.seconds_a_minute is not None:
        shared = {name: value / 60 for name, value in cost.shared.items()}
        store.save_tool_cost(
            tool.name,
            tool.identity,
            MeasuredCost(cost.seconds_a_minute / 60, canonical_json(shared)),
        )
