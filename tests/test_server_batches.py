"""A server's own batches: sent once, asked for until they are done, and after a kill."""

import asyncio
import gc
import json
import os
import signal
import subprocess
import time
import tracemalloc
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from batch_server import BatchBehaviour, BatchServer
from commands import command, run_in
from openai import AsyncOpenAI

from audiorouter import BatchOptions, run_batch
from audiorouter.batch.planning.plan import make_plan
from audiorouter.errors import ReasonerError, UsageError
from audiorouter.plugins import load_registry
from audiorouter.providers.openai import batch_calls
from audiorouter.providers.openai.batch_records import BatchRecords
from audiorouter.providers.openai.server_batches import BatchTimes, ServerBatches


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


@asynccontextmanager
async def opened(server, tmp_path, *, secrets=()):
    records = BatchRecords(tmp_path / "records", server.url)
    times = BatchTimes(gather=0.02, poll=0.02)
    async with AsyncOpenAI(base_url=server.url, api_key="none", max_retries=0) as client:
        batches = ServerBatches("openai:ears", client, records, server.url, times, secrets)
        try:
            async with asyncio.timeout(20):
                yield batches
        finally:
            await batches.close()


async def reply_to(batches, question, times=1):
    body = {"model": "ears", "messages": [{"role": "user", "content": question * times}]}
    name = await batches.put(body)
    del body
    return (await batches.reply(name))["choices"][0]["message"]["content"]


async def killed_while_waiting(server, tmp_path, records, *, known):
    """Leave a batch behind, whose id was written down, or was not yet."""
    async with opened(server, tmp_path) as batches:
        waiting = asyncio.create_task(reply_to(batches, "What?"))
        while not (made := [each for each in records if each.batch]):
            await asyncio.sleep(0.02)
        waiting.cancel()
    records.keep(replace(made[0], batch=made[0].batch if known else None))


async def gone_on(server, tmp_path):
    async with opened(server, tmp_path) as batches:
        return await reply_to(batches, "What?")


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


@pytest.mark.parametrize(
    ("status", "known", "words", "kept"),
    [
        (401, True, "batch_0 cannot be asked for: the server refuses the key", True),
        (401, False, "does not say whether it has a batch .*refuses the key", True),
        (403, True, "batch_0 cannot be asked for: .*no such luck", True),
        (
            404,
            True,
            "batch_0 cannot be asked for: .*; its requests are sent anew by the next",
            False,
        ),
        (200, False, "does not say whether it has a batch .*remove .* to send its requests", True),
    ],
)
def test_a_server_that_says_nothing_of_an_earlier_batch_is_not_asked_for_a_day(
    tmp_path, status, known, words, kept
):
    with BatchServer(BatchBehaviour(done=False)) as server:
        records = BatchRecords(tmp_path / "records", server.url)
        asyncio.run(killed_while_waiting(server, tmp_path, records, known=known))
        refusal = json.dumps({"error": {"message": "no such luck"}})
        server.behaviour.sends = (status, "application/json", refusal)
        with pytest.raises(ReasonerError, match=words) as said:
            asyncio.run(gone_on(server, tmp_path))
        assert said.value.lasting and bool(list(records)) is kept


@pytest.mark.parametrize(
    ("what", "page"),
    [
        ("batches", "<html><title>no such luck</title></html>"),
        ("batches", json.dumps({"message": "no such luck"})),
        ("files", json.dumps({"error": {"message": "no such luck"}})),
    ],
)
def test_what_else_is_not_found_does_not_say_that_a_batch_is_gone(tmp_path, what, page):
    with BatchServer(BatchBehaviour(done=False)) as server:
        records = BatchRecords(tmp_path / "records", server.url)
        asyncio.run(killed_while_waiting(server, tmp_path, records, known=True))
        said = server.behaviour
        said.done, said.page_for, said.page_status, said.page_shown = True, what, 404, page
        with pytest.raises(
            ReasonerError, match=r"no such luck.*remove .*records/\w+\.json to send"
        ):
            asyncio.run(gone_on(server, tmp_path))
        said.page_for = None
        assert asyncio.run(gone_on(server, tmp_path)) and len(said.batches) == 1


@pytest.mark.parametrize(
    ("status", "page"),
    [
        (404, {"error": {"message": "not known on this node"}}),
        (200, {"error": {"message": "upstream timed out, try again"}}),
    ],
)
def test_one_fault_while_a_batch_is_waited_for_costs_nothing(tmp_path, status, page):
    shown = {"page_for": "batches", "page_status": status, "page_shown": json.dumps(page)}
    with BatchServer(BatchBehaviour(pages=1, says="Nothing.", **shown)) as server:
        assert asyncio.run(gone_on(server, tmp_path)) == "Nothing."
        assert len(server.behaviour.batches) == 1


def test_a_batch_that_is_listed_late_is_not_made_again(tmp_path):
    with BatchServer(BatchBehaviour(made_behind=504, listed_late=2, says="Nothing.")) as server:
        assert asyncio.run(gone_on(server, tmp_path)) == "Nothing."
        assert len(server.behaviour.batches) == 1


def test_a_batch_of_a_process_that_was_killed_may_be_listed_late(tmp_path):
    with BatchServer(BatchBehaviour(done=False, says="Nothing.")) as server:
        records = BatchRecords(tmp_path / "records", server.url)
        asyncio.run(killed_while_waiting(server, tmp_path, records, known=False))
        server.behaviour.done, server.behaviour.listed_late = True, 2
        assert asyncio.run(gone_on(server, tmp_path)) == "Nothing."
        assert len(server.behaviour.batches) == 1


def test_a_list_that_is_the_same_again_and_again_ends(tmp_path):
    with BatchServer(BatchBehaviour(made_behind=504, lists_again=True)) as server:
        server.behaviour.batches.append({"id": "another", "object": "batch", "created_at": 1,
            "status": "completed", "completion_window": "24h", "endpoint": "/v1",
            "input_file_id": "f"})  # fmt: skip
        assert asyncio.run(gone_on(server, tmp_path)) and len(server.behaviour.batches) == 2


def test_where_the_id_of_a_batch_cannot_be_kept_its_answers_come_all_the_same(
    tmp_path, monkeypatch
):
    keep = BatchRecords.keep

    def full(self, record):
        if record.batch is not None:
            raise UsageError("no space left on device")
        keep(self, record)

    monkeypatch.setattr(BatchRecords, "keep", full)
    with BatchServer(BatchBehaviour(says="Nothing.")) as server:
        assert asyncio.run(gone_on(server, tmp_path)) == "Nothing."


@pytest.mark.parametrize("known", [True, False])
def test_what_could_not_be_asked_for_is_asked_for_again_not_sent_again(tmp_path, known):
    async def ask(server):
        async with opened(server, tmp_path) as batches:
            with pytest.raises(ReasonerError, match="no such luck"):
                await reply_to(batches, "What?")
            server.behaviour.sends, server.behaviour.done = None, True
            return await reply_to(batches, "What?")

    with BatchServer(BatchBehaviour(done=False, says="Nothing.")) as server:
        records = BatchRecords(tmp_path / "records", server.url)
        asyncio.run(killed_while_waiting(server, tmp_path, records, known=known))
        refusal = json.dumps({"error": {"message": "no such luck"}})
        server.behaviour.sends = (403, "application/json", refusal)
        assert asyncio.run(ask(server)) == "Nothing." and len(server.behaviour.batches) == 1


def test_replies_that_are_not_in_their_file_yet_are_waited_for(tmp_path, caplog):
    with BatchServer(BatchBehaviour(late=2, says="Nothing.")) as server:
        assert asyncio.run(gone_on(server, tmp_path)) == "Nothing."
        assert len(server.behaviour.batches) == 1
    told = [record for record in caplog.messages if "not in its files" in record]
    assert len(told) == 1  # once, however often it is asked


def test_replies_that_do_not_come_at_all_are_not_paid_for_again(tmp_path):
    with BatchServer(BatchBehaviour(late=50, says="Nothing.")) as server:
        with pytest.raises(ReasonerError, match=r"1 more are counted; remove .*\.json to send"):
            asyncio.run(gone_on(server, tmp_path))
        server.behaviour.late = 0
        assert asyncio.run(gone_on(server, tmp_path)) == "Nothing."
        assert len(server.behaviour.batches) == 1


def test_an_error_in_place_of_replies_is_told_in_its_words(tmp_path):
    said = json.dumps({"error": {"message": "the file is locked", "code": 403}})
    with (
        BatchServer(BatchBehaviour(page_for="files", page_shown=said)) as server,
        pytest.raises(ReasonerError, match="answered with an error: the file is locked"),
    ):
        asyncio.run(gone_on(server, tmp_path))


@pytest.mark.parametrize("what", ["files", "batches"])
def test_a_page_in_place_of_a_reply_costs_no_batch(tmp_path, what):
    with BatchServer(BatchBehaviour(done=False)) as server:
        records = BatchRecords(tmp_path / "records", server.url)
        asyncio.run(killed_while_waiting(server, tmp_path, records, known=True))
        server.behaviour.done = True
        server.behaviour.page_for = what
        with pytest.raises(ReasonerError, match="a web page, 'Log in'") as said:
            asyncio.run(gone_on(server, tmp_path))
        assert said.value.lasting and list(records)
        server.behaviour.page_for = None
        assert asyncio.run(gone_on(server, tmp_path)) and len(server.behaviour.batches) == 1


def test_a_batch_that_was_made_behind_a_broken_gateway_is_not_made_again(tmp_path):
    with BatchServer(BatchBehaviour(made_behind=502)) as server:
        assert asyncio.run(gone_on(server, tmp_path)) and len(server.behaviour.batches) == 1


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


def test_no_batch_is_waited_for_without_end(tmp_path, monkeypatch):
    monkeypatch.setattr(batch_calls, "LONGEST_SECONDS", 0.1)
    with BatchServer(BatchBehaviour(done=False)) as server:
        with pytest.raises(ReasonerError, match="nothing came of it within") as said:
            asyncio.run(gone_on(server, tmp_path))
        assert said.value.lasting and list(BatchRecords(tmp_path / "records", server.url))


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
