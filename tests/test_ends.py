"""The three ways in which a batch ends, each with a whole answers file."""

import contextlib
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from types import ModuleType

import pytest
import typer
from reasoners import Opens
from stops import Place, stop_many, wait_until

from audiorouter import Answer, Reasoner, run_batch
from audiorouter.__main__ import main
from audiorouter.batch import options as batch_options
from audiorouter.batch.answers_file.answer_files import unfinished
from audiorouter.batch.options import BatchOptions
from audiorouter.batch.past.past_runs import difference, find_run
from audiorouter.batch.summary import summarise
from audiorouter.cli.app import exit_code
from audiorouter.cli.command import RootGroup
from audiorouter.cli.ends import resumable
from audiorouter.plugins import load_registry
from audiorouter.store import Store

pytestmark = pytest.mark.slow


class Acting(Reasoner):
    """Answers the first three questions, and does something before it answers the fourth."""

    name = identity = "acting"
    batch_size = 1

    def __init__(self, act):
        self.act = act
        self.asked = 0

    def answer(self, requests):
        self.asked += len(requests)
        if self.asked == 4:
            self.act()
        return [Answer(request.choices[0], 0) for request in requests]


class Interrupts(ModuleType):
    """A module whose import is interrupted."""

    def __getattr__(self, name):
        if name == "main":
            raise KeyboardInterrupt
        raise AttributeError(name)


@pytest.fixture
def batch(tone, clips, tmp_path):
    """Runs ten questions, with something that happens before the fourth is answered."""
    tone("a.wav")
    lines = [f"a.wav,Question {number}?,first|second,first" for number in range(10)]
    (tmp_path / "q.csv").write_text("\n".join(["audio,question,choices,answer", *lines]))

    def work(act, **options):
        registry = load_registry(third_party=False)
        registry.providers["fake"] = Opens(Acting(act))
        options = BatchOptions(
            provider="fake", router="none", output=tmp_path / "a.jsonl", **options
        )
        result = run_batch(clips, tmp_path / "q.csv", options, registry=registry)
        file = tmp_path / "a.jsonl"
        file = file if result.status == "finished" else unfinished(file)
        rows = [json.loads(line) for line in file.read_text().splitlines()]
        assert len(rows) == 10
        return result, rows

    return work


def statuses(path):
    with sqlite3.connect(path) as connection:
        return [status for (status,) in connection.execute("SELECT status FROM runs ORDER BY id")]


def test_a_batch_that_is_stopped_at_any_moment_leaves_whole_answers(tmp_path):
    ends = stop_many(tmp_path, 1)
    assert ends["interrupted"]


@pytest.mark.parametrize("which", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signals_end_the_work_and_no_more(batch, own_store, which):
    before = [signal.getsignal(s) for s in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]

    def act():
        os.kill(os.getpid(), which)
        os.kill(os.getpid(), signal.SIGTERM)  # a second one changes nothing
        time.sleep(0.3)

    result, rows = batch(act)
    assert result.status == "interrupted" and statuses(own_store) == ["interrupted"]
    assert [row["prediction"] for row in rows].count("first") == 3
    assert all(which.name in row["error"] for row in rows if row["prediction"] is None)
    after = [signal.getsignal(s) for s in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]
    assert after == before
    result, rows = batch(lambda: None)
    assert result.status == "finished" and result.reasoning.answers_made == 7


@pytest.mark.parametrize("goes_on", [True, False])
def test_a_command_that_is_interrupted_says_so_once(capsys, goes_on):
    app = typer.Typer(cls=RootGroup)
    app.callback()(lambda: None)  # commands in a group, as ours are

    @app.command()
    def work() -> None:
        with resumable() if goes_on else contextlib.nullcontext():
            raise KeyboardInterrupt

    assert exit_code(lambda: app(["work"])) == 130
    said = capsys.readouterr().err
    assert said.count("audiorouter: interrupted") == 1
    assert ("the same command goes on from there" in said) == goes_on


def test_what_is_interrupted_while_it_is_imported_says_so(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "audiorouter.cli.app", Interrupts("app"))
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 130
    assert capsys.readouterr().err == "audiorouter: interrupted\n"


@pytest.mark.weights
def test_an_evaluation_that_is_stopped_says_how_to_go_on(tmp_path):
    place = Place(tmp_path)
    at = place.command.index("batch")
    clips, questions = place.command[at + 1 : at + 3]
    evaluate = ["evaluate", questions, "--clips", clips, "--tools", "slow"]
    command = [*place.command[:at], *evaluate, "--provider", "hostile:slow", "--router", "none"]
    started = subprocess.Popen(
        command,
        env=place.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    while not re.search(r"\d+/\d+ outcomes", line := started.stderr.readline()):
        assert line
    started.send_signal(signal.SIGINT)
    said = started.communicate(timeout=300)[1]
    assert started.returncode == 130
    assert "the same command goes on from there" in said


def test_an_earlier_answers_file_stays_until_there_is_a_whole_one(batch, own_store, tmp_path):
    whole, part = tmp_path / "a.jsonl", tmp_path / "a.part.jsonl"
    whole.write_text("of yesterday\n")
    result, rows = batch(lambda: os.kill(os.getpid(), signal.SIGINT))
    assert whole.read_text() == "of yesterday\n"
    # What was not come to is neither right nor wrong.
    assert [row["correct"] for row in rows].count(None) == result.left == 7
    summary = summarise(result)
    assert summary.accuracy.total == 3 and summary.failed == 0 and summary.left == 7
    batch(lambda: None)
    assert len(whole.read_text().splitlines()) == 10 and not part.exists()
    with Store(own_store) as store:
        runs = [find_run(store, number) for number in ("1", "2")]
        change = difference(store, *runs)
    # What the first run did not come to is no other answer of the second.
    assert (change.asked_by_both, change.only_first, change.only_second) == (3, 0, 7)
    assert not change.changed


@pytest.fixture
def lock(own_store):
    """Another process's write to the store, from when it is called to the end of its context."""
    release = threading.Event()

    def act():
        ready = threading.Event()

        def hold():
            with sqlite3.connect(own_store, isolation_level=None) as other:
                other.execute("BEGIN IMMEDIATE")
                ready.set()
                release.wait(60)
                other.execute("ROLLBACK")

        threading.Thread(target=hold).start()
        ready.wait(60)

    @contextlib.contextmanager
    def locking():
        try:
            yield act
        finally:
            release.set()

    return locking


def test_a_store_that_stays_locked_fails_the_batch_with_what_is_done(
    batch, lock, own_store, monkeypatch
):
    monkeypatch.setattr(batch_options, "Store", lambda path: Store(path, busy_seconds=0.3))
    with lock() as act:
        result, rows = batch(act)
    assert result.status == "failed" and "locked" in result.failure
    done = [row for row in rows if row["prediction"] is not None]
    assert len(done) >= 4  # the fourth is not in the store
    assert all("batch failed" in row["error"] for row in rows if row["prediction"] is None)
    result, rows = batch(lambda: None)
    assert result.status == "finished" and all(row["prediction"] for row in rows)
    assert statuses(own_store)[-1] == "finished"


def test_a_store_that_stays_locked_holds_up_no_signal(batch, lock, capfd):
    """Four answers are made before the store is found locked: none waits for it by itself."""
    with lock() as act:

        def act_and_stop():
            act()
            threading.Timer(0.5, os.kill, [os.getpid(), signal.SIGTERM]).start()

        started = time.monotonic()
        result, rows = batch(act_and_stop, batch_size=4)
        seconds = time.monotonic() - started
    assert result.status == "interrupted" and seconds < 4
    done = [row for row in rows if row["prediction"] is not None]
    assert len(done) >= 4 and not any(row["error"] for row in done)
    assert "waiting for the store" not in capfd.readouterr().err


def test_a_failed_batch_says_so_and_exits_with_1(tmp_path):
    place = Place(tmp_path)
    process = place.start()
    wait_until(lambda: place.kept())
    # What no version of the program does to its own store.
    with sqlite3.connect(place.store, timeout=60) as connection:
        connection.execute("DROP TABLE answers")
    _, stderr = process.communicate(timeout=120)
    assert process.returncode == 1
    assert "the batch failed: the store" in stderr and "Traceback" not in stderr
    assert len(unfinished(place.output).read_text().splitlines()) == 60
