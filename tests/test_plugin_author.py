"""What somebody meets who writes a plugin: edit, run, and see the change."""

from __future__ import annotations

import json
import os
import re
import subprocess

import numpy as np
import pytest
from commands import command as command_line
from commands import run, run_in
from conftest import only_plugins
from plugin_snippets import GOOD, SNIPPETS

from audiorouter import Finding, ToolError
from audiorouter.border.values import checked
from audiorouter.machine.called import python_to_type
from audiorouter.testing import make_clip, run_as_worker, tools_of
from audiorouter.toolbox.worker import CheckedFinding

pytestmark = pytest.mark.slow

HELPER = GOOD.replace(
    "from audiorouter", "from words import GREETING\nfrom audiorouter", 1
).replace('"Hello."', "GREETING")
REFUSING = GOOD.replace(
    "        return",
    '        from audiorouter import ToolError\n        raise ToolError("not yet")\n#',
)


@pytest.fixture
def plugins_here(with_plugins, use_plugins, tmp_path):
    """Writes plugins for commands in this process, where nobody edits one between two commands."""

    def write(**sources):
        with_plugins(**sources)
        use_plugins(tmp_path / "plugins")

    return write


def heard(environment, tool, clip, *options, code=0):
    done = run_in(environment, "tools", "run", tool, clip, "--json", *options, code=code)
    (result,) = json.loads(done.stdout)
    return result


def test_an_edited_tool_gives_its_new_finding_without_another_version(with_plugins, tone):
    clip = tone()
    environment = with_plugins(hello=GOOD)
    assert heard(environment, "hello", clip)["text"] == "Hello."
    assert heard(environment, "hello", clip)["cached"]
    environment = with_plugins(hello=GOOD.replace('"Hello."', '"Good evening."'))
    edited = heard(environment, "hello", clip)
    assert (edited["text"], edited["cached"]) == ("Good evening.", False)
    # Put back as it was, what was found then is good again.
    again = heard(with_plugins(hello=GOOD), "hello", clip)
    assert (again["text"], again["cached"]) == ("Hello.", True)


def test_what_a_tool_imports_from_beside_it_counts_as_well(with_plugins, tone, tmp_path):
    clip, words = tone(), tmp_path / "plugins" / "words.py"
    environment = with_plugins(hello=HELPER) | {"AUDIOROUTER_PLUGINS": "hello"}
    for greeting in ("Hello.", "Hi."):
        words.write_text(f"GREETING = {greeting!r}\n")
        assert heard(environment, "hello", clip)["text"] == greeting
    (tmp_path / "plugins" / "other.py").write_text("x = 1\n")  # nobody imports it
    assert heard(environment, "hello", clip)["cached"]


def test_a_mended_refusal_is_no_longer_kept(with_plugins, tone):
    clip = tone()
    assert "not yet" in heard(with_plugins(hello=REFUSING), "hello", clip, code=1)["error"]
    assert heard(with_plugins(hello=GOOD), "hello", clip)["text"] == "Hello."


OUTSIDE = """
import os
from pathlib import Path
from audiorouter import (
    Answer, Domain, Finding, NoArguments, NoOptions, Provider, Reasoner, Tool, hookimpl
)

def said():
    return Path(os.environ["SAID"]).read_text()

class Outside(Tool[NoArguments]):
    name = "outside"
    description = "Says what somebody wrote."
    version = "1"
    licence = "MIT"
    domain = Domain.SOUND
    Arguments = NoArguments

    def run(self, clip, arguments):
        return Finding({}, said())

class Echo(Reasoner):
    name = identity = "echo"

    def answer(self, requests):
        return [Answer(f"{r.findings[0].text} and {said()}") for r in requests]

class EchoProvider(Provider[NoOptions]):
    name = "echo"
    description = "Says what somebody wrote."
    Options = NoOptions

    def open(self, model, options):
        return Echo()

@hookimpl
def register_tools(register):
    register(Outside())

@hookimpl
def register_providers(register):
    register(EchoProvider())
"""


def test_fresh_computes_anew_and_keeps_that(plugins_here, monkeypatch, tone, tmp_path):
    clip, text, questions = tone(), tmp_path / "said.txt", tmp_path / "q.csv"
    plugins_here(outside=OUTSIDE)
    monkeypatch.setenv("SAID", str(text))
    questions.write_text("audio,question\ntone.wav,What?\n")
    by = ("--provider", "echo", "--router", "tools:outside")

    def told(*options):
        asked = json.loads(run("ask", clip, "What?", *by, "--json", *options).stdout)
        done = run("batch", clip.parent, questions, *by, *options)
        assert asked["prediction"] in done.stdout
        (result,) = json.loads(run("tools", "run", "outside", clip, "--json", *options).stdout)
        return result["text"], asked["prediction"]

    text.write_text("one")
    assert told() == ("one", "one and one")
    text.write_text("two")
    assert told() == ("one", "one and one")
    assert told("--fresh") == ("two", "two and two")
    assert told() == ("two", "two and two")
    planned = run("batch", clip.parent, questions, *by, "--plan", "--json", "--fresh")
    assert json.loads(planned.stdout)["answers"] == 1


def test_a_fresh_batch_computes_nothing_twice(plugins_here, monkeypatch, tone, tmp_path):
    clip = tone()
    (tmp_path / "said.txt").write_text("one")
    plugins_here(outside=OUTSIDE)
    monkeypatch.setenv("SAID", str(tmp_path / "said.txt"))
    (tmp_path / "copy.wav").write_bytes(clip.read_bytes())
    clip.rename(clip.with_name("a.wav")), (tmp_path / "copy.wav").rename(clip.with_name("b.wav"))
    (tmp_path / "q.csv").write_text("audio,question\na.wav,What?\nb.wav,What?\na.wav,Who?\n")
    by = ("--provider", "echo", "--router", "tools:outside", "--fresh", "--json")
    for _ in range(2):
        done = run("batch", clip.parent, tmp_path / "q.csv", *by)
        summary = json.loads(done.stdout)
        assert (summary["tool_calls"], summary["answers"]) == (1, 2)


RAISING = GOOD.replace(
    "        return",
    "        return self.count(clip)\n\n    def count(self, clip):\n        return int('x') #",
)
RAISING_ROUTER = """
from audiorouter import Router, RouterFactory, hookimpl

class Lost(Router):
    name = identity = "lost"

    def route(self, requests):
        return [self.where for _ in requests]

class LostFactory(RouterFactory):
    name = "lost"
    description = "finds nothing"

    def open(self, argument, tools):
        return Lost()

@hookimpl
def register_routers(register):
    register(LostFactory())
"""


def test_an_exception_says_where_it_was_raised(with_plugins, tone):
    environment = with_plugins(hello=RAISING, lost=RAISING_ROUTER)
    clip = tone()
    line = 1 + RAISING.splitlines().index(next(x for x in RAISING.splitlines() if "int('x')" in x))
    error = heard(environment, "hello", clip, code=1)["error"]
    assert error.startswith("hello: ValueError: invalid literal")
    assert error.endswith(f"(hello.py, line {line})")
    asked = run_in(environment, "ask", clip, "What?", "--router", "lost", code=1)
    assert "'Lost' object has no attribute 'where' (lost.py, line 8)" in asked.stderr


def test_the_traceback_is_shown_on_demand(with_plugins, tone):
    environment = with_plugins(hello=RAISING, lost=RAISING_ROUTER)
    for command, method in (
        (("tools", "run", "hello", tone()), "in count"),
        (("ask", tone(), "What?", "--router", "lost"), "in route"),
    ):
        quiet, loud = (
            subprocess.run(
                command_line(*flags, *command), env=environment, capture_output=True, text=True
            ).stderr
            for flags in ((), ("-v",))
        )
        assert "Traceback" not in quiet and method not in quiet
        assert "Traceback" in loud and method in loud


def test_a_single_file_is_a_plugin(tone, tmp_path):
    environment = os.environ | only_plugins()
    (tmp_path / "elsewhere").mkdir()
    file = tmp_path / "elsewhere" / "hello_file.py"
    file.write_text(f"{GOOD}\n{SNIPPETS['register_commands']}")
    clip = tone()
    for options in ((), ("--no-plugins",)):
        run = (*options, "--plugin", file, "tools", "run", "hello", clip)
        assert "Hello." in run_in(environment, *run).stdout
    assert "hello you" in run_in(environment, "--plugin", file, "hello").stdout
    assert "no tool" in run_in(environment, "tools", "run", "hello", clip, code=2).stderr
    missing = run_in(environment, "--plugin", tmp_path / "no.py", "tools", "list", code=2)
    assert "no.py: there is no such file" in missing.stderr
    # Named twice, it is loaded once.
    both = environment | only_plugins(file.parent)
    assert run_in(both, "--plugin", file, "tools", "list").stderr == ""


def test_a_file_that_is_called_like_another_module_is_not_taken_for_that(with_plugins):
    done = run_in(with_plugins(calendar=GOOD), "tools", "list")
    assert "another module is called calendar" in done.stderr and "hello" not in done.stdout


@pytest.mark.parametrize(
    ("data", "kept"),
    [
        ("{'a': np.float32(0.5), 'b': [np.int64(3)], 'c': np.bool_(True)}",
         {"a": 0.5, "b": [3], "c": True}),
        ("{'a': np.float32('nan')}", "NaN"),
        ("{'a': {'b': np.zeros(2)}}", "`a.b` is ndarray: write .tolist()"),
        ("{'a': [1, {2}]}", "`a[1]` is set: write sorted(…)"),
        ("{'a': {np.int64(3): 1}}", "the name 3 in `a` is int64: write str(…)"),
        ("{'a': map(str, [1])}", "`a` is map: write list(…)"),
        ("{'a': {1: 1, 'b': 2}}", "names are of several types"),
    ],
)  # fmt: skip
def test_numbers_of_numpy_are_kept_and_what_is_no_json_says_the_way_out(data, kept):
    namespace = {}
    exec(f"import numpy as np\ndata = {data}", namespace)
    if isinstance(kept, str):
        with pytest.raises(ToolError, match=re.escape(kept)):
            checked(CheckedFinding, Finding(namespace["data"], "x"), whose="it", kind=ToolError)
    else:
        finding = Finding(namespace["data"], "x", confidence=np.float32(0.5))
        found = checked(CheckedFinding, finding, whose="it", kind=ToolError)
        assert (json.loads(found.data), found.confidence) == (kept, 0.5)


def test_a_new_project_says_what_to_type_next(tmp_path):
    done = run("plugins", "new", tmp_path / "audiorouter-zcr")
    assert [line.strip() for line in done.stderr.splitlines()] == [
        "audiorouter: next:",
        f"audiorouter plugins install -e {tmp_path}/audiorouter-zcr",
        "audiorouter tools run zcr CLIP.wav",
        python_to_type("-m", "pytest", f"{tmp_path}/audiorouter-zcr"),
    ]


def test_a_tool_runs_in_a_test_as_it_runs_for_users(tmp_path, monkeypatch):
    (tmp_path / "tested.py").write_text(GOOD + "\nclass Bad(Hello):\n    run = None\n")
    monkeypatch.syspath_prepend(tmp_path)
    import tested

    clip = make_clip(tmp_path / "two.flac", np.zeros((2, 8_000)), 8_000)
    assert clip.samples.audio.shape == (2, 8_000) and clip.duration == 1.0
    (tool,) = tools_of(tested)
    found = run_as_worker(tool, clip)
    assert (found.text, dict(found.data)) == ("Hello.", {"duration_s": 1.0})
    with pytest.raises(ToolError, match="hello: TypeError"):
        run_as_worker(tested.Bad(), clip)
    with pytest.raises(ToolError, match="start"):
        run_as_worker(tool, clip, {"start": 1})
    with pytest.raises(AssertionError, match="register_tools"):
        tools_of(json)


def test_a_worker_does_not_run_what_was_edited_since(tmp_path, monkeypatch):
    file = tmp_path / "edited.py"
    file.write_text(GOOD)
    monkeypatch.syspath_prepend(tmp_path)
    import edited

    clip = make_clip(tmp_path / "tone.wav", np.zeros(8_000))
    (tool,) = tools_of(edited)
    assert run_as_worker(tool, clip).text == "Hello."
    file.write_text(GOOD.replace('"Hello."', '"Good evening."'))
    with pytest.raises(ToolError, match="its source was changed since it was loaded"):
        run_as_worker(tool, clip)


@pytest.mark.parametrize("name", ["tempo", "audiorouter-tempo"])
def test_a_new_project_is_not_called_as_a_tool_of_ours(tmp_path, name):
    refused = run("plugins", "new", tmp_path / name, code=2)
    assert "a tool that comes with AudioRouter is called tempo" in refused.stderr
    assert not (tmp_path / name).exists()
