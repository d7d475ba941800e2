"""The provider for servers, against real HTTP servers on the loopback."""

import asyncio
import json
import os
import re
import socket
import ssl
import subprocess
import sys
import time
import urllib.request

import pytest
from audio_server import AudioServer, Behaviour
from commands import command

from audiorouter import BatchOptions, Request, run_batch
from audiorouter.errors import ReasonerError, UsageError
from audiorouter.machine.credentials import get_key, keys_path, known_keys, set_key
from audiorouter.plugins import load_registry
from audiorouter.plugins.opening import open_reasoner
from audiorouter.providers.openai.limit import START, AdaptiveLimit
from audiorouter.providers.openai.session import authorities
from audiorouter.providers.openai.waits import named_wait, retry_after
from audiorouter.store import Store

REGISTRY = load_registry(third_party=False)
SECRET = "sk-never-to-be-seen-0123456789"


@pytest.fixture(autouse=True)
def own_settings(tmp_path, monkeypatch):
    monkeypatch.setenv("AUDIOROUTER_CONFIG", str(tmp_path / "config"))
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "MINE_API_KEY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def asked(tone):
    """Tones with the question whether they are high or low, and the right answers."""
    made = []
    for number, hertz in enumerate((200, 2000, 300, 1500, 250, 1000)):
        path = tone(f"{number}.wav", frequency=hertz)
        right = "high" if hertz > 600 else "low"
        made.append((Request(path, str(number), "High or low?", ("high", "low")), right))
    return made


def server(url, **options):
    return open_reasoner(REGISTRY, "openai:ears", {"base_url": url, **options})


@pytest.mark.parametrize("audio", ["input_audio", "audio_url"])
@pytest.mark.parametrize("answer", ["generate", "score"])
def test_a_server_hears_the_clips(asked, audio, answer):
    with AudioServer(Behaviour()) as running:
        answers = server(running.url, audio=audio, answer=answer).answer([r for r, _ in asked])
    assert [a.text if answer == "score" else ["high", "low"][a.index] for a in answers] == [
        right for _, right in asked
    ]
    assert all((a.probabilities is not None) == (answer == "score") for a in answers)
    assert all(a.usage["prompt_audio_tokens"] > 0 for a in answers)


def test_a_hundred_long_clips_are_not_all_kept(tone, monkeypatch):
    from audiorouter.providers.openai import reasoner as module

    monkeypatch.setattr(module, "wav_base64", lambda path, *, longest: "x" * (20 << 20))
    reasoner = server("http://127.0.0.1:9/v1")
    requests = [Request(tone(), str(i), "High?", ("yes", "no")) for i in range(20)]

    async def encode():
        for request in requests:
            await reasoner._audio(request)

    asyncio.run(encode())
    held = [reasoner._clips.get(request.audio_hash) for request in requests]
    assert sum(len(one) for one in held if one) <= 256 << 20
    assert held[-1] is not None


def test_a_server_that_drops_the_audio_is_found_out(asked):
    with AudioServer(Behaviour(deaf=True)) as running:
        with pytest.raises(ReasonerError, match="drops the audio"):
            server(running.url).answer([asked[0][0]])
        assert server(running.url, check_audio="false").answer([asked[0][0]])


def test_nothing_more_is_paid_for_where_the_audio_is_dropped(asked):
    async def ask(reasoner):
        errors = []
        for request, _ in asked:
            with pytest.raises(ReasonerError, match="drops the audio") as raised:
                await reasoner.reply(request)
            errors.append(raised.value)
        return errors

    with AudioServer(Behaviour(deaf=True)) as running:
        errors = asyncio.run(ask(server(running.url)))
    assert len(running.behaviour.requests) == 2, "the first question, and once more without audio"
    assert all(error.lasting for error in errors), "three end a batch"


def test_windows_need_a_length_and_a_length_an_audio():
    with pytest.raises(UsageError, match="long=window needs longest"):
        server("http://127.0.0.1:9/v1", long="window")
    deaf = server("http://127.0.0.1:9/v1", longest="30", audio="none")
    assert "longest changes nothing" in deaf.remarks[0]
    assert deaf.identity == server("http://127.0.0.1:9/v1", audio="none").identity


def test_a_text_model_is_sent_no_audio(asked):
    with AudioServer(Behaviour()) as running:
        answers = server(running.url, audio="none").answer([request for request, _ in asked])
    assert [answer.usage["prompt_audio_tokens"] for answer in answers] == [0] * len(asked)


def test_scoring_needs_log_probabilities(asked):
    with (
        AudioServer(Behaviour(logprobs=False)) as running,
        pytest.raises(ReasonerError, match="--answer generate"),
    ):
        server(running.url, answer="score").answer([asked[0][0]])


@pytest.mark.slow
def test_every_question_is_answered_once_by_a_faulty_server(asked, tmp_path):
    clips = asked[0][0].clip.parent
    lines = ["audio,question,choices,answer"]
    for copy in range(10):
        lines += [
            f"{r.clip.name},High or low in copy {copy}?,high|low,{right}" for r, right in asked
        ]
    (tmp_path / "questions.csv").write_text("\n".join(lines) + "\n")
    with AudioServer(Behaviour(faults=0.2, hang=2.0)) as running:
        options = BatchOptions(
            provider="openai:ears",
            provider_options={"base_url": running.url, "request_timeout": 1.0},
            router="none",
            store=tmp_path / "s.db",
        )
        result = run_batch(clips, tmp_path / "questions.csv", options)
        assert running.behaviour.faulty > 0
        assert all(row.correct for row in result.rows), [row.complaint for row in result.rows]
        assert result.reasoning.answers_made == len(result.rows) == 60
        before = len(running.behaviour.requests)
        again = run_batch(clips, tmp_path / "questions.csv", options)
        assert again.reasoning.answers_made == 0
        assert len(running.behaviour.requests) == before
    with Store(tmp_path / "s.db") as store:
        rows = store.answers([row.answer_key for row in result.rows]).values()
        assert all("prompt_tokens" in json.loads(row.usage) for row in rows)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fault", "complaint"), [("drips", "no reply within 1 s"), ("endless", "more than 16 MiB")]
)
def test_a_reply_without_end_is_not_waited_for(asked, fault, complaint):
    with AudioServer(Behaviour(**{fault: True})) as running:
        started = time.perf_counter()
        with pytest.raises(ReasonerError, match=complaint):
            server(running.url, attempts=1, request_timeout=1.0).answer([asked[0][0]])
        assert time.perf_counter() - started < 20


def test_what_no_attempt_helps_is_said_at_once(asked):
    with AudioServer(Behaviour(key="right")) as running:
        started = time.perf_counter()
        with pytest.raises(ReasonerError, match="refuses the key"):
            server(running.url).answer([asked[0][0]])
        assert time.perf_counter() - started < 5
    with pytest.raises(ReasonerError, match="no answer in 2 attempts"):
        server(running.url, attempts=2).answer([asked[0][0]])


@pytest.mark.parametrize(
    ("status", "message", "said", "lasting"),
    [
        (400, "API key not valid. Please pass a valid API key.", "refuses the key", True),
        (400, "Invalid image in the request", "Invalid image", False),
        (403, "flagged by a filter", "does not allow it .*if it allows nothing, see", False),
        (403, "Invalid API key", "refuses the key", True),
    ],
)
def test_a_key_is_to_blame_where_the_server_says_so(asked, status, message, said, lasting):
    refusal = json.dumps({"error": {"message": message}})
    refused = pytest.raises(ReasonerError, match=said)
    with (
        AudioServer(Behaviour(sends=(status, "application/json", refusal))) as running,
        refused as raised,
    ):
        server(running.url).answer([asked[0][0]])
    assert raised.value.lasting is lasting


@pytest.mark.slow
def test_a_key_is_nowhere_on_disk_after_a_failing_run(asked, tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    clips = asked[0][0].clip.parent
    (tmp_path / "q.csv").write_text("audio,question,choices\n0.wav,High or low?,high|low\n")
    with AudioServer(Behaviour(key="another")) as running:
        done = subprocess.run(
            command(
                *("-vv", "batch", clips, tmp_path / "q.csv", "--provider", "openai:ears"),
                *("--base-url", running.url, "-P", "key=mine", "--router", "none"),
                *("-o", home / "answers.csv", "--report", home / "report.html"),
            ),
            env=os.environ
            | {"MINE_API_KEY": SECRET, "HOME": str(home), "AUDIOROUTER_DB": str(home / "s.db")}
            | {"AUDIOROUTER_CONFIG": str(home / "config"), "OPENAI_LOG": "debug"},
            capture_output=True,
            text=True,
            timeout=120,
        )
    assert done.returncode == 1 and "refuses the key" in (home / "answers.csv").read_text()
    assert SECRET not in done.stdout + done.stderr
    for path in home.rglob("*"):
        assert not path.is_file() or SECRET.encode() not in path.read_bytes(), path


def test_keys_are_kept_from_others_and_from_other_servers(asked, monkeypatch):
    set_key("mine", SECRET)
    assert keys_path().stat().st_mode & 0o777 == 0o600
    assert get_key("mine") == SECRET
    assert [(key.name, key.source) for key in known_keys()] == [("mine", str(keys_path()))]
    keys_path().chmod(0o644)
    with pytest.raises(UsageError, match="chmod 600"):
        get_key("mine")
    keys_path().chmod(0o600)
    monkeypatch.setenv("OPENAI_API_KEY", SECRET)
    with AudioServer(Behaviour(key=SECRET)) as running:
        # OpenAI's key is not sent to a stranger, the named one is.
        with pytest.raises(ReasonerError, match="refuses the key"):
            server(running.url).answer([asked[0][0]])
        assert server(running.url, key="mine").answer([asked[0][0]])
    monkeypatch.delenv("OPENAI_API_KEY")
    with pytest.raises(UsageError, match="OPENAI_API_KEY"):
        open_reasoner(REGISTRY, "openai:gpt-audio")
    with pytest.raises(UsageError, match="leave the key, user or password out"):
        server("http://user:secret@127.0.0.1/v1")


@pytest.mark.parametrize(
    ("max_calls", "expected"), [(1, ["silences"]), (2, ["silences", "loudness"])]
)
def test_the_prompted_router_calls_functions_and_asks_again(asked, tmp_path, max_calls, expected):
    request, _ = asked[1]
    (tmp_path / "q.csv").write_text(
        f"audio,question,choices,answer\n{request.clip.name},High or low?,high|low,high\n"
    )
    with AudioServer(Behaviour(functions=("silences", "loudness"))) as running:
        result = run_batch(
            request.clip.parent,
            tmp_path / "q.csv",
            BatchOptions(
                provider="openai:ears",
                provider_options={"base_url": running.url},
                router="prompted",
                max_calls=max_calls,
            ),
        )
    (row,) = result.rows
    assert row.correct and [call.tool for call in row.route.calls] == expected
    told = [r for r in running.behaviour.requests if "tools" not in r][-1]
    assert "- silences: " in told["messages"][0]["content"][-1]["text"]


def test_words_that_name_no_choice_are_an_unparsed_row(asked, tmp_path):
    request, _ = asked[0]
    (tmp_path / "q.csv").write_text(
        f"audio,question,choices,answer\n{request.clip.name},High or low?,high|low,low\n"
    )
    with AudioServer(Behaviour(says="It could be high or low.")) as running:
        options = BatchOptions(
            provider="openai:ears", provider_options={"base_url": running.url}, router="none"
        )
        (row,) = run_batch(request.clip.parent, tmp_path / "q.csv", options).rows
    assert row.correct is False and row.prediction is None and row.failed
    assert "unparsed" in row.complaint and "It could be high or low." in row.complaint


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "3"}, 3.0),
        ({"retry-after": "3", "retry-after-ms": "250"}, 0.25),
        ({"retry-after": "99999"}, 600.0),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}, 0.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "7s"}, 7.0),
        ({"retry-after": "nan"}, None),
    ],
)
def test_retry_after_in_every_form(headers, seconds):
    assert retry_after(headers) == seconds


@pytest.mark.parametrize(
    ("words", "seconds"),
    [
        ("Rate limit reached. Please try again in 7.66s.", 7.66),
        ("Please try again in 1m2.5s", 62.5),
        ("try again in 250ms", 0.25),
        ("[{'error': {'details': [{'retryDelay': '34s'}]}}]", 34.0),
        ("Please retry after 12 seconds.", 12.0),
        ("try again in 99999s", 600.0),
        ("try again later", None),
    ],
)
def test_a_wait_that_is_named_in_words(words, seconds):
    assert named_wait(words) == seconds


def test_the_limit_grows_narrows_once_a_round_and_recovers():
    limit = AdaptiveLimit(64)
    for _ in range(100):
        limit.succeeded()
    assert limit.width == 64
    entered = time.monotonic()
    for _ in range(10):  # ten refusals of requests that were on their way together
        limit.refused(entered, None)
    assert START < 64 * 0.6 < limit.width < 64
    for _ in range(2000):
        limit.succeeded()
    assert limit.width == 64


@pytest.mark.slow
def test_a_server_of_transformers_answers(asked, checkpoint, tmp_path):
    """`transformers serve`, with a tiny checkpoint of Qwen2-Audio."""
    folder = checkpoint("qwen2_audio")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (tmp_path / "hub").mkdir()
    with (tmp_path / "log").open("w") as log:
        running = subprocess.Popen(
            [
                *(sys.executable, "-m", "transformers.cli.transformers", "serve", folder),
                *("--host", "127.0.0.1", "--port", str(port), "--device", "cpu"),
            ],
            env=os.environ | {"HF_HUB_OFFLINE": "1", "HF_HUB_CACHE": str(tmp_path / "hub")},
            stdout=log,
            stderr=log,
        )
    try:
        url = f"http://127.0.0.1:{port}/v1"
        wait_for(f"{url}/models", running, tmp_path / "log")
        requests = [request for request, _ in asked[:2]]
        served = open_reasoner(REGISTRY, f"openai:{folder}", {"base_url": url, "max_tokens": 5})
        here = open_reasoner(
            REGISTRY, f"transformers:{folder}", {"answer": "generate", "max_new_tokens": 5}
        )
        # The same model, prompt and audio, but for 16 bits a sample: so the same words, which
        # random weights never end.
        for request, error in zip(requests, here.answer(requests), strict=True):
            words = str(error)[str(error).index(" (") :]
            with pytest.raises(ReasonerError, match=re.escape(words)):
                served.answer([request])
    finally:
        running.terminate()
        running.wait(20)


def wait_for(url, running, log):
    for _ in range(240):
        assert running.poll() is None, log.read_text()
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except OSError:
            time.sleep(0.5)
    raise AssertionError(f"no server at {url}: {log.read_text()}")


def test_where_no_tls_is_spoken_nobodys_certificate_would_count():
    nobody = authorities("http://127.0.0.1:1/v1")
    assert nobody.verify_mode is ssl.CERT_REQUIRED and nobody.check_hostname
    assert nobody.cert_store_stats()["x509"] == 0
    assert authorities("https://127.0.0.1:1/v1") is authorities(None) is True
