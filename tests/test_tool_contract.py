"""One contract for every tool: ours, those that stand in for them, and those of plugins."""

import importlib

import pytest
from conftest import EXAMPLES
from plugin_snippets import ONE_FILE

from audiorouter import Finding, NoArguments, Tool
from audiorouter.plugins import load_registry
from audiorouter.plugins.scaffold import new_project
from audiorouter.testing import (
    check_description,
    check_findings,
    check_key,
    check_tool,
    tools_of,
)
from audiorouter.toolbox import Domain

REGISTRY = load_registry(third_party=False)
OURS = [*REGISTRY.tools.values(), *REGISTRY.stand_ins.values()]
CHECKS = [
    check_description,
    check_key,
    pytest.param(check_findings, marks=[pytest.mark.slow, pytest.mark.weights]),
]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("tool", OURS, ids=lambda tool: f"{tool.name} {type(tool).__name__}")
def test_our_tools_keep_the_contract(tool, check):
    check(tool)


def test_a_changed_file_of_weights_is_another_key(monkeypatch):
    tool = type(REGISTRY.tools["sound_tags"])()
    before = tool.key("clip", {})
    monkeypatch.setattr("audiorouter.toolbox.interface.fingerprint", lambda name: f"{name}@other")
    assert type(tool)().key("clip", {}) != before


@pytest.mark.slow
@pytest.mark.parametrize("which", ["one file", "scaffold", "example"])
def test_tools_of_plugins_keep_the_contract(which, tmp_path, monkeypatch):
    if which == "one file":
        module = tmp_path / "zcr.py"
        module.write_text(ONE_FILE)
    elif which == "scaffold":
        new_project(tmp_path / "audiorouter-clipping")
        module = tmp_path / "audiorouter-clipping" / "audiorouter_clipping.py"
    else:
        folder = EXAMPLES / "plugins" / "audiorouter-dnsmos"
        module = folder / "audiorouter_dnsmos.py"
    # By its name, since tools travel to workers as their class.
    monkeypatch.syspath_prepend(module.parent)
    for tool in tools_of(importlib.import_module(module.stem)):
        (check_tool if tool.missing() is None else check_description)(tool)


class Honest(Tool[NoArguments]):
    """Keeps to everything; those below break one thing each."""

    name, description, version = "honest", "Hears nothing.", "1"
    licence, domain, Arguments = "MIT", Domain.SOUND, NoArguments

    def run(self, clip, arguments):
        return Finding({}, "Nothing.")


class Mumbling(Honest):
    """Its description is no sentence."""

    description = "hears nothing"


class Unexplained(Honest):
    __doc__ = Tool.__doc__


class Licensed(Honest):
    """Under a licence that nobody knows."""

    licence = "free as in beer"


class Unlisted(Honest):
    """Without a version."""

    version = ""


class Versionless(Honest):
    """Its key stays the same, whatever its version."""

    def key(self, audio_hash, arguments, *, file_hash=None):
        return f"{audio_hash} {arguments}"


class Deaf(Honest):
    """Its key stays the same, whatever it hears."""

    def key(self, audio_hash, arguments, *, file_hash=None):
        return f"{self.version} {arguments}"


class Stubborn(Honest):
    """Its key stays the same, whatever it is asked for."""

    def key(self, audio_hash, arguments, *, file_hash=None):
        return f"{audio_hash} {self.version}"


class Curious(Honest):
    """Its key goes by the file, though it does not say that it reads it."""

    def key(self, audio_hash, arguments, *, file_hash=None):
        return super().key(audio_hash, {**arguments, "file": file_hash})


class Counting(Honest):
    """Finds something else each time."""

    calls = 0

    def run(self, clip, arguments):
        self.calls += 1
        return Finding({"calls": self.calls}, "Called again.")


class Silent(Honest):
    """Says nothing."""

    def run(self, clip, arguments):
        return Finding({}, " ")


@pytest.mark.parametrize(
    ("kind", "complaint"),
    [
        (Mumbling, "in sentences"),
        (Unexplained, "needs a docstring"),
        (Licensed, "'free as in beer' is no SPDX expression"),
        (Unlisted, "`version`"),
        (Versionless, "does not go by its version"),
        (Deaf, "the same for other audio"),
        (Stubborn, "the same for other arguments"),
        (Curious, "where `reads_file` is set, and there alone"),
        (Counting, "on silence it finds something else the second time"),
        (Silent, "a finding without text"),
    ],
)
def test_a_tool_that_breaks_it_is_told_how(kind, complaint):
    check_tool(Honest())
    with pytest.raises(Exception, match=complaint):
        check_tool(kind())
