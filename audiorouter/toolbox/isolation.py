"""Isolation: processes in which clips are decoded and tools run, see docs/design/isolation.md.

Work on one clip stays with one worker, so the clip is decoded once for all its tools. A process
that crashes or runs over its time is replaced, and costs the call that it was at.
"""

from __future__ import annotations

import asyncio
import logging
import os
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError

from audiorouter.border import crossing, describe
from audiorouter.border.values import checked
from audiorouter.clips import ClipFacts, FileStamp, Sources
from audiorouter.decoding import Samples
from audiorouter.errors import ClipError, NoAudioError, ToolError
from audiorouter.machine.signals import Interrupted
from audiorouter.machine.source_code import source_hash
from audiorouter.stopwatch import CallSeconds
from audiorouter.toolbox import messages
from audiorouter.toolbox.interface import Tool
from audiorouter.toolbox.memory import with_memory
from audiorouter.toolbox.pickling import pickled, sent_by_name
from audiorouter.toolbox.process import WorkerGoneError, WorkerProcess
from audiorouter.toolbox.replies import CheckedFacts, CheckedShape, Found, Reply
from audiorouter.toolbox.worker import Setup
from audiorouter.validation import first_problem

START_SECONDS = 300.0
"""Time limit for starting a worker, which is no call's time."""
LOAD_SECONDS = 1_800.0
"""Time limit for loading a tool's models, apart from the limit for a call."""


_MOST_PROVEN = 3
"""Ways of failing that a fresh worker has to show before all others of that tool are believed."""
_SLOW_LOAD = 30.0
_SAID_OF_SLOW = "%s is still being loaded: what it needs may have to be compiled, once a machine"
_log = logging.getLogger(__name__)


class WorkerLostError(Exception):
    """The worker process died or ran over its time; the next call gets a new one."""


class WorkerCrashedError(WorkerLostError):
    """It died by itself."""


class LoadError(ToolError):
    """A tool that cannot be loaded, whatever the clip."""


class FinishedCall(NamedTuple):
    """A finished call: the finding, its data as JSON text, and the seconds it took."""

    data: str
    text: str
    seconds: CallSeconds
    confidence: float | None = None


class IsolatedWorker:
    """Does work in a process of its own, one call after the other; one that dies gets a successor.

    Use it within one event loop.
    """

    def __init__(
        self,
        *,
        sources: Sources,
        verbose: bool,
        memory: int | None = None,
        load_seconds: float = LOAD_SECONDS,
    ):
        self._sources = sources
        self._verbose = verbose
        self._memory = memory
        self._load_seconds = load_seconds
        self._load_seconds_spent = 0.0
        """Seconds that loading tools took since somebody took them."""
        self._process: WorkerProcess | None = None
        self._closed = False
        self._loaded: set[str] = set()
        self._pickled: dict[str, bytes] = {}
        self._guests: set[str] = set()
        """Whose code that is not ours the worker has run."""
        self._proven: dict[str, set[str]] = {}
        """How tools, and decoding, have failed in a worker that nobody else had used."""
        self._turn = asyncio.Lock()

    def take_load_seconds(self) -> float:
        """Seconds (s) that loading tools took and nobody was told of yet: each is told once."""
        seconds, self._load_seconds_spent = self._load_seconds_spent, 0.0
        return seconds

    async def open(self, path: Path, timeout: float, *, fresh: bool = False) -> ClipFacts:
        """Decode the clip in the worker, which keeps it, and say what it is.

        With `fresh`, what the worker has computed of it before is forgotten.

        Raises:
            NoAudioError: it holds no sound.
            ClipError: it cannot be decoded, or doing so crashed or took too long.
        """
        reply = await self._decode(path, timeout, "open_clip", fresh)
        return ClipFacts(
            **vars(checked(CheckedFacts, reply.ok, whose=f"{path}: decoding", kind=ClipError))
        )

    async def read(
        self,
        path: Path,
        stamp: FileStamp | None,
        rate: int | None,
        longest: float | None,
        timeout: float,
        *,
        start: float = 0.0,
    ) -> Samples:
        """Decode the clip in the worker and hand its samples over, which cannot be written to.

        With a `rate` (Hz) they are mono. They are those of `longest` seconds, if that is given,
        from `start` (s) on. With the `stamp` that the file bore when it was hashed, a changed one
        is refused.

        Raises:
            ClipError: it cannot be decoded, or doing so crashed or took too long.
        """
        import numpy as np

        reply = await self._decode(path, timeout, "read_clip", stamp, rate, longest, start)
        whose = f"{path}: decoding"
        shape = checked(CheckedShape, reply.ok, whose=whose, kind=ClipError)
        frame = 4 * shape.channels
        if not reply.attached or len(reply.attached) % frame:
            raise ClipError(f"{whose} gave no samples")
        audio = np.frombuffer(reply.attached, np.float32).reshape(shape.channels, -1)
        return Samples(audio, shape.sample_rate)

    async def _decode(self, path: Path, timeout: float, name: str, *arguments: Any) -> Reply:
        """Have an order carried out for which the clip is decoded."""
        kind = path.suffix.lower()
        try:
            async with self._turn:
                reply = await self._soundly(
                    lambda: self._do(timeout, name, path.absolute(), *arguments),
                    path,
                    whose=f"decoding {kind}",
                    foreign=kind in self._sources,
                )
        except WorkerLostError as lost:
            raise ClipError(self._with_memory(f"{path}: decoding it {lost}")) from None
        if reply.complaint is not None:
            if reply.lasting:
                raise NoAudioError(reply.complaint)
            raise ClipError(self._with_memory(reply.complaint))
        return reply

    async def run(
        self,
        tool: Tool[Any],
        path: Path,
        arguments: Mapping[str, Any],
        timeout: float,
        *,
        stamp: FileStamp | None = None,
    ) -> FinishedCall:
        """Run `tool` on the clip at `path` with checked arguments.

        With the `stamp` that the file bore when it was hashed, a changed one is refused.

        Raises:
            LoadError: it cannot be loaded.
            ToolError: the tool said so, crashed, gave no proper finding, or took too long.
        """

        async def work() -> Reply:
            await self._load(tool)
            return await self._do(
                timeout, "run_tool", tool.identity, path.absolute(), stamp, dict(arguments)
            )

        try:
            async with self._turn:
                reply = await self._soundly(
                    work, path, whose=tool.identity, foreign=not tool.is_built_in
                )
        except WorkerLostError as lost:
            raise ToolError(self._with_memory(f"{tool.name} {lost}")) from None
        if reply.complaint is not None:
            why = f"{tool.name}: {reply.complaint}"
            raise ToolError(why if reply.lasting else self._with_memory(why), lasting=reply.lasting)
        try:
            finding = Found.model_validate(reply.ok)
        except ValidationError as error:
            problem = first_problem(error, whole="reply")
            raise ToolError(f"{tool.name} gave what cannot be read: {problem}") from None
        seconds = CallSeconds(**vars(finding.seconds))
        return FinishedCall(finding.data, finding.text, seconds, finding.confidence)

    async def load(self, tool: Tool[Any]) -> None:
        """Load the tool's models in the worker.

        Raises:
            LoadError: they cannot be loaded.
        """
        async with self._turn:
            await self._load(tool)

    async def close(self) -> None:
        """Stop the worker, in the middle of a call if need be; it gets no successor."""
        self._closed = True
        process, self._process = self._process, None
        if process is not None:
            await process.close()

    async def _load(self, tool: Tool[Any]) -> None:
        """Load a tool unless the worker has it."""
        name, identity = tool.name, tool.identity
        await self._ready()
        if identity in self._loaded:
            return
        if identity not in self._pickled:
            with crossing(f"{name}: sending it to a worker", LoadError):
                self._pickled[identity] = pickled(tool)
        began = time.monotonic()
        slow = asyncio.get_running_loop().call_later(_SLOW_LOAD, _log.warning, _SAID_OF_SLOW, name)
        try:
            reply = await self._do(
                self._load_seconds,
                "load_tool",
                identity,
                self._pickled[identity],
                source_hash(type(tool)) if sent_by_name(tool) else None,
                option="",
            )
        except WorkerLostError as lost:
            raise LoadError(self._with_memory(f"{name}: loading it {lost}")) from None
        finally:
            slow.cancel()
            self._load_seconds_spent += time.monotonic() - began
        if reply.complaint is not None:
            raise LoadError(self._with_memory(f"{name}: {reply.complaint}"))
        self._loaded.add(identity)

    def _with_memory(self, why: str) -> str:
        return with_memory(why, self._memory)

    async def _soundly(
        self, work: Callable[[], Awaitable[Reply]], path: Path, *, whose: str, foreign: bool
    ) -> Reply:
        """Have work done by a worker in good order; it is `foreign` where its code is not ours.

        What one call does to its process must not be another one's fault. So what fails in a worker
        that may be harmed is tried once more in a fresh one: a crash, a lack of memory and what
        cannot be loaded where the worker did anything before, and every failure where it ran
        somebody else's code that is not ours. What a fresh one has shown before is believed.
        """
        process = await self._ready()
        used, suspects = process.served > 0, self._guests - {whose}
        first = await self._tried(work, whose if foreign else None)
        if (why := first.failure(path)) is None:
            return first.reply()
        if not (used and first.worn) and not (suspects and self._is_news(whose, why)):
            return first.reply()
        await self._replace(process)
        second = await self._tried(work, whose if foreign else None)
        if (why := second.failure(path)) is not None:
            self._proven.setdefault(whose, set()).add(why)
        return second.reply()

    async def _tried(self, work: Callable[[], Awaitable[Reply]], guest: str | None) -> _Tried:
        try:
            await self._ready()
            if guest is not None:
                self._guests.add(guest)
            return _Tried(await work())
        except (WorkerLostError, LoadError) as lost:
            return _Tried(lost)

    def _is_news(self, whose: str, why: str) -> bool:
        """Whether a failure is of another kind than those that a fresh worker has shown."""
        known = self._proven.get(whose, set())
        return why not in known and len(known) < _MOST_PROVEN

    async def _do(
        self, seconds: float, name: str, *arguments: Any, option: str = " (--timeout)"
    ) -> Reply:
        """Have an order carried out in so many seconds, which an option sets."""
        process = await self._ready()
        try:
            reply = await process.ask(messages.order(name, *arguments), seconds)
            return Reply.model_validate(reply)
        except TimeoutError:
            await self._replace(process)
            raise WorkerLostError(
                f"took longer than {seconds:g} s{option} and was stopped"
            ) from None
        except (WorkerGoneError, ValidationError) as gone:
            await self._replace(process)
            why = str(gone) if isinstance(gone, WorkerGoneError) else "its reply cannot be read"
            raise WorkerCrashedError(f"crashed ({why})") from None

    async def _ready(self) -> WorkerProcess:
        """The worker, or a new one where there is none, or it has died or was given up."""
        if self._closed:
            raise WorkerLostError("was stopped: the work is over")
        if self._process is not None and not self._process.ready:
            await self._replace(self._process)
        if self._process is None:
            self._loaded.clear()
            self._guests.clear()
            setup = Setup(os.getpid(), self._memory, _pickled_sources(self._sources))
            process: WorkerProcess | None = None
            try:
                process = self._process = await WorkerProcess.start(verbose=self._verbose)
                await process.ask(messages.order("start", setup), START_SECONDS)
                if self._closed:  # meanwhile
                    raise WorkerGoneError("it was stopped")
            except (WorkerGoneError, TimeoutError, OSError) as error:
                if process is not None:
                    await self._replace(process)
                raise WorkerLostError(f"found no worker: {describe(error)}") from None
            process.served = 0
            return process
        return self._process

    async def _replace(self, process: WorkerProcess) -> None:
        if self._process is process:
            self._process = None
        process.kill()
        await process.close()


class _Tried(NamedTuple):
    """What came of work that a worker was given."""

    outcome: Reply | WorkerLostError | LoadError

    @property
    def worn(self) -> bool:
        """Whether a worker that has done nothing yet may do better."""
        if isinstance(self.outcome, Reply):
            return self.outcome.worn
        return isinstance(self.outcome, WorkerCrashedError | LoadError)

    def failure(self, path: Path) -> str | None:
        """How it failed, without what differs from clip to clip; None where it did not."""
        outcome = self.outcome
        text = outcome.complaint if isinstance(outcome, Reply) else str(outcome)
        return None if text is None else re.sub(r"\d+", "0", text.replace(str(path.absolute()), ""))

    def reply(self) -> Reply:
        """What the worker said; raises what it did not come back from."""
        if isinstance(self.outcome, Reply):
            return self.outcome
        raise self.outcome


def _pickled_sources(sources: Sources) -> dict[str, bytes]:
    """Plugins' audio sources by suffix, pickled; one that cannot be is done without."""
    sent = {}
    for suffix, source in sources.items():
        try:
            sent[suffix] = pickled(source)
        except Interrupted:
            raise
        except BaseException:  # noqa: BLE001 - its files are then not readable as audio
            continue
    return sent
