"""Servers that refuse everything end the batch; those that refuse single questions cost those."""

import json

import pytest
from audio_server import AudioServer, Behaviour

from audiorouter import BatchOptions, run_batch
from audiorouter.providers.openai import reasoner

JSON = "application/json"
QUESTIONS = 60


@pytest.fixture(autouse=True)
def own_settings(tmp_path, monkeypatch):
    monkeypatch.setenv("AUDIOROUTER_CONFIG", str(tmp_path / "config"))
    monkeypatch.setattr(reasoner, "_FIRST_PAUSE", 0.01)
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def batch(tmp_path, tone):
    """Asks a server that behaves so; gives the result and how many requests it got."""
    clip = tone()
    lines = "".join(f"{clip.name},Which of {i}?,low|high,high\n" for i in range(QUESTIONS))
    (tmp_path / "q.csv").write_text("audio,question,choices,answer\n" + lines)

    def run(behaviour):
        with AudioServer(behaviour) as running:
            options = BatchOptions(
                provider="openai:ears",
                provider_options={
                    "base_url": running.url, "in_flight": 4, "attempts": 2, "check_audio": False
                },
                router="none",
                store=tmp_path / "s.db",
                output=tmp_path / "answers.csv",
            )  # fmt: skip
            return run_batch(clip.parent, tmp_path / "q.csv", options), len(behaviour.bodies)

    return run


def refusal(status, **error):
    return status, JSON, json.dumps({"error": {"message": "not for you", **error}})


@pytest.mark.slow
@pytest.mark.parametrize(
    "sends",
    [
        refusal(402),
        refusal(404),
        refusal(429, type="insufficient_quota"),
        refusal(200, code=402),
    ],
    ids=lambda sends: f"{sends[0]} {sends[2][:60]}",
)
def test_a_server_that_refuses_everything_ends_the_batch(batch, tmp_path, sends):
    check_that_it_ends(batch, tmp_path, sends)


@pytest.mark.slow
def test_a_server_that_refuses_the_key_ends_the_batch(batch, tmp_path):
    check_that_it_ends(batch, tmp_path, refusal(401))


def check_that_it_ends(batch, tmp_path, sends):
    (tmp_path / "answers.csv").write_text("earlier answers")
    result, requests = batch(Behaviour(sends=sends))
    assert result.status == "failed" and result.failure.startswith("openai:ears: ")
    assert requests < QUESTIONS and len(result.rows) == QUESTIONS
    assert (tmp_path / "answers.csv").read_text() == "earlier answers"
    # Where it has come to its senses the batch goes on.
    again, _ = batch(Behaviour())
    assert again.status == "finished" and all(row.answer for row in again.rows)


@pytest.mark.slow
@pytest.mark.parametrize("status", [400, 403, 413, 500])
def test_a_server_that_refuses_single_questions_costs_those(batch, status):
    unwanted = [f"Which of {i}?" for i in range(20, 30)]
    refusing = Behaviour(sends=refusal(status))
    result, _ = batch(Behaviour(others=dict.fromkeys(unwanted, refusing)))
    assert result.status == "finished"
    assert [row.question.text for row in result.rows if row.error] == unwanted


@pytest.mark.slow
@pytest.mark.parametrize("status", [400, 403])
def test_a_server_that_finds_fault_with_every_question_is_asked_all(batch, status):
    result, requests = batch(Behaviour(sends=refusal(status)))
    assert result.status == "finished" and requests == QUESTIONS


@pytest.mark.slow
def test_what_was_refused_alone_is_asked_again_and_ends_no_later_batch(batch):
    unwanted = ["Which of 3?", "Which of 5?", "Which of 7?"]
    refusing = dict.fromkeys(unwanted, Behaviour(sends=refusal(403)))
    for _ in range(2):
        result, _ = batch(Behaviour(others=refusing))
        assert result.status == "finished"
        assert [row.question.text for row in result.rows if row.error] == unwanted
