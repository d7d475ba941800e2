"""The file beside an answers file: one batch's at a time, ours however it ends, nobody else's."""

import csv
import errno
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from commands import command, run
from reasoners import AlwaysRight, Opens

from audiorouter import BatchOptions, run_batch
from audiorouter.batch import finished_rows
from audiorouter.batch.answers_file import growing_answers
from audiorouter.errors import ReasonerError, UsageError
from audiorouter.machine.files import LockedError, held
from audiorouter.plugins import load_registry
from audiorouter.store import Store

ROWS = 6


@pytest.fixture
def work(tone, clips, tmp_path, own_store):
    """Answers six questions about a clip into `a.csv`, by the reasoner it is given."""
    tone("a.wav", seconds=0.1)
    rows = [f"{n},a.wav,Question {n}?,first|second,first" for n in range(ROWS)]
    questions = tmp_path / "q.csv"
    questions.write_text("\n".join(["id,audio,question,choices,answer", *rows]))

    def answer(reasoner=None, output="a.csv", **more):
        registry = load_registry(third_party=False)
        registry.providers["fake"] = Opens(reasoner or AlwaysRight())
        options = BatchOptions(provider="fake", router="none", output=tmp_path / output, **more)
        return run_batch(clips, questions, options, registry=registry)

    answer.store = own_store
    answer.line = ("batch", clips, questions, "--router", "none", "-o", tmp_path / "a.csv")
    return answer


def ids(path):
    if not path.exists():
        return []
    with path.open() as stream:
        return [row["id"] for row in csv.DictReader(stream)]


class Meanwhile(AlwaysRight):
    """Does something before it answers its last question."""

    batch_size = 1
    order_matters = False

    def __init__(self, act):
        self.act = act
        self.asked = 0

    def answer(self, requests):
        self.asked += len(requests)
        if self.asked == ROWS:
            self.act()
        return super().answer(requests)


def test_a_second_batch_into_the_same_answers_is_refused_before_its_work(work, tmp_path):
    second = Meanwhile(lambda: None)
    said = []

    def begin_another():
        try:
            work(second)
        except UsageError as error:
            said.append(str(error))
        said.append(run(*work.line, "--provider", "openai:m", code=2).stderr)

    work(Meanwhile(begin_another))
    assert len(said) == 2 and second.asked == 0
    assert all("a.part.csv: another batch is under way that writes its answers" in s for s in said)
    assert ids(tmp_path / "a.csv") == [str(n) for n in range(ROWS)]
    work(second)
    assert {path.name for path in tmp_path.iterdir()} == {"clips", "q.csv", "a.csv"}


class Refuses(AlwaysRight):
    """Has an error for every question but those from one on."""

    identity = "refuses:1"
    batch_size = 1

    def __init__(self, until=ROWS):
        self.until = until

    def answer(self, requests):
        if int(requests[0].question.split()[-1][:-1]) < self.until:
            raise ReasonerError("not today")
        return super().answer(requests)


def test_a_run_in_which_every_question_failed_costs_no_earlier_answers(work, tmp_path):
    answers = tmp_path / "a.csv"
    assert work(Refuses()).status == "finished"
    assert "not today" in answers.read_text(), "there was nothing that could be lost"
    work(Refuses(until=ROWS - 1))
    earlier = answers.read_bytes()
    assert b"correct" in earlier and b"true" in earlier.lower()
    again = work(Refuses(until=ROWS), fresh=True)
    assert again.status == "finished" and again.failed == ROWS
    assert answers.read_bytes() == earlier
    assert "not today" in (tmp_path / "a.part.csv").read_text()
    work(fresh=True)
    assert answers.read_bytes() != earlier and not (tmp_path / "a.part.csv").exists()


def test_answers_that_cannot_be_scored_are_answers(work, tmp_path):
    work()
    questions, answers = tmp_path / "q.csv", tmp_path / "a.csv"
    questions.write_text(questions.read_text().replace("|second,first", "|second,third"))
    result = work()
    assert result.failed == ROWS and "third" in answers.read_text()
    assert not (tmp_path / "a.part.csv").exists()


def test_batches_with_other_answers_files_run_side_by_side(work, tmp_path):
    work(Meanwhile(lambda: work(output="b.csv")))
    assert len(ids(tmp_path / "b.csv")) == len(ids(tmp_path / "a.csv")) == ROWS


KILLED_AT_ITS_END = """
import os, signal
from audiorouter import hookimpl
from audiorouter.batch.answers_file import growing_answers
from reasoners import AlwaysRight, Opens

@hookimpl
def register_providers(register):
    register(Opens(AlwaysRight()))

growing_answers.put_in_place = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.slow
def test_a_batch_that_is_killed_at_its_very_end_runs_again(work, tmp_path):
    (tmp_path / "ends.py").write_text(KILLED_AT_ITS_END)
    line = command("--plugin", tmp_path / "ends.py", *work.line, "--provider", "fake")
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *sys.path])
    }
    killed = subprocess.run(line, capture_output=True, env=environment)
    assert killed.returncode == -signal.SIGKILL
    assert ids(tmp_path / "a.part.csv") == [str(n) for n in range(ROWS)]
    work()
    assert len(ids(tmp_path / "a.csv")) == ROWS and not (tmp_path / "a.part.csv").exists()


def test_a_batch_whose_answers_a_full_disk_cuts_runs_again(work, tmp_path, monkeypatch):
    def cut(file, data, place):
        os.pwrite(file, data[: len(data) // 2], place)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as full:
        full.setattr(growing_answers, "_write_at", cut)
        for _ in range(2):
            with pytest.raises(UsageError, match="No space left"):
                work()
    assert (tmp_path / "a.part.csv").stat().st_size
    work()
    assert len(ids(tmp_path / "a.csv")) == ROWS and not (tmp_path / "a.part.csv").exists()


def test_a_file_that_is_put_where_ours_was_is_not_taken_for_it(work, tmp_path, monkeypatch):
    part = tmp_path / "a.part.csv"
    with monkeypatch.context() as failing:
        failing.setattr(growing_answers, "put_in_place", refuse)
        with pytest.raises(UsageError):
            work()
    kept = part.rename(tmp_path / "moved away.csv")
    work()
    part.write_bytes(kept.read_bytes())
    with pytest.raises(UsageError, match="move it away"):
        work()
    assert part.read_bytes() == kept.read_bytes()


def refuse(*_files):
    raise UsageError("no")


def test_finished_rows_are_written_while_an_answer_takes_long(work, tmp_path, monkeypatch):
    monkeypatch.setattr(finished_rows, "_FLUSH_SECONDS", 0.1)
    seen = []

    def look():
        until = time.monotonic() + 3
        while not seen and time.monotonic() < until:
            time.sleep(0.02)
            with Store(work.store) as store:
                kept = len(store.run_rows(store.runs()[0].number))
            # The row that says that others are to come is the last one.
            if kept == len(ids(tmp_path / "a.part.csv")) - 1 == ROWS - 1:
                seen.append(kept)

    work(Meanwhile(look))
    assert seen


def test_a_held_file_is_free_once_it_is_let_go_of_though_it_was_removed(tmp_path):
    path = tmp_path / "note"
    with held(path):
        with pytest.raises(LockedError), held(path):
            raise AssertionError
        path.unlink()
        with held(path):
            assert path.exists()
    with held(path) as handle:
        os.write(handle, b"x")
    assert path.read_bytes() == b"x"
