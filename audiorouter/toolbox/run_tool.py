"""Running one tool over clips, without any model."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from audiorouter.clips import NO_SOURCES, Sources, find_clips, skipped_files
from audiorouter.errors import ClipError, UsageError
from audiorouter.machine.signals import run_until_stopped
from audiorouter.store import Store
from audiorouter.toolbox.arguments import normal_call
from audiorouter.toolbox.interface import Finding, Tool, ToolCall
from audiorouter.toolbox.toolbox import Toolbox

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ClipResult:
    """What the tool found in one clip, or why it did not."""

    clip: Path
    finding: Finding | None
    error: str | None
    seconds: float
    cached: bool
    remark: str | None = None
    """What has to be said of how the clip was heard."""

    def as_json(self) -> dict[str, Any]:
        """The result as values of JSON."""
        return {
            "clip": str(self.clip),
            "text": self.finding.text if self.finding else None,
            "data": dict(self.finding.data) if self.finding else None,
            "confidence": self.finding.confidence if self.finding else None,
            "seconds": round(self.seconds, 3),
            "cached": self.cached,
            "error": self.error,
            "remark": self.remark,
        }


def parse_arguments(pairs: Sequence[str]) -> dict[str, Any]:
    """Arguments from `name=value` texts; a value is JSON where it can be read as such.

    >>> parse_arguments(["top=3", "language=en"])
    {'top': 3, 'language': 'en'}

    Raises:
        UsageError: there is no "=" in one of them.
    """
    arguments: dict[str, Any] = {}
    for pair in pairs:
        name, equals, text = pair.partition("=")
        if not equals or not name:
            raise UsageError(f"--arg {pair}: expected name=value")
        try:
            arguments[name] = json.loads(text)
        except (ValueError, RecursionError):
            arguments[name] = text
    return arguments


def run_tool(
    tools: Mapping[str, Tool[Any]],
    tool: Tool[Any],
    arguments: Mapping[str, Any],
    clips: Sequence[Path],
    store: Store,
    *,
    sources: Sources = NO_SOURCES,
    workers: int | None,
    timeout: float,
    verbose: bool,
) -> list[ClipResult]:
    """Run `tool` on every clip, in parallel; folders stand for the audio files in them.

    Raises:
        ToolError: the arguments do not fit, or something has to be installed first.
        UsageError: a folder without audio, or no such file.
    """
    tool.require()
    call = normal_call(tool, ToolCall(tool.name, arguments))
    paths = [path for clip in clips for path in expanded(clip, sources)]

    async def one(toolbox: Toolbox, path: Path) -> ClipResult:
        async with toolbox.session(path) as session:
            try:
                facts = await session.facts()
                result = (await session.run(facts, [call]))[call]
            except ClipError as error:
                return ClipResult(path, None, str(error), 0.0, cached=False)
        return ClipResult(
            path, result.finding, result.error, result.seconds, result.cached, facts.remark
        )

    async def everything() -> list[ClipResult]:
        toolbox = Toolbox(
            tools, store, sources=sources, workers=workers, timeout=timeout, verbose=verbose
        )
        try:
            return await asyncio.gather(*(one(toolbox, path) for path in paths))
        finally:
            await toolbox.close()

    return run_until_stopped(everything())


def expanded(path: Path, sources: Sources = NO_SOURCES) -> list[Path]:
    """The clip itself, or all clips in a folder, also those that `sources` decode.

    Raises:
        UsageError: a folder without audio, or no such file.
    """
    if not path.is_dir():
        if not path.exists():
            raise UsageError(f"{path}: no such file or folder")
        return [path]
    clips = find_clips(path, sources)
    for why, count in skipped_files(path, sources).items():
        _log.warning("%s: skipped %d %s", path, count, why)
    if not clips:
        raise UsageError(f"{path}: there are no audio files in this folder")
    return clips
