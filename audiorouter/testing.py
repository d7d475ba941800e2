"""What every tool keeps to, as checks for its own tests: ours and plugins' are held to the same.

And what such tests need: clips, and tools that run as they run for users.

>>> from audiorouter.plugins import load_registry
>>> check_tool(load_registry(third_party=False).tools["loudness"])
"""

from __future__ import annotations

import asyncio
import copy
import inspect
import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from numpy.typing import ArrayLike
from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

from audiorouter.border.values import checked
from audiorouter.clips import NO_SOURCES, Clip
from audiorouter.errors import ToolError
from audiorouter.plugins import checks
from audiorouter.toolbox.interface import Finding, Tool
from audiorouter.toolbox.isolation import FinishedCall, IsolatedWorker
from audiorouter.toolbox.worker import CheckedFinding
from audiorouter.weights.catalogue import CATALOGUE

_RATE = 16_000


def make_clip(path: Path, samples: ArrayLike, rate: int = _RATE) -> Clip:
    """Write `samples` (float, `(samples,)` or `(channels, samples)`, -1…1) at `rate` Hz as a clip.

    The suffix of `path` says as what: `.wav` or `.flac`.

    >>> folder = Path(tempfile.mkdtemp())
    >>> make_clip(folder / "tone.wav", 0.3 * np.sin(np.arange(16_000) / 6)).duration
    1.0
    """
    soundfile.write(path, np.asarray(samples).T, rate)
    return Clip(path)


def run_as_worker(
    tool: Tool[Any],
    clip: Clip | Path,
    arguments: Mapping[str, Any] | None = None,
    *,
    seconds: float = 300.0,
) -> Finding:
    """What the tool finds as it does for users: in a process apart, which it is sent to and which
    loads it, without a network, within a time limit, and by way of JSON.

    >>> from audiorouter.plugins import load_registry
    >>> tool = load_registry(third_party=False).tools["loudness"]
    >>> run_as_worker(tool, Path("examples/clips/voicemail.flac")).measured    # doctest: +SKIP
    True

    Raises:
        ToolError: what the row of a batch would say.
    """

    async def work() -> FinishedCall:
        worker = IsolatedWorker(sources=NO_SOURCES, verbose=True)
        try:
            path = clip.path if isinstance(clip, Clip) else clip
            return await worker.run(tool, path, tool.normalised(arguments or {}), seconds)
        finally:
            await worker.close()

    found = asyncio.run(work())
    return Finding(json.loads(found.data), found.text, found.confidence)


def tools_of(plugin: object) -> list[Tool[Any]]:
    """The tools that a plugin's module registers, for a test that goes over all of them:
    `@pytest.mark.parametrize("tool", tools_of(my_plugin))`.

    Raises:
        AssertionError: it registers none.
        UsageError: one of them could not be registered.
    """
    tools: list[Tool[Any]] = []

    def register(tool: Tool[Any]) -> None:
        checks.check_tool(tool)
        tools.append(tool)

    hook = getattr(plugin, "register_tools", None)
    assert hook is not None, f"{plugin} has no `register_tools`"
    hook(register)
    assert tools, f"{plugin} registers no tool"
    return tools


def check_tool(tool: Tool[Any]) -> None:
    """Hold a tool to everything below; its models are loaded and run in this process.

    Raises:
        AssertionError: it does not keep to something; the message says what.
        UsageError: it could not be registered.
    """
    check_description(tool)
    check_key(tool)
    check_findings(tool)


def check_description(tool: Tool[Any]) -> None:
    """What lists, routers and readers need: it can be registered, says what it hears and by which
    method, and bears licences that are known.

    Raises:
        AssertionError, UsageError: as `check_tool`.
    """
    checks.check_tool(tool)
    assert tool.description.endswith("."), f"{tool.name}: write `description` in sentences"
    assert inspect.getdoc(type(tool)) != inspect.getdoc(Tool), (
        f"{tool.name}: its class needs a docstring that says how it hears, and after whom"
    )
    try:
        canonicalize_license_expression(tool.licence)
    except InvalidLicenseExpression:
        raise AssertionError(
            f"{tool.name}: `licence` {tool.licence!r} is no SPDX expression, such as Apache-2.0"
        ) from None
    assert all(tool.licences().values()), f"{tool.name}: weights without a licence"


def check_key(tool: Tool[Any]) -> None:
    """What is kept of a tool is found again for the same call, and for that one only: its key goes
    by the audio, the arguments, the version and the weights, and by no name of a file; by the
    file's bytes only where it says that it reads them.

    Raises:
        AssertionError: as `check_tool`.
    """
    with tempfile.TemporaryDirectory() as folder:
        clips = [
            _clip(Path(folder), name, 0.1 * np.sin(np.arange(8_000) * pitch))
            for name, pitch in (("one", 0.1), ("renamed", 0.1), ("another", 0.2))
        ]
        one, renamed, another = (tool.key(clip.audio_hash, {}) for clip in clips)
        named = tool.key(clips[0].audio_hash, {"argument": 1})
        of_a_file = tool.key(clips[0].audio_hash, {}, file_hash="of another file")
    assert one == renamed, f"{tool.name}: its key goes by the name of the file"
    assert one != another, f"{tool.name}: its key is the same for other audio"
    assert one != named, f"{tool.name}: its key is the same for other arguments"
    assert (one != of_a_file) == tool.reads_file, (
        f"{tool.name}: its key has to go by the file where `reads_file` is set, and there alone"
    )
    for attribute, value in (
        ("version", f"{tool.version}+1"),
        ("weights", (*tool.weights, next(w.name for w in CATALOGUE if w.name not in tool.weights))),
    ):
        changed = copy.copy(tool)
        vars(changed).pop("identity", None)  # it was taken before the change
        setattr(changed, attribute, value)
        assert changed.key(clips[0].audio_hash, {}) != one, (
            f"{tool.name}: its key does not go by its {attribute}"
        )


def check_findings(tool: Tool[Any]) -> None:
    """Silence, one sample, noise in stereo: on each it gives a finding that can be kept, or says by
    `ToolError` why it gives none; and the same twice.

    Raises:
        AssertionError: as `check_tool`; whatever else a tool raises comes through as it is.
    """
    noise = np.random.default_rng(0).normal(0, 0.1, (2, _RATE))
    tool.load()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for what, samples in (
            ("silence", np.zeros(2 * _RATE)),
            ("one sample", np.full(1, 0.5)),
            ("noise in stereo", noise),
        ):
            first, again = (_finding(tool, _clip(folder, what, samples)) for _ in range(2))
            assert first == again, f"{tool.name}: on {what} it finds something else the second time"


def _finding(tool: Tool[Any], clip: Clip) -> CheckedFinding | str:
    try:
        found = tool.hear(clip, tool.parse({}))
    except ToolError as error:
        return str(error)
    kept = checked(CheckedFinding, found, whose=tool.name, kind=ToolError)
    assert kept.text.strip(), f"{tool.name}: a finding without text"
    return kept


def _clip(folder: Path, name: str, samples: np.ndarray[Any, Any]) -> Clip:
    return make_clip(folder / f"{name}.wav", samples)
