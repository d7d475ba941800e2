"""Running one tool over clips, without any model."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel

from audiorouter.clips import NO_SOURCES, Sources, find_clips, skipped_files
from audiorouter.errors import ClipError, UsageError
from audiorouter.machine.paths import StrPath
from audiorouter.machine.signals import run_until_stopped
from audiorouter.store import Store
from audiorouter.toolbox.arguments import normal_call
from audiorouter.toolbox.interface import Finding, Tool, ToolCall
from audiorouter.toolbox.toolbox import Toolbox

_log = logging.getLogger(__name__)

OnHeard = Callable[[int, int], None]
"""Is told how many of how many clips are done."""


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


def parse_arguments(pairs: Sequence[str], model: type[BaseModel]) -> dict[str, Any]:
    """Arguments of a tool from `name=value` texts; `model` is its class of arguments.

    A value is JSON where it can be read as such and is no text; of an argument that is a list it
    may be one item, and several may be given one after the other.

    >>> from audiorouter.toolbox.speech.phonemes import PhonemeArguments
    >>> parse_arguments(["start=3", "words=cat", "words=7", "about=stress"], PhonemeArguments)
    {'start': 3, 'words': ['cat', '7'], 'about': 'stress'}

    Raises:
        UsageError: there is no "=" in one of them, or one that is no list is given twice.
    """
    arguments: dict[str, Any] = {}
    for pair in pairs:
        name, equals, text = pair.partition("=")
        if not equals or not name:
            raise UsageError(f"--arg {pair}: expected name=value")
        field = model.model_fields.get(name)
        kinds = _kinds(field.annotation) if field else []
        if (item := next((kind for kind in kinds if get_origin(kind) in _LISTS), None)) is None:
            if name in arguments:
                raise UsageError(f"--arg {name} is given twice, and is no list")
            arguments[name] = _value(text, kinds)
            continue
        value = _value(text, [item])
        items = value if isinstance(value, list) else [_value(text, _kinds(get_args(item)[0]))]
        arguments[name] = [*arguments.get(name, []), *items]
    return arguments


_LISTS = (list, tuple, set, frozenset, Sequence)


def _kinds(annotation: Any) -> list[Any]:
    """The types that a value may be of."""
    if get_origin(annotation) is Annotated:
        return _kinds(get_args(annotation)[0])
    if get_origin(annotation) in (Union, UnionType):
        return [kind for one in get_args(annotation) for kind in _kinds(one)]
    return [annotation]


def _value(text: str, kinds: Sequence[Any]) -> Any:
    """What a text means where a value of these types is expected: a word of digits is a word."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return text
    is_text = str in kinds and not isinstance(value, str) and value is not None
    return text if is_text else value


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
    memory: float | None = None,
    fresh: bool = False,
    verbose: bool,
    heard: OnHeard = lambda _done, _all: None,
) -> list[ClipResult]:
    """Run `tool` on every clip, in parallel; folders stand for the audio files in them.

    `timeout` is what a call may take in s, `memory` what a worker may use in GiB.
    With `fresh` it is run whatever the store has, and what it finds is kept in place of that.
    `heard` is told whenever a clip is done.

    Raises:
        ToolError: the arguments do not fit, or something has to be installed first.
        UsageError: a folder without audio, or no such file.
    """

    async def everything() -> list[ClipResult]:
        toolbox = Toolbox(
            tools,
            store,
            sources=sources,
            workers=workers,
            timeout=timeout,
            memory=memory,
            fresh=fresh,
            verbose=verbose,
        )
        try:
            return await call_on_clips(toolbox, tool, arguments, clips, sources, heard)
        finally:
            await toolbox.close()

    return run_until_stopped(everything())


async def call_on_clips(
    toolbox: Toolbox,
    tool: Tool[Any],
    arguments: Mapping[str, Any],
    clips: Sequence[StrPath],
    sources: Sources,
    heard: OnHeard = lambda _done, _all: None,
) -> list[ClipResult]:
    """`run_tool` by a toolbox that is open, on its event loop.

    Raises:
        ToolError, UsageError: as `run_tool`.
    """
    tool.require()
    call = normal_call(tool, ToolCall(tool.name, arguments))
    paths = [path for clip in clips for path in expanded(Path(clip), sources)]

    done = 0

    async def one(path: Path) -> ClipResult:
        nonlocal done
        result = await on_clip(path)
        done += 1
        heard(done, len(paths))
        return result

    async def on_clip(path: Path) -> ClipResult:
        async with toolbox.session(path) as session:
            try:
                facts = await session.facts()
                result = (await session.run(facts, [call]))[call]
            except ClipError as error:
                return ClipResult(path, None, str(error), 0.0, cached=False)
        return ClipResult(
            path, result.finding, result.error, result.seconds, result.cached, facts.remark
        )

    return await asyncio.gather(*map(one, paths))


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
