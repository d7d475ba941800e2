"""A server's own batches: sent once, asked for until they are done, and after a kill."""

import asyncio
import gc
import json
import os
import signal
import subprocess
import time
import tracemalloc

import pytest
from batch_server import BatchBehaviour, BatchServer
from commands import command, run_in
from server_batch_runs import gone_on, killed_while_waiting, opened, reply_to

from audiorouter import BatchOptions, run_batch
from audiorouter.batch.planning.plan import make_plan
from audiorouter.errors import ReasonerError, UsageError
from audiorouter.plugins import load_registry
from audiorouter.providers.openai.batch_records import BatchRecords


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


@pytest.mark.slow
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


@pytest.mark.slow
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


def test_what_was_answered_may_be_asked_once_more(tmp_path):
    async def ask(server):
        async with opened(server, tmp_path) as batches:
            return [await reply_to(batches, "What?") for _ in range(2)]

    with BatchServer(BatchBehaviour(says="Nothing.")) as server:
        assert asyncio.run(ask(server)) == ["Nothing.", "Nothing."]
        assert len(server.behaviour.batches) == 2


def test_what_waits_for_a_batch_takes_no_memory(tmp_path):
    async def ask(server):
        async with opened(server, tmp_path) as batches:
            tracemalloc.start()
            waiting = [asyncio.create_task(reply_to(batches, c, 100_000)) for c in "abc"]
            while not server.behaviour.batches:
                await asyncio.sleep(0.02)
            await asyncio.sleep(0.1)
            gc.collect()
            held = tracemalloc.get_traced_memory()[0]
            tracemalloc.stop()
            for task in waiting:
                task.cancel()
            return held

    with BatchServer(BatchBehaviour(done=False)) as server:
        held = asyncio.run(ask(server))
        # The server is in this process, with a copy of its own.
        assert held < sum(map(len, server.behaviour.files.values())) + 150_000


def test_a_batch_that_failed_says_why_without_secrets(tmp_path):
    async def ask(server):
        async with opened(server, tmp_path, secrets=["hush-hush"]) as batches:
            await reply_to(batches, "What?")

    failed = pytest.raises(ReasonerError, match=r"batch_0 is failed .*: no such model")
    with BatchServer(BatchBehaviour(fails="no such model for hush-hush")) as server, failed as said:
        asyncio.run(ask(server))
    assert "hush" not in str(said.value)
    assert said.value.lasting  # nothing in it was answered: no question is to blame


def test_what_is_left_of_a_batch_may_be_in_its_other_file(tmp_path):
    with BatchServer(BatchBehaviour(done=False, expires=("What?",))) as server:
        records = BatchRecords(tmp_path / "records", server.url)
        asyncio.run(killed_while_waiting(server, tmp_path, records, known=True))
        server.behaviour.done = True
        # Others of the same batch were delivered to an earlier process, which forgot them.
        server.behaviour.delivered = '{"custom_id": "another", "response": {"status_code": 200}}'
        with pytest.raises(ReasonerError, match="could not be executed in time"):
            asyncio.run(gone_on(server, tmp_path))
        assert not list(records)


@pytest.mark.slow
def test_an_upload_is_tried_again(tmp_path):
    with BatchServer(BatchBehaviour(busy=2)) as server:
        assert asyncio.run(gone_on(server, tmp_path)) and len(server.behaviour.batches) == 1


@pytest.mark.slow
def test_a_server_that_takes_no_batch_for_the_key_ends_ours(clips, questions, tmp_path):
    refusal = json.dumps({"error": {"message": "no such key"}})
    with BatchServer(BatchBehaviour(sends=(401, "application/json", refusal))) as server:
        options = BatchOptions(
            provider="openai:ears", router="none", store=tmp_path / "s.db",
            provider_options={"base_url": server.url, "server_batch": True, "batch_gather": 1},
        )  # fmt: skip
        result = run_batch(clips, questions, options)
    assert result.status == "failed" and "no such key" in result.failure


def test_an_earlier_batch_is_found_behind_many_others(tmp_path):
    with BatchServer(BatchBehaviour(done=False, page=1, says="Nothing.")) as server:
        records = BatchRecords(tmp_path / "records", server.url)
        asyncio.run(killed_while_waiting(server, tmp_path, records, known=False))
        made = server.behaviour.batches
        made += [made[0] | {"id": f"batch_{n}", "metadata": {}} for n in "xyz"]
        server.behaviour.done = True
        assert asyncio.run(gone_on(server, tmp_path)) == "Nothing." and len(made) == 4


@pytest.mark.parametrize("said", ["true", "yes"])
def test_what_a_batch_costs_is_not_known_in_time(clips, questions, said):
    batched = {"base_url": "http://localhost:1/v1", "server_batch": said}
    for options in (
        BatchOptions(provider="openai:ears", provider_options=batched, router="none", max_cost=1),
        BatchOptions(
            provider="openai:ears",
            provider_options=batched | {"server_batch": "no"},
            judge="openai:ears",
            judge_options={"server_batch": said},
            router="none",
            max_cost=1,
        ),
    ):
        with pytest.raises(UsageError, match="give --max-requests"):
            run_batch(clips, questions, options)
        with pytest.raises(UsageError, match="give --max-requests"):
            make_plan(clips, questions, options, registry=load_registry(third_party=False))


def written(tmp_path, *, known):
    """Whether all requests are in batches whose ids are written down, or not yet."""
    kept = [json.loads(path.read_text()) for path in records(tmp_path)]
    fitting = [record for record in kept if (record["batch"] is not None) is known]
    return sum(len(record["requests"]) for record in fitting) == 6
