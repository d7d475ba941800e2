"""Standard streams of real child processes: noisy plugins, readers that go, closed and full."""

import csv
import io
import json
import os
import pty
import shlex
import subprocess

import pytest
from commands import command, run_in
from plugin_snippets import SNIPPETS
from typer.testing import CliRunner

from audiorouter.cli.app import app
from audiorouter.store import Store

pytestmark = pytest.mark.slow

NOISE = """
import ctypes, os, subprocess, sys
from sys import stdout as kept

def noise():
    print("NOISE print")
    sys.stdout.write("NOISE write\\n")
    kept.write("NOISE kept\\n")
    os.write(1, b"NOISE descriptor\\n")
    ctypes.CDLL(None).printf(b"NOISE libc, in a buffer until the process ends\\n")
    subprocess.run(["echo", "NOISE child"])

noise()
"""
HOOKS = """
from audiorouter import hookimpl

@hookimpl
def prepare_request(request): noise()

@hookimpl
def judge_answer(question, answer): noise()

@hookimpl
def answered(row): noise()
"""
NOISY = {
    "hooks": NOISE + HOOKS,
    "reasoner": NOISE + SNIPPETS["register_providers"].replace(
        "    def answer(self, requests):\n", "    def answer(self, requests):\n        noise()\n"
    ),
    "router": NOISE + SNIPPETS["register_routers"].replace(
        "    def route(self, requests):\n", "    def route(self, requests):\n        noise()\n"
    ),
}  # fmt: skip


@pytest.fixture
def questions(tone, tmp_path):
    """A folder of one clip, and a file of two questions about it."""
    clip = tone("a.wav", seconds=0.5)
    path = tmp_path / "q.csv"
    path.write_text("audio,question,choices,answer\na.wav,Æ?,x|y,x\na.wav,B?,x|y,y\n", "utf-8")
    return clip.parent, path


@pytest.fixture
def batch(questions, tmp_path, use_plugins):
    """A batch of two questions that loads no model, as words of its command line."""
    plugins = tmp_path / "echo"
    plugins.mkdir()
    (plugins / "echo.py").write_text(SNIPPETS["register_providers"])
    use_plugins(plugins)
    return shlex.join(["batch", *map(str, questions), "--provider", "echo", "--router", "none"])


def shell(line: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a line of bash in which AUDIOROUTER stands for the command."""
    line = line.replace("AUDIOROUTER ", f"{shlex.join(command())} ")
    return subprocess.run(
        ["bash", "-c", line],
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        env={**os.environ, **environment},
    )


def test_noisy_plugins_leave_the_data_as_it_is(with_plugins, questions):
    environment = with_plugins(**NOISY)
    batch = ("batch", *questions, "--provider", "echo", "--router", "by-length")
    done = run_in(environment, *batch)
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert [row["prediction"] for row in rows] == ["x", "x"] and rows[0]["question"] == "Æ?"
    for kind in ("print", "write", "kept", "descriptor", "libc", "child"):
        assert f"NOISE {kind}" in done.stderr
    assert json.loads(run_in(environment, *batch, "--json").stdout)["answered"] == 2
    ask = ("ask", questions[0] / "a.wav", "Q?", "--provider", "echo", "--router", "by-length")
    assert json.loads(run_in(environment, *ask, "--json").stdout)["prediction"] == "Q?"
    for group in ("plugins", "providers", "routers"):
        assert json.loads(run_in(environment, group, "list", "--json").stdout)


def test_the_command_of_a_plugin_prints_as_it_likes(with_plugins):
    hello = SNIPPETS["register_commands"].replace(
        'print(f"hello {name}")',
        'print("hello", flush=True); import os; os.write(1, b"one\\n"); os.system("echo two")',
    )
    environment = with_plugins(command=hello)
    run_in(environment, "plugins", "list")
    assert run_in(environment, "hello").stdout == "hello\none\ntwo\n"


@pytest.fixture
def many_rows(own_store):
    """A store whose rows do not fit into a pipe."""
    with Store(own_store) as store:
        made = store.start_run(own_store, own_store, "{}")
        row = dict.fromkeys(["answer", "prediction", "correct", "clip", "route", "answer_key"])
        row |= {"question_id": "1", "audio": "a.wav", "question": "x" * 100, "error": None}
        store.save_rows(made, [{**row, "position": position} for position in range(5_000)])


@pytest.mark.parametrize(
    ("line", "lines"),
    [
        ("AUDIOROUTER store export run_rows | head -1", 1),
        ("AUDIOROUTER batch --help | true", 0),
        ("AUDIOROUTER --help | true", 0),
        ("AUDIOROUTER tools list --json | true", 0),
    ],
)
def test_a_reader_that_has_had_enough_is_no_error(many_rows, line, lines):
    done = shell(f"{line}; echo ${{PIPESTATUS[0]}}")
    assert done.stderr == ""
    assert done.stdout.count("\n") == lines + 1 and done.stdout.endswith("0\n")


def test_a_batch_whose_reader_is_gone_says_how_it_went(batch):
    done = shell(f"AUDIOROUTER {batch} | true; echo ${{PIPESTATUS[0]}}")
    assert done.stdout == "0\n"
    assert "2 of 2 questions answered" in done.stderr and "Error" not in done.stderr


@pytest.mark.parametrize("line", ["store path", "--help", "tools list", "batch --help"])
def test_a_stdout_that_takes_nothing_is_said(line):
    for stream, why in ((">&-", "it is closed"), (">/dev/full", "No space left on device")):
        done = shell(f"AUDIOROUTER {line} {stream}; echo $?")
        assert done.stdout == "2\n"
        assert done.stderr == f"audiorouter: stdout cannot be written: {why}\n"


def test_what_stderr_cannot_take_is_dropped_and_the_data_is_whole(batch, own_store):
    whole = shell(f"AUDIOROUTER {batch}").stdout
    assert whole.count("\n") == 3
    for stream in ("2>&-", "2>/dev/full", "<&- 2>&-"):
        done = shell(f"AUDIOROUTER {batch} {stream}; echo $?")
        found = [row["prediction"] for row in csv.DictReader(io.StringIO(done.stdout))][:2]
        assert found == [row["prediction"] for row in csv.DictReader(io.StringIO(whole))]
        assert done.stdout.endswith("\n0\n")
        assert shell(f"AUDIOROUTER store export nothing {stream}; echo $?").stdout == "2\n"
    # With all of them closed, the store must not get the number of one.
    answers = own_store.parent / "answers.jsonl"
    done = shell(f"AUDIOROUTER {batch} -o {answers} <&- >&- 2>&-; echo $? >{own_store}.code")
    assert own_store.with_name("store.db.code").read_text() == "0\n"
    assert len(answers.read_text("utf-8").splitlines()) == 2
    assert json.loads(shell("AUDIOROUTER store stats --json").stdout)["runs"] == 5


def test_a_full_disk_is_a_message_that_names_the_file(batch, tmp_path):
    for option, name in (("-o", "a.json"), ("--report", "a.html")):
        (tmp_path / name).symlink_to("/dev/full")
        done = shell(f"AUDIOROUTER {batch} {option} {tmp_path / name}; echo $?")
        assert done.stdout == "2\n"
        assert f"{tmp_path / name}: cannot be written (No space left on device)" in done.stderr
        assert "Traceback" not in done.stderr
    done = shell(f"AUDIOROUTER store backup {tmp_path / 'a.json'}; echo $?")
    assert done.stdout == "2\n" and str(tmp_path / "a.json") in done.stderr
    assert "Traceback" not in done.stderr


def test_text_goes_out_as_utf_8_and_what_a_terminal_cannot_show_is_escaped(batch):
    ascii_only = {"LC_ALL": "POSIX", "PYTHONIOENCODING": "ascii"}
    assert ",Æ?," in shell(f"AUDIOROUTER {batch}", **ascii_only).stdout
    parent, child = pty.openpty()
    with os.fdopen(child, "wb") as terminal:
        done = subprocess.run(
            command(*shlex.split(batch)),
            stdout=terminal, stderr=subprocess.PIPE, text=True, env={**os.environ, **ascii_only},
        )  # fmt: skip
    shown = os.read(parent, 100_000)
    assert done.returncode == 0 and b"\\xc6?" in shown and b"----" in shown
    assert "Error" not in done.stderr


def test_commands_work_where_stdout_is_captured(tmp_path, use_plugins, monkeypatch, capfd):
    (tmp_path / "chatty.py").write_text("print('NOISE')\n")
    use_plugins(tmp_path)
    monkeypatch.setenv("AUDIOROUTER_CACHE", str(tmp_path / "cache"))
    result = CliRunner().invoke(app, ["routers", "list", "--json"])
    assert result.exit_code == 0 and json.loads(result.stdout)
    for _ in range(2):
        app(["routers", "list", "--json"], standalone_mode=False)
        assert json.loads(capfd.readouterr().out)
    print("stdout is back")
    assert capfd.readouterr().out == "stdout is back\n"
