"""What goes wrong on the way to a server's batches: no request is paid twice, no reply lost."""

import asyncio
import json

import pytest
from batch_server import BatchBehaviour, BatchServer
from server_batch_runs import gone_on, killed_while_waiting, opened, reply_to

from audiorouter.errors import ReasonerError, UsageError
from audiorouter.providers.openai import batch_calls
from audiorouter.providers.openai.batch_records import BatchRecords


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


@pytest.mark.slow
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


@pytest.mark.slow
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


@pytest.mark.slow
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


def test_no_batch_is_waited_for_without_end(tmp_path, monkeypatch):
    monkeypatch.setattr(batch_calls, "LONGEST_SECONDS", 0.1)
    with BatchServer(BatchBehaviour(done=False)) as server:
        with pytest.raises(ReasonerError, match="nothing came of it within") as said:
            asyncio.run(gone_on(server, tmp_path))
        assert said.value.lasting and list(BatchRecords(tmp_path / "records", server.url))
