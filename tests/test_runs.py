"""Runs in the store: they end in one of four ways, and never touch each other."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from audiorouter.clips import ClipFacts, FileStamp
from audiorouter.machine.processes import ProcessMark
from audiorouter.store import Store, StoredCall

RUNNING = """
import sys, time
from pathlib import Path
from audiorouter.clips import ClipFacts, FileStamp
from audiorouter.store import Store, StoredCall
name = sys.argv[2]
with Store(Path(sys.argv[1])) as store:
    run = store.start_run(Path(f"{name}.csv"), Path("clips"), "{}")
    store.save_clip(Path(name), FileStamp(1, 1, 1), ClipFacts(name, 1.0, 1, 1, 0.0, 0.0))
    store.save_call(StoredCall(name, name, "tool", "tool/1", "{}", "ok"))
    print(run, flush=True)
    for line in sys.stdin:
        store.save_rows(run, [
            {"position": position, "question_id": name, "audio": name, "question": line.strip(),
             "answer": None, "prediction": name, "correct": None, "clip": name, "route": "[]",
             "answer_key": None, "error": None}
            for position in range(int(line))
        ])
        print("saved", flush=True)
    store.finish_run(run, "finished")
"""


class Run:
    """A process that has a run open, writes rows when told, and finishes when its input ends."""

    def __init__(self, path: Path, name: str):
        self.process = subprocess.Popen(
            [sys.executable, "-c", RUNNING, str(path), name],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        self.number = int(self.process.stdout.readline())

    def save(self, rows: int) -> None:
        self.process.stdin.write(f"{rows}\n")
        self.process.stdin.flush()
        assert self.process.stdout.readline() == "saved\n"

    def finish(self) -> None:
        self.process.communicate()
        assert self.process.returncode == 0

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()


@pytest.fixture
def start(own_store):
    started = []

    def run(name: str) -> Run:
        started.append(Run(own_store, name))
        return started[-1]

    yield run
    for one in started:
        one.kill()


def statuses(store: Store) -> dict[int, str]:
    return {row["id"]: row["status"] for row in store.export("runs")}


@pytest.mark.slow
def test_a_run_whose_process_is_gone_is_closed_as_lost_by_the_next(own_store, start):
    dead, alive = start("dead"), start("alive")
    dead.kill()
    third = start("third")
    with Store(own_store) as store:
        assert statuses(store) == {
            dead.number: "lost", alive.number: "running", third.number: "running",
        }  # fmt: skip
        assert next(r for r in store.export("runs") if r["id"] == dead.number)["finished"]
    alive.finish()
    with Store(own_store) as store:
        assert statuses(store)[alive.number] == "finished"


@pytest.mark.slow
def test_a_stopped_process_is_alive(own_store, start):
    run = start("stopped")
    os.kill(run.process.pid, signal.SIGSTOP)
    with Store(own_store) as store:
        store.start_run(Path("q.csv"), Path("clips"), "{}")
        assert statuses(store)[run.number] == "running"


@pytest.mark.parametrize("status", ["finished", "interrupted", "failed"])
def test_a_run_says_how_it_ended(own_store, status):
    with Store(own_store) as store:
        run = store.start_run(Path("q.csv"), Path("clips"), "{}")
        store.finish_run(run, status)
        assert statuses(store) == {run: status}


@pytest.mark.slow
def test_prune_beside_a_running_batch_leaves_it_what_it_has(own_store, start):
    with Store(own_store) as store:
        store.save_clip(Path("a"), FileStamp(1, 1, 1), ClipFacts("a", 1.0, 1, 1, 0.0, 0.0))
        store.save_call(StoredCall("before", "a", "tool", "tool/1", "{}", "ok"))
        old = store.start_run(Path("q.csv"), Path("clips"), "{}")
        store.finish_run(old, "finished")
    time.sleep(1.1)  # times are kept by the second
    first = start("first")
    first.save(2)
    with Store(own_store) as store:
        assert store.prune(days=0) == 1  # the old run; the running one may be about to read results
        assert statuses(store) == {first.number: "running"}
        assert store.calls(["before", "first"]).keys() == {"before", "first"}
        assert len(list(store.export("run_rows"))) == 2
    second = start("second")
    second.save(3)
    first.save(4)
    first.finish()
    second.finish()
    with Store(own_store) as store:
        assert statuses(store) == {first.number: "finished", second.number: "finished"}
        rows = [(row["run"], row["question_id"]) for row in store.export("run_rows")]
    assert rows == [(first.number, "first")] * 4 + [(second.number, "second")] * 3


@pytest.mark.slow
def test_a_number_is_never_used_again_and_rows_go_with_their_run(own_store, start):
    first = start("first")
    first.save(1)
    first.kill()
    with Store(own_store) as store:
        assert store.prune(days=0) == 2
        assert not list(store.export("run_rows"))
        assert store.start_run(Path("q.csv"), Path("clips"), "{}") > first.number


def altered(path: Path, **columns: object) -> None:
    with sqlite3.connect(path) as connection:
        changes = ", ".join(f"{name} = ?" for name in columns)
        connection.execute(f"UPDATE runs SET {changes} WHERE id = 1", list(columns.values()))


@pytest.mark.parametrize(
    ("columns", "status"),
    [
        ({"host": "elsewhere", "pid": 1}, "running"),
        ({"host": "elsewhere", "started": "2020-01-01 00:00:00"}, "lost"),
        ({"namespace": "pid:[1]"}, "running"),
        ({"boot": "an earlier one"}, "lost"),
        ({"process_started": 1}, "lost"),
    ],
    ids=["other host", "other host, long ago", "other container", "before a restart", "pid again"],
)
def test_only_what_is_known_to_be_gone_is_lost(own_store, columns, status):
    with Store(own_store) as store:
        store.start_run(Path("q.csv"), Path("clips"), "{}")
        altered(own_store, **columns)
        store.start_run(Path("q.csv"), Path("clips"), "{}")
        assert statuses(store) == {1: status, 2: "running"}


def test_a_process_knows_itself_and_its_dead():
    assert ProcessMark.own().gone() is False
    child = subprocess.Popen(["sleep", "100"])
    mark = ProcessMark.own()._replace(pid=child.pid)
    assert mark.gone() is True, "another process with another start"
    started = Path(f"/proc/{child.pid}/stat").read_text().split()[21]
    mark = mark._replace(started=int(started))
    assert mark.gone() is False
    child.kill()
    time.sleep(0.1)
    assert mark.gone() is True, "a dead one that nobody has waited for"
    child.wait()
    assert mark.gone() is True
