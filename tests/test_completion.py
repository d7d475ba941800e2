"""What shells complete: names of everything, at once, and never an error."""

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from commands import command, run, run_apart

from audiorouter.batch.past.past_runs import LAST
from audiorouter.store import Store


def asked(line, shell="bash"):
    """What a shell is told that asks how `line` may go on."""
    return told(run(**question(line, shell)), shell)


def asked_apart(line, shell="bash", **environment):
    """The same of a process of its own, where what else it may say or import is at stake."""
    done = subprocess.run(
        command(), capture_output=True, encoding="utf-8", timeout=60,
        env=os.environ | question(line, shell) | {k: str(v) for k, v in environment.items()},
    )  # fmt: skip
    return told(done, shell)


def question(line, shell):
    """The variables by which a shell asks."""
    return {
        "COMP_WORDS": line,
        "COMP_CWORD": str(len(line.split(" ")) - 1),
        "_TYPER_COMPLETE_ARGS": line,
        "_TYPER_COMPLETE_FISH_ACTION": "get-args",
        "_AUDIOROUTER_COMPLETE": f"complete_{shell}",
    }


def told(done, shell):
    assert done.stderr == ""
    return done.stdout.split("\n")[:-1] if shell == "bash" else done.stdout


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("audiorouter bat", ["batch"]),
        ("audiorouter batch --rout", ["--router"]),
        ("audiorouter batch a b --router ru", ["rules"]),
        ("audiorouter ask a b --provider casc", ["cascade"]),
        ("audiorouter tools show find_w", ["find_word"]),
        ("audiorouter evaluate q --tools tempo,find_w", ["tempo,find_word"]),
        ("audiorouter models pull yam", ["yamnet"]),
        ("audiorouter keys set open", ["openai", "openrouter"]),
    ],
)
def test_commands_options_and_names_are_completed(line, expected):
    assert sorted(asked(line)) == expected


def test_zsh_and_fish_are_told_in_their_own_forms():
    assert '"find_word"' in asked("audiorouter tools show find_w", "zsh")
    assert asked("audiorouter tools show find_w", "fish").split() == ["find_word"]


def test_runs_are_completed_and_no_store_is_made_for_it(own_store, tmp_path):
    assert asked("audiorouter runs show ") == [""]
    assert not own_store.exists()
    with Store(own_store) as store:
        store.start_run(tmp_path / "q.csv", tmp_path, json.dumps({}))
    assert asked("audiorouter runs show ") == [LAST, "1"]


def test_profiles_are_completed_from_the_file_that_would_be_used(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "audiorouter.toml"
    path.write_text('[profile.server]\nworkers = 1\n[profile."$(touch pwned)"]\nworkers = 1\n')
    assert asked("audiorouter --profile ") == ["server"]
    assert "touch" not in asked("audiorouter --profile ", "zsh")
    path.write_text("[profile.server]\nworkers = no")
    assert asked("audiorouter --profile ") == [""]


@pytest.mark.slow
def test_plugins_offer_their_names_without_being_run(with_plugins, tmp_path):
    source = """
import os, sys
print("noise")
print("noise", file=sys.stderr)
os.write(1, b"noise")
open({trace!r}, "a").write("imported")

from audiorouter import hookimpl
from audiorouter.routing.interface import RouterFactory

class Factory(RouterFactory):
    name = "rulesome"
    description = "By a plugin."

    def open(self, argument, tools):
        raise NotImplementedError

@hookimpl
def register_routers(register):
    register(Factory())
"""
    trace = tmp_path / "trace"
    environment = with_plugins(loud=source.format(trace=str(trace)))
    environment = {
        name: value for name, value in environment.items() if name.startswith("AUDIOROUTER_")
    }
    before = asked_apart("audiorouter batch a b --router ru", **environment)
    assert before == ["rules"] and not trace.exists()
    run_apart("routers", "list", **environment)
    trace.unlink()
    known = asked_apart("audiorouter batch a b --router ru", **environment)
    assert known == ["rules", "rulesome"] and not trace.exists()


@pytest.mark.slow
def test_commands_of_plugins_are_completed_without_running_them(with_plugins, tmp_path):
    trace = tmp_path / "trace"
    source = f"""
open({str(trace)!r}, "a").write("imported")
from audiorouter import hookimpl

@hookimpl
def register_commands(app):
    @app.command("zither")
    def zither(loud: bool = False):
        "Play."
"""
    typed = tmp_path / "typed.py"
    typed.write_text(source)
    for line in ("zit", "zither --", "tools "):
        asked_apart(f"audiorouter --plugin {typed} {line}")
        assert not trace.exists()
    assert asked_apart(f"audiorouter --plugin {typed} zit") == [""]

    environment = with_plugins(plays=source)
    environment = {n: value for n, value in environment.items() if n.startswith("AUDIOROUTER_")}
    run_apart("plugins", "list", **environment)
    trace.unlink(missing_ok=True)
    assert asked_apart("audiorouter zit", **environment) == ["zither"]
    asked_apart("audiorouter zither --", **environment)
    assert not trace.exists()


@pytest.mark.slow
@pytest.mark.parametrize(
    "line", ["audiorouter runs show ", "audiorouter runs show las", "audiorouter ask 'unclosed "]
)
def test_what_is_wrong_completes_nothing_and_says_nothing(own_store, line):
    own_store.parent.mkdir(parents=True, exist_ok=True)
    own_store.write_text("no database")
    assert asked_apart(line, AUDIOROUTER_CONFIG="/dev/null/x") == [""]


NAMED_SHELL = {"_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"}
"""The shell is an argument then, since these tests may run below any."""


@pytest.mark.slow
def test_bash_takes_what_is_printed_for_it(tmp_path):
    shown = run("--show-completion", "bash", **NAMED_SHELL)
    script = tmp_path / "complete.sh"
    script.write_text(shown.stdout)
    program = tmp_path / "audiorouter"
    program.write_text(f'#!/bin/sh\nexec {shlex.join(command())} "$@"\n')
    program.chmod(0o755)
    ask = (
        f"source {shlex.quote(str(script))}\n"
        "COMP_WORDS=(audiorouter tools show find_w) COMP_CWORD=3\n"
        f"_audiorouter_completion {shlex.quote(str(program))}\n"
        'printf "%s\\n" "${COMPREPLY[@]}"; complete -p audiorouter'
    )
    done = subprocess.run(["bash", "--norc", "-c", ask], capture_output=True, encoding="utf-8")
    assert done.stderr == ""
    assert done.stdout.splitlines()[0] == "find_word"
    assert "-F _audiorouter_completion audiorouter" in done.stdout


@pytest.mark.slow
def test_completing_names_imports_nothing_heavy():
    code = (
        "import sys; sys.argv = ['audiorouter']\n"
        "from audiorouter.cli.app import app\n"
        "try: app(prog_name='audiorouter')\nexcept SystemExit: pass\n"
        "heavy = {'torch', 'transformers', 'numpy', 'onnxruntime', 'madmom'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    for line in ("audiorouter batch a b --router r", "audiorouter tools show t"):
        variables = {
            "_AUDIOROUTER_COMPLETE": "complete_bash", "COMP_WORDS": line,
            "COMP_CWORD": str(len(line.split()) - 1),
        }  # fmt: skip
        subprocess.run(
            [sys.executable, "-c", code], check=True, capture_output=True,
            env=os.environ | variables,
        )  # fmt: skip


def test_installing_it_writes_to_the_home_of_the_user(tmp_path):
    run("--install-completion", "bash", HOME=tmp_path, **NAMED_SHELL)
    assert any(Path(tmp_path).rglob("*audiorouter*"))
