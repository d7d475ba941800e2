"""What servers say in place of an answer, against a real HTTP server on the loopback."""

import json
import re
import socket
import time

import numpy as np
import pytest
import soundfile
from asked_server import REGISTRY, ask
from audio_server import AudioServer, Behaviour

from audiorouter import BatchOptions, Request, run_batch
from audiorouter.errors import UsageError
from audiorouter.plugins.opening import open_reasoner
from audiorouter.providers.openai import reasoner
from audiorouter.store import Store

JSON = "application/json"
DONE = "data: [DONE]\n\n"


@pytest.fixture(autouse=True)
def own_settings(tmp_path, monkeypatch):
    monkeypatch.setenv("AUDIOROUTER_CONFIG", str(tmp_path / "config"))
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def request_(tone):
    return Request(tone("high.wav", frequency=2000), "h", "High or low?", ("low", "high"))


def events(*pieces):
    return "".join(f"data: {json.dumps(piece)}\n\n" for piece in pieces) + DONE


def delta(**fields):
    return {"choices": [{"index": 0, "delta": fields}]}


def sending(choice):
    return Behaviour(sends=(200, JSON, json.dumps({"choices": [choice]})))


MESSAGE = {"choices": [{"index": 0, "finish_reason": "stop", "message": {"content": "B"}}]}


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("text/plain", json.dumps(MESSAGE)),
        ("text/html", "\n" + json.dumps(MESSAGE)),
        ("application/octet-stream", json.dumps(MESSAGE)),
        (JSON, "\ufeff" + json.dumps(MESSAGE)),
        (JSON, json.dumps({"code": 0, "data": MESSAGE})),
        (
            "text/event-stream",
            events({"choices": [{"index": 1, "delta": {"content": "A"}}]}, delta(content="B")),
        ),
        (
            "text/event-stream",
            "data: "
            + json.dumps(delta(content="(B)\u2028high"), ensure_ascii=False)
            + "\n\n"
            + DONE,
        ),
        ("text/event-stream", events(delta(role="assistant"), delta(content="B"))),
        ("text/plain", ": ping\n\n" + events(delta(content="(B"), delta(content=") high"))),
        (
            "text/event-stream",
            events(delta(reasoning_content="A? The answer is A."), delta(content="B")),
        ),
        (
            JSON,
            '{"choices":[{"message":{"content":[{"type":"thinking","thinking":"A"},'
            '{"type":"text","text":"The answer "},{"type":"text","text":"is B"}]}}]}',
        ),
    ],
)
def test_a_reply_is_read_however_it_is_sent(request_, kind, body):
    answer = ask(Behaviour(sends=(200, kind, body)), request_, check_audio=False)
    assert answer.index == 1, answer


@pytest.mark.parametrize(
    ("status", "kind", "body", "words"),
    [
        (200, JSON, '{"error": {"message": "no credit", "code": 402}}', "no credit"),
        (200, JSON, '{"error": "unknown tenant"}', "unknown tenant"),
        (200, JSON, '{"detail": "not for you"}', "not for you"),
        (200, "text/html", "<html><title>Sign in</title></html>", "'Sign in'"),
        (200, "text/plain", "up and running", "up and running"),
        (404, JSON, '{"detail": "no model ears"}', "no model ears"),
        (400, JSON, '{"message": "audio too long"}', "audio too long"),
        (403, "text/html", "<html><title>Blocked</title></html>", "'Blocked'"),
        (422, JSON, '{"detail": [{"loc": ["a"], "msg": "odd field"}]}', "a: odd field"),
        (400, JSON, '[{"error": {"message": "no such key", "code": 400}}]', ": no such key"),
        (200, JSON, '[{"error": {"message": "no such key", "code": 400}}]', ": no such key"),
        (200, JSON, '{"code": 1113, "msg": "no balance"}', ": no balance"),
        (200, JSON, '{"errors": [{"message": "no route"}]}', ": no route"),
        (200, JSON, '{"base_resp": {"status_msg": "login fail"}}', ": login fail"),
        (200, JSON, '{"message": {"role": "assistant", "content": "B"}}', "something else"),
        (200, JSON, '{"choices": [], "promptFeedback": {"blockReason": "SAFETY"}}', "filtered"),
        (200, JSON, "no such tenant", "no such tenant"),
        (429, JSON, '{"error": {"message": "spent", "type": "insufficient_quota"}}', "spent"),
        (500, JSON, '{"error": {"message": "audio input is not supported"}}', "not supported"),
        (501, JSON, '{"error": "text only"}', "text only"),
        (413, "text/html", "<html><h1>Too Large</h1></html>", "'Too Large' (less of each clip"),
        (400, "application/xml", "<Error><Code>Denied</Code></Error>", ": Denied"),
    ],
)
def test_a_refusal_is_said_once_in_the_servers_words_with_the_url(
    request_, status, kind, body, words
):
    behaviour = Behaviour(sends=(status, kind, body))
    error = ask(behaviour, request_)
    assert words in error and "http://127.0.0.1:" in error and "/chat/completions" in error
    assert len(behaviour.bodies) == 1


@pytest.mark.parametrize(
    "body",
    [
        '{"choices": [{"finish_reason": "error", "message": {"content": "A"}}]}',
        '{"choices": [{"error": {"message": "upstream is gone"}, "message": {"content": "A"}}]}',
        '{"error": {"message": "overloaded, try again"}}',
        '{"error": {"message": "a fault", "code": 503}}',
        '{"error": {"message": "broke off"}, "choices": [{"message": {"content": "A"}}]}',
        '{"choices": [{"finish_reason": "abort", "message": {"content": "A"}}]}',
        '{"choices": [{"finish_reason": "insufficient_resource", "message": {"content": "A"}}]}',
        '{"choices": [{"finish_reason": "stop", "message": {"content": "A',
        "upstream connect error or disconnect/reset before headers",
        "data: " + json.dumps(delta(content="A")),
        'event: error\ndata: {"message": "overloaded"}',
        "",
    ],
)
def test_a_passing_fault_is_tried_again_and_never_an_answer(request_, body, monkeypatch):
    monkeypatch.setattr(reasoner, "_FIRST_PAUSE", 0.01)
    behaviour = Behaviour(sends=(200, JSON if body else "text/plain", body))
    assert "no answer in 2 attempts" in ask(behaviour, request_, attempts=2)
    assert len(behaviour.bodies) == 2


NO_ANSWERS = [
    (Behaviour(finish="content_filter", says="B"), "content filter"),
    (Behaviour(finish="length", says="It is a"), "-P max_tokens"),
    (Behaviour(finish="length", says="<think>The answer is A"), "thoughts: .*-P max_tokens"),
    (Behaviour(message={"content": None}), "empty reply"),
    (Behaviour(message={"content": None, "refusal": "I won't."}), "refusal .*I won't"),
    (Behaviour(message={"content": "", "reasoning": "So B."}), "reasoning .*So B"),
    (Behaviour(message={"content": "", "reasoning_content": "So B."}), "reasoning .*So B"),
    (Behaviour(says="<think>B"), "thoughts"),
    (Behaviour(says="<pad><pad>"), "no answer"),
    (Behaviour(says="B", message={"refusal": "I won't."}), "refuses.*I won't"),
    (Behaviour(message={"content": None, "thinking": "So B."}), "reasoning .*So B"),
    (Behaviour(message={"content": None, "notes": ["a"]}), "notes .*a"),
    *(
        (sending({"message": {"content": said}} | ending), words)
        for said, ending, words in [
            ("It is high", {"finish_reason": "MAX_TOKENS"}, "cut off .*max_tokens"),
            ("It is high", {"finish_reason": "model_length"}, "cut off .*max_tokens"),
            ("It is high", {"stop_reason": "max_tokens"}, "cut off .*max_tokens"),
            (
                "It is high",
                {"finish_reason": "stop", "native_finish_reason": "MAX_TOKENS"},
                "cut off",
            ),
            ("B", {"finish_reason": "SAFETY"}, "content filter .*SAFETY"),
            ("B", {"finish_reason": "content_filter: RECITATION"}, "content filter"),
        ]
    ),
]
"""What servers say that is no answer, and the words by which the row says so."""


@pytest.fixture(scope="module")
def asked_twice(tmp_path_factory):
    """Rows of two batches over one store in which the server is each of `NO_ANSWERS` to one."""
    folder = tmp_path_factory.mktemp("no_answers")
    soundfile.write(folder / "high.wav", 0.3 * np.sin(0.8 * np.arange(16_000)), 16_000)
    questions = {
        f"Which one, no. {number:02}?": said for number, (said, _) in enumerate(NO_ANSWERS)
    }
    rows = [
        {"audio": "high.wav", "question": question, "choices": ["low", "high"]}
        for question in questions
    ]
    (folder / "q.jsonl").write_text("\n".join(map(json.dumps, rows)))
    with AudioServer(Behaviour(others=questions)) as running:
        options = BatchOptions(
            provider="openai:ears",
            provider_options={"base_url": running.url, "check_audio": False},
            router="none",
            store=folder / "s.db",
        )
        runs = [run_batch(folder, folder / "q.jsonl", options).rows for _ in range(2)]
        assert not running.behaviour.bodies
    with Store(folder / "s.db") as store:
        assert store.stats().answers == 0
    return list(zip(*runs, strict=True))


@pytest.mark.slow
@pytest.mark.parametrize("number", range(len(NO_ANSWERS)), ids=[words for _, words in NO_ANSWERS])
def test_what_is_no_answer_is_not_kept(asked_twice, number):
    behaviour, words = NO_ANSWERS[number]
    for row in asked_twice[number]:
        assert row.answer is None
        assert re.search(words, row.complaint), row.complaint
    assert len(behaviour.bodies) == 2


def test_a_label_counts_although_its_explanation_was_cut_off(request_):
    answer = ask(Behaviour(finish="length", says="B. high\n\nExplanation: it has"), request_)
    assert answer.index == 1


@pytest.mark.slow
def test_failed_rows_are_asked_again_where_that_is_wanted(request_, tmp_path):
    (tmp_path / "q.csv").write_text(
        f"audio,question,choices,answer\n{request_.clip.name},Which?,low|high,high\n"
    )
    with AudioServer(Behaviour(says="Hard to say.")) as running:

        def run(*, retry_failed=False):
            options = BatchOptions(
                provider="openai:ears",
                provider_options={"base_url": running.url, "check_audio": False},
                router="none",
                store=tmp_path / "s.db",
                retry_failed=retry_failed,
            )
            (row,) = run_batch(request_.clip.parent, tmp_path / "q.csv", options).rows
            return row.correct, len(running.behaviour.bodies)

        assert run() == (False, 1)
        running.behaviour.says = None
        assert run() == (False, 1)
        assert run(retry_failed=True) == (True, 2)
        # It is the new one that is kept, and an answer is not asked for again.
        assert run(retry_failed=True) == run() == (True, 2)


@pytest.mark.slow
def test_a_damaged_answer_in_the_store_is_made_again(request_, tmp_path):
    (tmp_path / "q.csv").write_text(
        f"audio,question,choices,answer\n{request_.clip.name},Which?,low|high,high\n"
    )
    with AudioServer(Behaviour()) as running:
        options = BatchOptions(
            provider="openai:ears",
            provider_options={"base_url": running.url, "check_audio": False, "answer": "score"},
            router="none",
            store=tmp_path / "s.db",
        )
        for damage in ("prediction_index = 7", "probabilities = '[0.1'", "probabilities = '[1]'"):
            (row,) = run_batch(request_.clip.parent, tmp_path / "q.csv", options).rows
            assert row.correct and not row.answer_cached
            with Store(tmp_path / "s.db") as store:
                store._connection.execute(f"UPDATE answers SET {damage}")
                store._connection.commit()
        (row,) = run_batch(request_.clip.parent, tmp_path / "q.csv", options).rows
        assert row.correct and not row.answer_cached


def test_whatever_else_a_server_wants_is_sent(request_):
    behaviour = Behaviour()
    extra = '{"top_k": 1, "temperature": null, "max_tokens": 9}'
    assert ask(behaviour, request_, extra_body=extra).index == 1
    asked = behaviour.bodies[0]
    assert (asked["top_k"], asked["max_tokens"]) == (1, 9) and "temperature" not in asked
    one, other = (
        open_reasoner(
            REGISTRY, "openai:x", {"base_url": "http://h/v1", "extra_body": body}
        ).identity
        for body in ('{"a": 1, "b": 2}', '{"b": 2, "a": 2}')
    )
    same = {"base_url": "http://h/v1", "extra_body": '{"b": 2, "a": 1}'}
    assert one != other and one == open_reasoner(REGISTRY, "openai:x", same).identity
    for wrong in ('{"messages": []}', "[1]", "{"):
        with pytest.raises(UsageError, match="extra_body"):
            open_reasoner(REGISTRY, "openai:x", {"base_url": "http://h/v1", "extra_body": wrong})


@pytest.mark.parametrize("usage", [
    {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0},
    {"prompt_tokens": 9, "completion_tokens": 1, "total_tokens": 10,
     "prompt_tokens_details": {"audio_tokens": 50}},
])  # fmt: skip
def test_a_server_that_counts_otherwise_is_not_called_deaf(request_, usage):
    assert ask(Behaviour(usage=usage), request_).index == 1


def test_without_a_label_among_the_likeliest_tokens_nothing_is_chosen(request_):
    error = ask(Behaviour(likeliest=("<think>", "The")), request_, answer="score")
    assert "<think>" in error and "--answer generate" in error
    answer = ask(Behaviour(likeliest=("The", " (B")), request_, answer="score", check_audio=False)
    assert answer.index == 1


def scored(*listed, token="B", **logprobs):
    entries = [{"token": token, "logprob": logprob} for token, logprob in listed]
    given = logprobs or {"content": [{"token": token, "top_logprobs": entries}]}
    choice = {"message": {"content": token}, "logprobs": given}
    return sending(choice)


@pytest.mark.parametrize(
    ("behaviour", "expected"),
    [
        (scored(("b", -0.1), ("A", -5)), 1),
        (scored((" B", -1.2), ("A", -1.0), ("b", -1.3)), 1),
        (scored(content=[{"top_logprobs": {"B": -0.1, "A": -3}}]), 1),
        (scored(content=[{"top_logprobs": [{"token": None, "bytes": [66], "logprob": -0.1}]}]), 1),
        (scored(("\n", -0.001), ("A", -9), ("B", -10)), "'\\\\n'.*--answer generate"),
        (scored(("B", -9999), ("A", -9999)), "--answer generate"),
        (scored(("B", float("nan")), ("A", -1)), "no sense.*--answer generate"),
        (scored(("B", None), ("A", -1)), "no sense.*--answer generate"),
        (scored(content="B"), "no sense.*--answer generate"),
    ],
)
def test_labels_are_scored_only_where_they_were_about_to_be_said(request_, behaviour, expected):
    found = ask(behaviour, request_, answer="score", check_audio=False)
    if isinstance(expected, int):
        assert found.index == expected
    else:
        assert re.search(expected, str(found)), found


@pytest.mark.slow
def test_a_server_that_is_not_there_ends_the_batch_and_keeps_what_is_done(request_, tmp_path):
    lines = "".join(f"{request_.clip.name},Which of {i}?,low|high,high\n" for i in range(40))
    (tmp_path / "q.csv").write_text("audio,question,choices,answer\n" + lines)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = BatchOptions(
        provider="openai:ears",
        provider_options={"base_url": f"http://127.0.0.1:{port}/v1"},
        router="none",
        store=tmp_path / "s.db",
    )
    started = time.perf_counter()
    result = run_batch(request_.clip.parent, tmp_path / "q.csv", options)
    assert time.perf_counter() - started < 15
    assert result.status == "failed" and "nobody listens at http://127.0.0.1" in result.failure
    assert len(result.rows) == 40 and all(row.error for row in result.rows)
    assert any("run it again" in row.error for row in result.rows)
