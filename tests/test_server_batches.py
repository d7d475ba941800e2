"""A server's own batches: sent once, asked for until they are done, and after a kill."""

import json
import os
import signal
import subprocess
import time

import pytest
from batch_server import BatchBehaviour, BatchServer
from commands import command, run_in

from audiorouter import BatchOptions
from audiorouter.errors import UsageError

pytestmark = pytest.mark.slow


@pytest.fixture
def questions(tone, clips, tmp_path):
    rows = ["audio,question,choices,answer"]
    for number, hertz in enumerate((200, 2000, 300)):
        tone(f"{number}.wav", frequency=hertz)
        right = "high" if hertz > 600 else "low"
        rows += [f"{number}.wav,High or low in copy {n}?,high|low,{right}" for n in "ab"]
    path = tmp_path / "q.csv"
    path.write_text("\n".join(rows) + "\n")
    return path


@pytest.fixture
def environment(tmp_path):
    return os.environ | {"AUDIOROUTER_DB": str(tmp_path / "store" / "s.db")}


def asking(server, clips, questions, *more):
    times = ("-P", "batch_gather=2", "-P", "batch_poll=0.1")
    return ("batch", clips, questions, "--router", "none", "--provider", "openai:ears",
            "--base-url", server.url, "--server-batch", *times, "--json", *more)  # fmt: skip


def counts(done):
    summary = json.loads(done.stdout)
    return summary["answers"], summary["answers_cached"], summary["accuracy"]["right"]


def records(tmp_path):
    return list((tmp_path / "store" / "server-batches").glob("*.json"))


def test_questions_are_answered_in_one_batch_and_an_expired_one_costs_its_row(
    clips, questions, environment, tmp_path
):
    with BatchServer(BatchBehaviour(expires=("copy b",))) as server:
        first = run_in(environment, *asking(server, clips, questions, "--limit", "3"), code=1)
        assert counts(first) == (2, 0, 2)
        assert "It could not be executed in time" in first.stderr
        assert [batch["status"] for batch in server.behaviour.batches] == ["expired"]
        assert records(tmp_path) == []
        server.behaviour.expires = ()
        second = run_in(environment, *asking(server, clips, questions))
        assert counts(second) == (4, 2, 6)
        assert len(server.behaviour.requests) == 6
        # One by one they are the same answers.
        alone = [part for part in asking(server, clips, questions) if part != "--server-batch"]
        assert counts(run_in(environment, *alone)) == (0, 6, 6)


@pytest.mark.parametrize("known", [True, False], ids=["with its id", "before its id was known"])
def test_a_batch_is_not_sent_again_after_a_kill(clips, questions, environment, tmp_path, known):
    said = BatchBehaviour(done=False, breaks_off=not known)
    with BatchServer(said) as server:
        asked = asking(server, clips, questions)
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        killed = subprocess.Popen(command(*asked), env=environment, **quiet)
        # On a busy machine there may be more than one: each is to have come to the server.
        while not (written(tmp_path, known=known) and len(said.batches) == len(records(tmp_path))):
            assert killed.poll() is None
            time.sleep(0.05)
        killed.send_signal(signal.SIGKILL)
        killed.wait()
        made = len(said.batches)
        assert made and said.requests == []
        said.done, said.breaks_off = True, False
        done = run_in(environment, *asked)
        assert counts(done) == (6, 0, 6)
        assert len(said.batches) == made and len(said.requests) == 6
        assert records(tmp_path) == []


def test_what_a_batch_costs_is_not_known_in_time():
    with pytest.raises(UsageError, match="give --max-requests"):
        BatchOptions(provider_options={"server_batch": "true"}, max_cost=1)


def written(tmp_path, *, known):
    """Whether all requests are in batches whose ids are written down, or not yet."""
    kept = [json.loads(path.read_text()) for path in records(tmp_path)]
    fitting = [record for record in kept if (record["batch"] is not None) is known]
    return sum(len(record["requests"]) for record in fitting) == 6
