"""SIGKILL at random moments, and Ctrl-C: nothing finished is lost or computed twice."""

import json
import random
import shutil
import signal
import sqlite3
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile
from commands import command
from stops import wait_until

from audiorouter.toolbox.process import MARK

pytestmark = [pytest.mark.slow, pytest.mark.weights]

KILLS = 10
CLIPS, TOOLS, QUESTIONS = 20, ("silences", "loudness", "noise", "repetition"), 3
FINISHED = CLIPS * (len(TOOLS) + QUESTIONS)
"""What the store holds when all is done: calls and answers."""
OPTIONS = (
    *("--router", f"tools:{','.join(TOOLS)}", "--provider", "hostile:steady", "--workers", "2"),
)
"""Real tools that load no model; the reasoner takes no time: at stake is what is kept of it."""


@pytest.fixture
def work(tmp_path, use_plugins):
    """Clips with three questions each: enough to be killed in the middle of."""
    use_plugins(Path(__file__).parent / "hostile")
    clips = tmp_path / "work"
    clips.mkdir()
    rng = np.random.default_rng(0)
    for number in range(CLIPS):
        wave = 0.2 * np.sin(np.arange(48_000) * 0.05 * (number + 1)) + rng.normal(0, 0.01, 48_000)
        soundfile.write(clips / f"{number}.wav", wave, 16_000)
    questions = tmp_path / "q.csv"
    rows = ["question,choices,answer", "What is it?,a tone|a dog,A", "How loud?,soft|loud,A"]
    questions.write_text("\n".join([*rows, "How high?,low|high,A"]))
    return clips, questions


def finished(path: Path) -> dict[str, tuple]:
    """Everything that the store holds, by key, with the row it was written in."""
    if not path.exists():
        return {}
    with sqlite3.connect(path, timeout=60) as connection:
        try:
            return {
                key: rest
                for table in ("tool_calls", "answers")
                for key, *rest in connection.execute(f"SELECT key, rowid, created FROM {table}")
            }
        except sqlite3.OperationalError:
            return {}  # killed before the tables were made


def still_there(processes: list[str]) -> str:
    listed = ["ps", "-ww", "-o", "pid=,args=", "-p", ",".join(processes)]
    return subprocess.run(listed, capture_output=True, text=True).stdout


def test_ten_kills_and_then_a_normal_run(work, own_store, tmp_path):
    clips, questions = work
    line = command("batch", clips, questions, *OPTIONS, "-o", tmp_path / "a.jsonl")
    rng = random.Random(1)
    survived: dict[str, tuple] = {}
    for _ in range(KILLS):
        process = subprocess.Popen(line, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        enough = len(survived) + rng.randrange(6)
        wait_until(
            lambda p=process, n=enough: len(finished(own_store)) >= n or p.poll() is not None
        )
        time.sleep(rng.uniform(0, 0.1))  # somewhere in what comes next, or in its start
        process.send_signal(signal.SIGKILL)
        process.wait()
        now = finished(own_store)
        assert survived.items() <= now.items()
        survived = now
    assert 0 < len(survived) < FINISHED, "the runs were not killed in the middle of their work"

    done = subprocess.run(
        [*line, "--json"], capture_output=True, text=True, check=True, timeout=600
    )
    summary = json.loads(done.stdout)
    after = finished(own_store)
    assert survived.items() <= after.items()
    assert summary["tool_calls"] + summary["answers"] == len(after) - len(survived)
    rows = [json.loads(text) for text in (tmp_path / "a.jsonl").read_text().splitlines()]
    assert len(rows) == len({row["id"] for row in rows}) == CLIPS * QUESTIONS
    assert all(row["prediction"] for row in rows)
    with sqlite3.connect(own_store) as connection:
        stored = connection.execute(
            "SELECT count(*), count(DISTINCT position) FROM run_rows WHERE run = "
            "(SELECT max(id) FROM runs)"
        ).fetchone()
    assert stored == (CLIPS * QUESTIONS, CLIPS * QUESTIONS)


def test_workers_die_with_their_batch(work, own_store):
    clips, questions = work
    process = subprocess.Popen(command("batch", clips, questions, *OPTIONS))
    wait_until(lambda: finished(own_store))
    children = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(process.pid)], capture_output=True, text=True
    ).stdout.split()
    assert children
    process.kill()
    process.wait()
    wait_until(lambda: MARK not in still_there(children), seconds=2)


def test_ctrl_c_keeps_what_is_done_and_says_so(work, own_store, tmp_path):
    clips, questions = work
    output = tmp_path / "a.csv"
    line = command("batch", clips, questions, *OPTIONS, "-o", output)
    # A shell that starts the tests in the background has them, and their children, ignore SIGINT.
    process = subprocess.Popen(
        line,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    wait_until(lambda: finished(own_store))
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in stderr
    assert "the same command goes on from there" in stderr
    beside = output.with_name("a.part.csv")
    assert f"what is done was written to {beside}, and nothing to" in stderr and not output.exists()
    assert beside.read_text().count("interrupted") >= 1
    shutil.rmtree(clips)


def test_a_signal_that_was_sent_passes_through_what_is_not_ours(tmp_path):
    """Else the first Ctrl-C, while a plugin registers what it has, is its fault and lost."""
    plugin, begun = tmp_path / "slow.py", tmp_path / "begun"
    plugin.write_text(
        "import pathlib, time\n"
        "from audiorouter import hookimpl\n"
        "@hookimpl\n"
        "def register_providers(register):\n"
        f"    pathlib.Path({str(begun)!r}).touch()\n"
        "    time.sleep(60)\n"
    )
    line = command("--db", tmp_path / "s.db", "--plugin", plugin, "providers", "list")
    for which in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        listing = subprocess.Popen(line, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(begun.exists)
        listing.send_signal(which)
        assert listing.wait(20) == 130
        begun.unlink()
