"""A new plugin project: a working tool, a test and packaging, ready to be changed and published."""

from __future__ import annotations

import re
from pathlib import Path
from string import Template

from audiorouter.errors import UsageError
from audiorouter.machine.called import python_to_type, to_type
from audiorouter.machine.files import make_folder, write_file
from audiorouter.plugins.manager import load_registry

_FILES = {
    "pyproject.toml": """\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "$project"
version = "0.1.0"
description = "Tells how much of a clip is clipped: a tool for AudioRouter."
readme = "README.md"
requires-python = ">=3.11"
license = "Apache-2.0"
dependencies = ["audiorouter"]

[project.optional-dependencies]
test = ["pytest"]

[project.entry-points.audiorouter]
$plugin = "$module"

[tool.hatch.build.targets.wheel]
only-include = ["$module.py"]
""",
    "$module.py": '''\
"""Tells how much of a clip is clipped."""

from audiorouter import Clip, Domain, Finding, NoArguments, Tool, hookimpl

audiorouter_api = 1


class $tool_class(Tool[NoArguments]):
    """Counts samples at full scale."""

    name = "$tool"
    description = "Tells whether the recording is clipped (overdriven, distorted by its level)."
    examples = ("Is the recording distorted?", "Was the level too high?")
    version = "1"  # change it whenever the same audio may give another finding
    licence = "Apache-2.0"
    domain = Domain.SOUND
    Arguments = NoArguments

    def run(self, clip: Clip, arguments: NoArguments) -> Finding:
        """The share of samples at full scale."""
        audio, _rate = clip.samples  # float32 (channels, samples), Hz
        share = float((abs(audio) >= 0.999).mean())
        said = "is clipped" if share > 0.001 else "is not clipped"
        return Finding(
            {"clipped_share": share},
            f"The recording {said}: {share:.2%} of its samples are at full scale.",
        )


@hookimpl
def register_tools(register):
    """Called once, when the plugin is loaded."""
    register($tool_class())
''',
    "tests/test_$module.py": """\
import $module
import numpy as np
import pytest
from audiorouter.testing import check_tool, make_clip, run_as_worker, tools_of

TONE = np.sin(2 * np.pi * 440 * np.arange(16_000) / 16_000)


@pytest.mark.parametrize("tool", tools_of($module))
def test_it_keeps_what_every_tool_promises(tool):
    check_tool(tool)


@pytest.mark.parametrize(("gain", "said"), [(0.5, "is not clipped"), (5.0, "is clipped")])
def test_an_overdriven_tone_is_clipped(tmp_path, gain, said):
    clip = make_clip(tmp_path / "tone.wav", np.clip(gain * TONE, -1, 1))
    assert said in run_as_worker($module.$tool_class(), clip).text
""",
    "README.md": """\
# $project

A tool for AudioRouter: tells how much of a clip is clipped.

```sh
audiorouter plugins install -e .
audiorouter tools run $tool CLIP.wav
```
""",
}


def new_project(folder: Path) -> list[Path]:
    """Write a plugin project into a new folder, named by it; returns its files.

    Raises:
        UsageError: the folder is there and not empty or cannot be made, or its name makes no
            module's name, or is that of a tool that comes with AudioRouter.
    """
    if folder.is_file() or (folder.is_dir() and any(folder.iterdir())):
        raise UsageError(f"{folder} is there already, and not an empty folder")
    plugin = _plugin_name(folder)
    if not re.fullmatch(r"[a-z][a-z0-9_]*", plugin):
        raise UsageError(
            f"{folder.name}: a plugin's name begins with a letter and is made of a-z, 0-9 and -"
        )
    if plugin in load_registry(third_party=False).tools:
        raise UsageError(
            f"{folder.name}: a tool that comes with AudioRouter is called {plugin}, and would run "
            "in its place: choose another name"
        )
    names = {
        "plugin": plugin,
        "project": f"audiorouter-{plugin.replace('_', '-')}",
        "module": f"audiorouter_{plugin}",
        "tool": plugin,
        "tool_class": "".join(part.capitalize() for part in plugin.split("_")),
    }
    written = []
    for name, text in _FILES.items():
        path = folder / Template(name).substitute(names)
        make_folder(path.parent)
        write_file(path, Template(text).substitute(names))
        written.append(path)
    return written


def next_commands(folder: Path) -> list[str]:
    """What to type next in a new project: install it as it lies there, run its tool, its tests."""
    return [
        to_type("plugins", "install", "-e", folder),
        to_type("tools", "run", _plugin_name(folder), "CLIP.wav"),
        python_to_type("-m", "pytest", folder),
    ]


def _plugin_name(folder: Path) -> str:
    return folder.resolve().name.lower().removeprefix("audiorouter-").replace("-", "_")
