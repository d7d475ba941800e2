"""The toolbox: runs tool calls in isolated workers, each once, and keeps what they find."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

from audiorouter.border import foreign
from audiorouter.border.faults import is_cancelled
from audiorouter.border.threads import CircuitBreaker, OutsideThread
from audiorouter.bounds import SECONDS, WORKERS
from audiorouter.clips import NO_SOURCES, ClipFacts, FileStamp, Sources
from audiorouter.errors import ClipError, FaultError, ToolError, UnreachableError, UsageError
from audiorouter.machine.processes import started_together
from audiorouter.store import Store, StoredCall, canonical_json
from audiorouter.store.reads_together import ReadsTogether
from audiorouter.text import path_text, unknown
from audiorouter.toolbox.arguments import ARGUMENT_SECONDS, normal_call, read_call, reading
from audiorouter.toolbox.availability import why_unusable
from audiorouter.toolbox.clip_session import ClipSession
from audiorouter.toolbox.costs import Costs, read_costs
from audiorouter.toolbox.interface import Tool, ToolCall
from audiorouter.toolbox.isolation import IsolatedWorker, LoadError
from audiorouter.toolbox.memory import default_memory
from audiorouter.toolbox.pool import WorkerPool
from audiorouter.toolbox.reading import ClipReader
from audiorouter.toolbox.results import CallResult, Counters, result_of
from audiorouter.toolbox.side_by_side import groups_of

DEFAULT_TIMEOUT = 300.0
"""Seconds a tool call may take."""
TIMED = 600.0
"""Seconds of a clip for which that holds; a call on a longer one may take as much longer."""


def default_workers() -> int:
    """Worker processes by default: one a core, of which processes started together get a share."""
    return max(1, len(os.sched_getaffinity(0)) // started_together("LOCAL_WORLD_SIZE"))


class Toolbox:
    """Runs tools in isolated workers; results come from the store where it has them.

    `left_out` says of tools that are none of them why. Clips are decoded by `sources`, where one
    fits. `timeout` is what a call may take in s, `memory` what a worker may use in GiB. A `fresh`
    one decodes and computes everything once, whatever the store has, and puts it there in the place
    of what was kept. Before anything is decoded or run `computing` is called with the kind of error
    that it may raise instead.

    Use it within one event loop, and close it.

    Raises:
        UsageError: `workers` or `timeout` is out of its bounds.
    """

    def __init__(
        self,
        tools: Mapping[str, Tool[Any]],
        store: Store,
        *,
        left_out: Mapping[str, str] | None = None,
        sources: Sources = NO_SOURCES,
        workers: int | None = None,
        timeout: float = DEFAULT_TIMEOUT,
        memory: float | None = None,
        retry_failed: bool = False,
        fresh: bool = False,
        verbose: bool = False,
        computing: Callable[[type[FaultError]], None] = lambda _kind: None,
    ):
        WORKERS.check("workers", workers)
        SECONDS.check("timeout", timeout)
        self.tools = tools
        self._left_out = left_out or {}
        self.counters = Counters()
        self.busy_workers = 0
        self._store = store
        self._known_files = ReadsTogether(store.clip_files_known)
        self._kept_calls = ReadsTogether(store.calls)
        self._reads_files = any(tool.reads_file for tool in tools.values())
        self._sources = sources
        self._timeout = timeout
        self._memory = default_memory() if memory is None else round(memory * 2**30)
        self._retry_failed = retry_failed
        self._fresh = fresh
        self._computing = computing
        self._decoded: set[Path] = set()
        self._computed: set[str] = set()
        self._verbose = verbose
        most = self._most_workers = workers or default_workers()
        self._workers = WorkerPool(most, self._new_worker)
        self.reader = ClipReader(
            tools=self._workers, own=WorkerPool(most, self._new_worker), timeout=timeout
        )
        self._in_flight: dict[str, asyncio.Future[CallResult]] = {}
        self._unusable: dict[str, str | None] = {}
        self._arguments = OutsideThread("arguments")
        self._breaker: dict[str, CircuitBreaker] = {}

    def normalised(self, call: ToolCall) -> ToolCall:
        """The call with its arguments checked and defaults left out.

        Raises:
            UsageError: there is no such tool.
            ToolError: the arguments do not fit.
        """
        return normal_call(self._known(call.tool), call)

    async def calls_for(
        self, calls: Iterable[ToolCall], question: str, choices: tuple[str, ...]
    ) -> tuple[ToolCall, ...]:
        """The calls as they are made for a question, each once, see `Tool.call_for`.

        Raises:
            UsageError: there is no such tool.
            ToolError: the arguments of one do not fit, or reading them failed or took too long.
        """
        calls_made: dict[ToolCall, None] = {}
        for call in calls:
            calls_made[await self._call_for(self._known(call.tool), call, question, choices)] = None
        return tuple(calls_made)

    async def _call_for(
        self, tool: Tool[Any], call: ToolCall, question: str, choices: tuple[str, ...]
    ) -> ToolCall:
        if tool.is_built_in:
            return read_call(tool, call, question, choices)
        breaker = self._breaker.setdefault(tool.name, CircuitBreaker(tool.name, ToolError))
        try:
            as_made = await self._arguments.call(
                lambda: read_call(tool, call, question, choices),
                whose=reading(tool),
                kind=ToolError,
                seconds=ARGUMENT_SECONDS,
                before=breaker.check,
            )
        except ToolError as error:
            breaker.note(error)
            raise
        breaker.note()
        return as_made

    def _known(self, name: str) -> Tool[Any]:
        if name in self._left_out:
            raise UsageError(f"the tool {name} is left out: {self._left_out[name]}")
        if name not in self.tools:
            raise UsageError(unknown("tool", name, self.tools))
        return self.tools[name]

    @asynccontextmanager
    async def session(
        self, path: Path, counters: Counters | None = None
    ) -> AsyncIterator[ClipSession]:
        """A place to work on one clip: while it lasts, everything that has to be computed for the
        clip is computed by one worker, which is taken when first needed.

        What is done is counted in `counters`; without any, in those of the toolbox.
        """
        session = ClipSession(self, path, self.counters if counters is None else counters)
        try:
            yield session
        finally:
            session.release()

    async def close(self) -> None:
        """Stop all workers, in the middle of a call if need be."""
        self._arguments.leave()
        await asyncio.gather(self._workers.close(), self.reader.close())

    # What a session needs

    async def take_worker(self) -> IsolatedWorker:
        """A free worker; a new one while there are fewer than allowed."""
        worker = await self._workers.take()
        self.busy_workers += 1
        return worker

    def take_spare(self) -> IsolatedWorker | None:
        """A worker that nobody else wants at the moment; None where there is none."""
        worker = self._workers.take_spare()
        self.busy_workers += worker is not None
        return worker

    def side_by_side(self, calls: Sequence[ToolCall], facts: ClipFacts) -> list[list[ToolCall]]:
        """The calls on a clip in groups for workers that run side by side."""
        return groups_of(calls, self._costs, facts.duration, self._most_workers)

    @cached_property
    def _costs(self) -> Costs:
        return read_costs(self.tools, self._store, lambda _: ())

    def give_back(self, worker: IsolatedWorker) -> None:
        """Let another session use the worker."""
        self.busy_workers -= 1
        self._workers.give_back(worker)

    async def known_clip(self, path: Path, stamp: FileStamp) -> ClipFacts | None:
        """Facts of an unchanged file that was decoded before, as far as the tools need them."""
        if self._fresh and path not in self._decoded:
            return None
        name = path_text(path)
        file = (await self._known_files.get([name])).get(name)
        known = None if file is None else file.of(stamp)
        if known is None or (known[1].file_hash is None and self._reads_files):
            return None
        return known[1]

    async def decode(self, worker: IsolatedWorker, path: Path, stamp: FileStamp) -> ClipFacts:
        """Have the worker decode the clip, and remember what it is."""
        self._computing(ClipError)
        facts = await worker.open(path, self._timeout)
        self._store.save_clip(path, stamp, facts)
        if self._fresh:
            self._decoded.add(path)
        return facts

    def stored(self, facts: ClipFacts, calls: Sequence[ToolCall]) -> dict[ToolCall, CallResult]:
        """Results of those calls that the store has."""
        keys = self._takeable(facts, calls)
        return self._results(keys, self._store.calls(keys))

    async def stored_together(
        self, facts: ClipFacts, calls: Sequence[ToolCall]
    ) -> dict[ToolCall, CallResult]:
        """`stored`, read with what others want at the same moment."""
        keys = self._takeable(facts, calls)
        return self._results(keys, await self._kept_calls.get(keys))

    def _takeable(self, facts: ClipFacts, calls: Sequence[ToolCall]) -> dict[str, ToolCall]:
        """The calls by their keys, of which the store's results may be taken."""
        keys = {self.key(facts, call): call for call in calls}
        if self._fresh:
            return {key: call for key, call in keys.items() if key in self._computed}
        return keys

    def _results(
        self, keys: Mapping[str, ToolCall], kept: Mapping[str, StoredCall]
    ) -> dict[ToolCall, CallResult]:
        results: dict[ToolCall, CallResult] = {}
        for key, call in keys.items():
            row = kept.get(key)
            if row is None or (row.status == "failed" and self._is_to_be_tried_again(key)):
                continue
            with contextlib.suppress(ValueError, RecursionError):  # else it is found anew
                results[call] = result_of(call, row, cached=True)
        return results

    def _is_to_be_tried_again(self, key: str) -> bool:
        """Whether a call that failed is: once a run, where failed ones are."""
        return self._retry_failed and key not in self._computed

    async def compute(
        self,
        session: ClipSession,
        facts: ClipFacts,
        call: ToolCall,
        worker: IsolatedWorker | None = None,
    ) -> CallResult:
        """Run a call that the store did not have, or join whoever is at it already.

        It is run by `worker`, by default that of the session.
        """
        if (why := self.missing(call.tool)) is not None:
            # Not kept: installing what is missing mends it.
            session.counters.calls_failed += 1
            return CallResult(call, None, None, why, 0.0, cached=False)
        # The worker comes first: whoever has promised a result must never wait for one that is
        # held by somebody who waits for that result.
        worker = worker or await session.worker()
        if (done := self.stored(facts, [call]).get(call)) is not None:
            session.counters.calls_cached += 1
            return done
        key = self.key(facts, call)
        while (running := self._in_flight.get(key)) is not None:
            try:
                result = await asyncio.shield(running)
            except asyncio.CancelledError:
                if not running.cancelled() or is_cancelled():
                    raise
                continue  # whoever was at it was told to stop, and we were not
            session.counters.calls_cached += 1
            return replace(result, cached=True)
        promise: asyncio.Future[CallResult] = asyncio.get_running_loop().create_future()
        self._in_flight[key] = promise
        try:
            result = await self._run(worker, session, facts, call)
        except BaseException as error:
            if isinstance(error, Exception):
                promise.set_exception(error)
                promise.exception()  # marks it as seen: nobody may be waiting
            else:
                promise.cancel()
            raise
        finally:
            del self._in_flight[key]
        promise.set_result(result)
        return result

    async def _run(
        self, worker: IsolatedWorker, session: ClipSession, facts: ClipFacts, call: ToolCall
    ) -> CallResult:
        tool, spent = self.tools[call.tool], 0.0
        draft = StoredCall(
            key=self.key(facts, call),
            clip=facts.audio_hash,
            tool=call.tool,
            identity=tool.identity,
            arguments=canonical_json(dict(call.arguments)),
            status="failed",
        )
        seconds = self._timeout * max(1.0, facts.duration / TIMED)
        session.counters.calls_run += 1
        try:
            self._computing(ToolError)
            done = await worker.run(
                tool, session.path, call.arguments, seconds, stamp=session.stamp
            )
        except UnreachableError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, it costs this call alone
            fault = error if isinstance(error, ToolError) else foreign(tool.name, error, ToolError)
            session.counters.calls_failed += 1
            if isinstance(fault, LoadError):
                self._unusable[tool.name] = str(fault)
            row = replace(draft, error=str(fault))
            if fault.lasting:
                self._save(row)
        else:
            spent = done.seconds.spent
            row = replace(
                draft,
                status="ok",
                data=done.data,
                text=done.text,
                confidence=done.confidence,
                seconds=done.seconds.alone,
                shared=canonical_json(done.seconds.shared),
            )
            self._save(row)
        session.counters.load_seconds += worker.take_load_seconds()
        session.counters.tool_seconds += spent
        by_tool = session.counters.seconds_by_tool
        by_tool[call.tool] = by_tool.get(call.tool, 0.0) + spent
        session.counters.runs_by_tool[call.tool] += 1
        return result_of(call, row, cached=False)

    def _save(self, row: StoredCall) -> None:
        self._store.save_call(row, replace=self._fresh)
        if not (self._fresh or self._retry_failed):
            return
        kept = self._store.calls([row.key]).get(row.key, row)
        if kept.status == row.status:  # else an earlier success, which is not of this run
            self._computed.add(row.key)

    def key(self, facts: ClipFacts, call: ToolCall) -> str:
        """Key of a (normalised) call on a clip in the store."""
        return self.tools[call.tool].key(
            facts.audio_hash, call.arguments, file_hash=facts.file_hash
        )

    def _new_worker(self) -> IsolatedWorker:
        return IsolatedWorker(sources=self._sources, verbose=self._verbose, memory=self._memory)

    def missing(self, name: str) -> str | None:
        """Why a tool cannot be used in this run: asked once, and learned where loading fails."""
        if name not in self._unusable:
            self._unusable[name] = why_unusable(self.tools[name])
        return self._unusable[name]
