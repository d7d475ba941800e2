"""Lanes: worker processes in which clips are decoded and tools run, see docs/design/isolation.md.

A lane is a Pebble pool of one worker. Work on one clip stays on one lane, so the clip is decoded
once for all its tools; a worker that crashes or runs over its time is replaced by Pebble, and costs
the call that it was at.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import TimeoutError as FutureTimeoutError
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from pebble import ProcessExpired, ProcessPool

from audiorouter.clips import ClipFacts, known_sources
from audiorouter.errors import ClipError, ToolError
from audiorouter.front_ends import CallSeconds
from audiorouter.processes import ending
from audiorouter.toolbox import worker
from audiorouter.toolbox.interface import Tool
from audiorouter.toolbox.spawning import WorkerContext

LOAD_SECONDS = 300.0
"""Time limit for loading a tool's models, apart from the limit for a call."""

T = TypeVar("T")


class WorkerLostError(Exception):
    """The worker process died or ran over its time; it has been replaced."""


class Outcome(NamedTuple):
    """A finished call: the finding as JSON text and sentence, and the seconds it took."""

    data: str
    text: str
    seconds: CallSeconds


class Lane:
    """One worker process at a time. Calls on a lane are made one after the other."""

    def __init__(self, *, verbose: bool):
        self._pool = ProcessPool(
            max_workers=1,
            initializer=worker.start,
            initargs=(verbose, known_sources()),
            context=WorkerContext(),
        )
        self._loaded: set[str] = set()

    async def open(self, path: Path, timeout: float, *, fresh: bool = False) -> ClipFacts:
        """Decode the clip in the worker, which keeps it, and say what it is.

        With `fresh`, what the worker has computed of it before is forgotten.

        Raises:
            ClipError: it cannot be decoded, or doing so crashed or took too long.
        """
        try:
            result = await self._do(worker.open_clip, (path, fresh), timeout)
        except WorkerLostError as lost:
            raise ClipError(f"{path}: decoding it {lost}") from None
        if isinstance(result, ClipFacts):
            return result
        raise ClipError(result)

    async def run(
        self, tool: Tool[Any], path: Path, arguments: Mapping[str, Any], timeout: float
    ) -> Outcome:
        """Run `tool` on the clip at `path` with checked arguments.

        Raises:
            ToolError: the tool said so, crashed, gave no proper finding, or took too long.
        """
        if type(tool).__module__ == "__main__":
            raise ToolError(
                f"{tool.name} is defined in the script that is run, which workers do not import; "
                "put it into a module of its own"
            )
        try:
            await self._load(tool)
            result = await self._do(worker.run_tool, (tool, path, dict(arguments)), timeout)
        except WorkerLostError as lost:
            raise ToolError(f"{tool.name} {lost}") from None
        return Outcome(*self._unwrap(tool, result))

    async def load(self, tool: Tool[Any]) -> None:
        """Load the tool's models in the worker.

        Raises:
            ToolError: they cannot be loaded.
        """
        try:
            await self._load(tool)
        except WorkerLostError as lost:
            raise ToolError(f"{tool.name} {lost}") from None

    async def _load(self, tool: Tool[Any]) -> None:
        if tool.identity not in self._loaded:
            self._unwrap(tool, await self._do(worker.load_tool, (tool,), LOAD_SECONDS))
            self._loaded.add(tool.identity)

    @staticmethod
    def _unwrap(tool: Tool[Any], result: Any) -> Any:
        if isinstance(result, worker.Complaint):
            raise ToolError(f"{tool.name}: {result.text}")
        return result

    async def _do(self, function: Callable[..., T], args: tuple[Any, ...], timeout: float) -> T:
        future = self._pool.schedule(function, args=args, timeout=timeout)
        try:
            return await asyncio.wrap_future(future)
        except (TimeoutError, FutureTimeoutError):
            self._loaded.clear()
            raise WorkerLostError(
                f"took longer than {timeout:g} s (--timeout) and was stopped"
            ) from None
        except ProcessExpired as expired:
            self._loaded.clear()
            raise WorkerLostError(f"crashed ({ending(expired.exitcode)})") from None

    def close(self) -> None:
        """Stop the worker, in the middle of a call if need be."""
        self._pool.stop()
        self._pool.join()
