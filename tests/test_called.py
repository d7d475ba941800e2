"""Commands that the program tells people to type work as they stand."""

from __future__ import annotations

import shlex
import shutil
import sys
from pathlib import Path

import pytest
from commands import run, run_apart

from audiorouter.machine.called import python_to_type, to_type

BENCHMARK = """
from audiorouter import hookimpl
from audiorouter.benchmarks import Benchmark, Source
from audiorouter.scoring import AuthorsRule


@hookimpl
def register_benchmarks(register):
    register(
        Benchmark(
            name="mine:test", title="Mine", questions=None, size="one",
            paper="https://example.org/paper", licence="CC0", fetch=("mine.csv",),
            layout="mine.csv", prompt="as it is", rule=AuthorsRule.CHOICE,
            scorer="https://example.org/code", published="nowhere",
            sources=(Source(("mine.csv",), frozenset({"audio", "question"})),),
        )
    )
"""


def test_what_is_to_be_typed_begins_as_the_program_was_called(monkeypatch, tmp_path):
    program = tmp_path / "my bin" / "audiorouter"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent))
    for typed in ("audiorouter", str(program), "/somewhere/pytest"):
        monkeypatch.setattr(sys, "argv", [typed])
        assert to_type("runs", "list") == "audiorouter runs list"
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr(sys, "argv", [str(program)])
    assert shlex.split(to_type("runs", "list")) == [str(program), "runs", "list"]
    monkeypatch.setattr(sys, "argv", ["/site-packages/audiorouter/__main__.py"])
    assert to_type("runs", "list") == f"{shlex.quote(sys.executable)} -m audiorouter runs list"
    assert python_to_type("-m", "pytest") == f"{shlex.quote(sys.executable)} -m pytest"


@pytest.mark.slow
def test_options_before_the_command_are_typed_again(tmp_path):
    db, plugin = tmp_path / "my store.db", tmp_path / "mine.py"
    plugin.write_text(BENCHMARK)
    given = ["--db", db, "--plugin", plugin, "--licence", "commercial", "--settings", "none"]
    shown = run(*given, "benchmarks", "show", "mine:test").stdout
    *_, prepare, batch = map(shlex.split, shown.splitlines())
    again = ["audiorouter", *map(str, given)]
    assert prepare == [*again, "benchmarks", "prepare", "mine:test", "FOLDER"]
    assert batch == [*again, "batch", "FOLDER", "mine:test", "-o", "answers.json"]
    run("runs", "list")
    assert to_type("runs", "list") == "audiorouter runs list"  # of the later call


def test_a_profile_behind_the_command_is_typed_before_it(tmp_path, monkeypatch):
    (tmp_path / "audiorouter.toml").write_text('[profile.quick]\nrouter = "none"\n')
    (tmp_path / "questions.csv").write_text("question\nIs it loud?\n")
    monkeypatch.chdir(tmp_path)
    run("batch", ".", "questions.csv", "--profile", "quick", code=2)
    assert to_type("runs", "list") == "audiorouter --profile quick runs list"


@pytest.mark.slow
def test_what_a_new_plugin_project_says_is_next_can_be_typed(tmp_path):
    folder = tmp_path / "my tools" / "audiorouter-zcr"
    said = run_apart("--db", tmp_path / "a.db", "plugins", "new", folder).stderr.splitlines()
    install, use, test = (shlex.split(line) for line in said[-3:])
    assert install[-2:] == ["-e", str(folder)]
    assert use[-3:] == ["run", "zcr", "CLIP.wav"] and "--db" in use
    for command in (install, use, test):
        assert shutil.which(command[0]) is not None
        assert Path(shutil.which(command[0]) or "").absolute() == Path(sys.executable).absolute()
