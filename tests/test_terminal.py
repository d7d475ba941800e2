"""What a terminal obeys is shown on it and not sent, wherever the text comes from."""

import contextlib
import io
import json
import logging
import os
import pty
import subprocess
import sys
import threading
import time

import pytest
from commands import command, run_in
from plugin_snippets import SNIPPETS

from audiorouter.batch.activity import Activity
from audiorouter.batch.progress import BarProgress
from audiorouter.cli.output import print_records
from audiorouter.cli.table import Column, Kind, Screen, Table, aligned, fitted
from audiorouter.machine.shown_text import ShownText, as_it_is

TITLE, CLEAR, CSI, TURNED = "\x1b]0;owned\x07", "\x1b[2J", "\x9b31m", "\u202egnp."
HOSTILE = (TITLE, CLEAR, CSI, TURNED)
SHOWN = (r"\x1b]0;owned\x07", r"\x1b[2J", r"\x9b31m", r"\u202egnp.")


@pytest.fixture
def asked(tone, tmp_path, use_plugins):
    """A batch whose ids, clips, questions, choices and errors hold what terminals obey."""
    clip = tone(f"a{CLEAR}.wav", seconds=0.5)
    rows = [
        {"id": TITLE, "audio": clip.name, "question": f"Which{CSI}?", "choices": [TURNED, "y"]},
        {"id": f"b{TITLE}\nforged", "audio": f"{CLEAR}gone{CSI}.wav", "question": TURNED},
    ]
    questions = tmp_path / "q.jsonl"
    questions.write_text("".join(f"{json.dumps(row)}\n" for row in rows), "utf-8")
    plugins = tmp_path / "echo"
    plugins.mkdir()
    (plugins / "echo.py").write_text(SNIPPETS["register_providers"])
    use_plugins(plugins)
    return ["batch", str(clip.parent), str(questions), "--provider", "echo", "--router", "none"]


def on_a_terminal(*words: str, **environment: str) -> str:
    """Everything that a command sends to a terminal of 250 columns."""
    parent, child = pty.openpty()
    received: list[bytes] = []

    def read() -> None:
        while True:
            try:
                received.append(os.read(parent, 100_000))
            except OSError:  # the other end is closed
                return

    reader = threading.Thread(target=read)
    reader.start()
    environment = {**os.environ, "COLUMNS": "250", "TERM": "xterm", **environment}
    subprocess.run(command(*words), stdin=child, stdout=child, stderr=child, env=environment)
    os.close(child)
    reader.join()
    os.close(parent)
    return b"".join(received).decode()


@pytest.mark.slow
def test_a_batch_shows_what_a_terminal_would_obey(asked):
    sent = on_a_terminal(*asked)
    assert not [one for one in HOSTILE if one in sent]
    assert not [one for one in SHOWN if one not in sent]
    assert "\x1b[" in sent  # the bar is drawn
    for words in (["batch", f"/nowhere{CLEAR}", "q.csv"], ["tools", "show", f"no{CLEAR}"]):
        refused = on_a_terminal(*words)
        assert SHOWN[1] in refused and CLEAR not in refused
    assert SHOWN[1] in on_a_terminal(f"--no{CLEAR}")


@pytest.mark.slow
def test_data_in_a_pipe_is_as_it_is_and_stderr_shows(asked):
    done = run_in(os.environ, *asked, code=1)
    assert TURNED in done.stdout and CLEAR in done.stdout
    assert not [one for one in HOSTILE if one in done.stderr] and SHOWN[0] in done.stderr
    assert "forged" in done.stderr and "\nforged" not in done.stderr
    printed = run_in(os.environ, *asked, "--json", code=1).stdout
    assert any(TITLE in line for line in json.loads(printed)["failures"])
    exported = run_in(os.environ, "store", "export", "run_rows").stdout
    assert CSI not in exported and "\x1b" not in exported
    kept = [" ".join(map(str, json.loads(line).values())) for line in exported.splitlines()]
    assert any(CLEAR in line for line in kept)


@pytest.mark.slow
def test_the_command_of_a_plugin_draws_as_it_likes(with_plugins):
    greeting = 'print(f"hello {name}")'
    colours = 'import typer as t; t.secho("green", fg="green"); t.secho("red", fg="red", err=True)'
    source = SNIPPETS["register_commands"].replace(greeting, colours)
    environment = with_plugins(command=source)
    run_in(environment, "plugins", "list")
    sent = on_a_terminal("hello", **environment)
    assert "\x1b[32mgreen" in sent and "\x1b[31mred" in sent


def test_tables_are_shown_and_their_columns_fit(capsys):
    table = Table([Column("a", Kind.NAME), Column("b")], [[TITLE, "x"], ["y", CSI]])
    for drawn in (aligned(table), fitted(table, Screen(80, colours=True))):
        *_, third, fourth = drawn.split("\n")
        assert third == f"{SHOWN[0]}  x" and fourth.split() == ["y", SHOWN[2]]
    records = [{"name": f"{TITLE}\x9b", "n": 1}]
    print_records(records, [Column("name")], as_json=False)
    assert capsys.readouterr().out == f"name\n{SHOWN[0]}\\x9b\n"
    print_records(records, [], as_json=True)
    printed = capsys.readouterr().out
    assert "\x9b" not in printed and json.loads(printed)[0]["name"] == f"{TITLE}\x9b"


@pytest.fixture
def stream():
    """A stream that shows, over bytes."""
    return ShownText(io.BufferedWriter(io.BytesIO()), "utf-8")


def sent(stream: ShownText) -> str:
    stream.flush()
    return stream.buffer.raw.getvalue().decode()


def test_bars_of_others_are_drawn(stream):
    from rich.console import Console
    from tqdm import tqdm

    with tqdm(total=2, file=stream, ascii=True, position=1, desc=f"of {TITLE}") as bar:
        bar.update(2)
    assert "\r" in sent(stream) and "\x1b[A" in sent(stream) and r"\x0d" not in sent(stream)
    assert SHOWN[0] in sent(stream) and TITLE not in sent(stream)
    Console(file=stream, force_terminal=True).print("[red]drawn[/red]")
    assert "\x1b[31mdrawn" in sent(stream)
    as_it_is(stream).write(CLEAR)
    assert CLEAR in sent(stream)


def test_the_end_of_colours_is_sent(stream):
    stream.write("\x1b[0m")  # as colorama does at exit, which comes with numba
    stream.write("a\x1b[0mb\n")
    assert sent(stream) == "\x1b[0ma\\x1b[0mb\n"


def test_what_is_printed_above_our_bar_is_shown(monkeypatch, stream):
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setenv("FORCE_COLOR", "1")
    with BarProgress(Activity(2, preparing=f"reading {CLEAR}")):
        print(f"said {TITLE}", file=sys.stderr)
    assert sys.stderr is stream
    assert SHOWN[1] in sent(stream) and CLEAR not in sent(stream)
    assert SHOWN[0] in sent(stream) and TITLE not in sent(stream)


def test_logs_that_began_below_a_bar_go_on_after_it(monkeypatch, stream):
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setenv("FORCE_COLOR", "1")
    with BarProgress(Activity(0, preparing="starting")):
        handler = logging.StreamHandler()
    later = io.StringIO()
    with contextlib.redirect_stderr(later):
        handler.emit(logging.makeLogRecord({"msg": "x" * 200}))
    assert later.getvalue() == f"{'x' * 200}\n"  # as it is: not in lines of the terminal's width
    monkeypatch.setattr(sys, "stderr", handler.stream)
    handler.emit(logging.makeLogRecord({"msg": "last"}))
    assert sent(stream).endswith("last\n")


@pytest.mark.slow
def test_our_bar_is_drawn_and_not_shown(monkeypatch, stream):
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setenv("FORCE_COLOR", "1")
    with BarProgress(Activity(2)):
        time.sleep(0.5)  # several frames, each over the last one
    assert "answering" in sent(stream) and "\x1b[" in sent(stream)
    assert "\\x1b" not in sent(stream)
