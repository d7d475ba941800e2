"""Servers that say too much, too slowly or too tightly packed, on the loopback."""

import gzip
import json
import time
import tracemalloc
import zlib

import asked_server
import pytest
from audio_server import AudioServer, Behaviour

from audiorouter import BatchOptions, Request, run_batch
from audiorouter.providers.openai.wire import MAX_TEXT
from audiorouter.providers.parsing import parse_calls, read_answer
from audiorouter.providers.reply_text import wrapped

JSON = "application/json"
ANSWER = json.dumps(
    {"choices": [{"index": 0, "finish_reason": "stop", "message": {"content": "B"}}]}
).encode()


@pytest.fixture(autouse=True)
def own_settings(tmp_path, monkeypatch):
    monkeypatch.setenv("AUDIOROUTER_CONFIG", str(tmp_path / "config"))
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def request_(tone):
    return Request(tone("high.wav", frequency=2000), "h", "High or low?", ("low", "high"))


def ask(behaviour, request, **options):
    """What comes of one question that is asked once, whatever the server seems to hear."""
    return asked_server.ask(behaviour, request, **{"attempts": 1, "check_audio": False} | options)


@pytest.mark.parametrize(
    ("packed", "body"),
    [("gzip", gzip.compress(ANSWER)), ("deflate", zlib.compress(ANSWER)), ("Identity", ANSWER)],
    ids=["gzip", "deflate", "as it is"],
)
def test_a_packed_reply_is_read_although_none_was_asked_for(packed, body, request_):
    behaviour = Behaviour(sends=(200, JSON, body), packed=packed)
    assert ask(behaviour, request_).index == 1
    assert behaviour.headers[0]["accept-encoding"] == "identity"


@pytest.mark.parametrize("status", [200, 500])
def test_a_reply_that_unpacks_to_a_thousand_times_its_size_is_given_up(status, request_):
    bomb = gzip.compress(bytes(200 << 20), 1)
    tracemalloc.start()
    said = ask(Behaviour(sends=(status, JSON, bomb), packed="gzip"), request_)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert "more than 16 MiB" in said and peak < 100 << 20


@pytest.mark.parametrize(
    ("packed", "body", "words"),
    [("br", ANSWER, "packed as 'br'"), ("gzip", ANSWER, "cannot be unpacked")],
)
def test_what_cannot_be_unpacked_is_said(packed, body, words, request_):
    assert words in ask(Behaviour(sends=(200, JSON, body), packed=packed), request_)


@pytest.mark.slow
def test_an_answer_of_megabytes_is_not_kept(request_, tmp_path):
    (tmp_path / "q.csv").write_text("audio,question\nhigh.wav,What?\n")
    with AudioServer(Behaviour(says="x" * 10_000_000)) as running:
        options = BatchOptions(
            provider="openai:ears", provider_options={"base_url": running.url}, router="none"
        )
        result = run_batch(request_.clip.parent, tmp_path / "q.csv", options)
    assert "the reply has 10,000,000 characters" in result.rows[0].error
    assert sum(file.stat().st_size for file in options.store_path.parent.iterdir()) < 1 << 20


@pytest.mark.slow
@pytest.mark.parametrize(
    "body",
    ["[" * 1_000_000, '{"choices":' * 100_000, "<html>" + "<title>" * 500_000, "<" * 5_000_000],
)
def test_a_body_that_is_made_to_be_hard_to_read_is_an_error_of_its_row(body, request_):
    started = time.process_time()
    for status in (200, 400):
        said = ask(Behaviour(sends=(status, JSON, body)), request_)
        assert isinstance(said, str) and len(said) < 3_000
    assert time.process_time() - started < 20


def test_more_counts_than_anybody_needs_are_not_kept(request_):
    usage = {"x" * 1_000: 1} | {f"n{number}": number for number in range(10_000)}
    answer = json.loads(ANSWER) | {"usage": usage}
    kept = ask(Behaviour(sends=(200, JSON, json.dumps(answer))), request_).usage
    assert 0 < len(kept) < 100 and max(map(len, kept)) < 1_000


@pytest.mark.parametrize("choices", [(), ("low", "high")])
@pytest.mark.parametrize("piece", [" a", "(A", "\n", "*", "answer: ", '"'])
def test_a_long_reply_is_read_in_no_time(piece, choices, request_):
    asked = Request(request_.clip, "h", "High or low?", choices)
    text = "x" + piece * (MAX_TEXT // len(piece) - 2) + "y"
    started = time.process_time()
    read_answer(text, asked)
    assert time.process_time() - started < 10, "minutes where the time grows with the square"


@pytest.mark.slow
@pytest.mark.parametrize(
    "piece", ["{", "[", '{"', '{"a":', '{"a":[', '[{"a":', '[{"a":"', "{a ", '{"a":' + "9" * 5_000]
)
@pytest.mark.parametrize("read", [wrapped, parse_calls])
def test_a_long_text_of_braces_is_read_in_no_time(read, piece):
    for text in (piece * (MAX_TEXT // len(piece)), piece * 900 + "1," * (MAX_TEXT // 2)):
        started = time.process_time()
        read(text)
        assert time.process_time() - started < 5


@pytest.mark.slow
@pytest.mark.parametrize("read", [wrapped, parse_calls])
def test_a_long_text_behind_a_brace_is_read_in_no_time(read):
    started = time.process_time()
    read("{" + "a " * MAX_TEXT)
    assert time.process_time() - started < 5


def test_an_answer_behind_thousands_of_braces_is_read():
    text = r"\frac{1}{2} " * 20_000 + '{"answer": "B"}'
    assert wrapped(text) == ["B"]
    assert parse_calls("{x} " * 20_000 + '[{"tool": "tempo"}]')[0].tool == "tempo"


@pytest.mark.slow
def test_a_server_that_drips_or_says_nothing_is_given_up_in_time(request_):
    for behaviour in (Behaviour(drips=True), Behaviour(latency=30.0)):
        started = time.perf_counter()
        said = ask(behaviour, request_, request_timeout=0.5)
        assert "no reply within 0.5 s" in said and time.perf_counter() - started < 10


def _events(delta, bytes_):
    event = "data:" + json.dumps({"choices": [{"delta": delta}]}, separators=(",", ":")) + "\n"
    return event * (bytes_ // len(event)) + "data:[DONE]\n"


@pytest.mark.slow
@pytest.mark.parametrize("delta", [{"content": [1]}, {"content": "x"}, {}])
def test_more_events_than_any_answer_has_are_given_up_in_time(delta, request_):
    started = time.process_time()
    said = ask(Behaviour(sends=(200, "text/event-stream", _events(delta, 15 << 20))), request_)
    assert "more than 200,000 events" in said
    assert time.process_time() - started < 20, "minutes where each is put to all before it"


@pytest.mark.slow
@pytest.mark.parametrize(
    "delta",
    [
        pytest.param({"content": list(range(300))}, marks=pytest.mark.slow),
        {"content": "x" * 60},
    ],
)
def test_events_of_megabytes_are_put_together_in_time(delta, request_):
    started = time.process_time()
    said = ask(Behaviour(sends=(200, "text/event-stream", _events(delta, 15 << 20))), request_)
    assert isinstance(said, str), "too long, or nothing"
    assert time.process_time() - started < 20
