"""What a batch says of its health at its end, against a real server on the loopback."""

import json
import pickle
import random

import pytest
from audio_server import AudioServer, Behaviour

from audiorouter import BatchOptions, run_batch
from audiorouter.batch.health import Health, RowHealth
from audiorouter.batch.reasoning.latencies import RELATIVE_ERROR, Latencies
from audiorouter.batch.reasoning.reasoning_counters import ReasoningCounters
from audiorouter.batch.rows import Row
from audiorouter.batch.summary import summarise
from audiorouter.cli.batch_tables import summary_report
from audiorouter.cli.output import report_text
from audiorouter.clips import ClipFacts
from audiorouter.questions import Question
from audiorouter.toolbox import ToolCall
from audiorouter.toolbox.results import CallResult


@pytest.fixture
def summed_up(tone, tmp_path, own_store):
    """Sums up a batch of a server that behaves so, about two clips and one that there is not."""
    clips = tone("0.wav", frequency=200).parent
    tone("1.wav", frequency=2000)
    rows = [f"{name}.wav,High or low?,high|low,low\n" for name in ("0", "1", "gone")]
    (tmp_path / "q.csv").write_text("audio,question,choices,answer\n" + "".join(rows))

    def run(behaviour: Behaviour, times: int = 1):
        with AudioServer(behaviour) as running:
            options = BatchOptions(
                provider="openai:ears",
                provider_options={"base_url": running.url, "check_audio": False},
                router="none",
                store=own_store,
            )
            return [summarise(run_batch(clips, tmp_path / "q.csv", options)) for _ in range(times)]

    return run


def text_of(summary) -> str:
    return report_text(summary_report(summary))


def test_only_what_is_not_zero_is_said(summed_up):
    usage = {"prompt_tokens": 1_500, "completion_tokens": 2, "total_tokens": 1_502}
    first, again = summed_up(Behaviour(usage=usage), times=2)
    assert "\nhealth: 1 skipped\nseconds an answer: p50 " in text_of(first)
    assert "\ntokens of what was made: 3,000 in prompts, 4 in answers\n" in text_of(first)
    assert first.health.latency_p95 >= first.health.latency_p50 > 0
    assert "\nhealth: 1 skipped, 2 whole from the store\n" in text_of(again)
    assert "seconds an answer" not in text_of(again) and "tokens" not in text_of(again)
    assert json.loads(json.dumps(again.as_json()))["health"]["cached"] == 2


@pytest.mark.parametrize(
    ("behaviour", "said"),
    [
        (Behaviour(says="It could be high or low."), "2 unparsed"),
        (Behaviour(says="It might", finish="length"), "2 cut off"),
        (Behaviour(finish="content_filter"), "2 refused"),
        (Behaviour(message={"content": None, "refusal": "No."}), "2 refused"),
        (
            Behaviour(sends=(200, "application/json", '{"block_reason": "SAFETY"}')),
            "2 refused",
        ),
    ],
    ids=["unparsed", "cut", "filtered", "refused", "blocked"],
)
def test_answers_that_are_none_are_counted_by_kind(summed_up, behaviour, said):
    assert f"\nhealth: {said}, 1 skipped\n" in text_of(*summed_up(behaviour))


def test_a_failed_call_counts_once_however_many_questions_need_it():
    failed = CallResult(ToolCall("beats"), None, None, "no luck", 0.0, cached=False)
    facts = [ClipFacts(f"hash {n}", 1.0, 8_000, 1, -20.0, -3.0) for n in range(2)]
    health = RowHealth()
    for number in range(6):
        question = Question(str(number), number, "a.wav", None, "Q?")
        health.add(Row(question, facts=facts[number % 2], results=[failed]))
    assert health.health(ReasoningCounters(), retried=0).failed_calls == 2


@pytest.mark.slow
def test_requests_that_are_sent_again_are_counted(summed_up, monkeypatch):
    monkeypatch.setattr("audiorouter.providers.openai.reasoner._FIRST_PAUSE", 0.01)
    monkeypatch.setattr("audiorouter.providers.openai.reasoner._LONGEST_BACKOFF", 0.01)
    body = '{"error": {"message": "busy"}}'
    behaviour = Behaviour(sends=(503, "application/json", body))
    (summary,) = summed_up(behaviour)
    assert summary.health.retried == 2 * 7
    assert "health: 14 retried, 1 skipped\n" in text_of(summary)


def test_what_answers_took_is_kept_in_memory_that_does_not_grow():
    latencies = Latencies()
    draw = random.Random(1)
    seconds = sorted(draw.lognormvariate(0, 2) for _ in range(20_000))
    for value in (*seconds, 0.0):
        latencies.add(value)
    assert latencies.quantile(0.99) == pytest.approx(seconds[19_799], rel=RELATIVE_ERROR)
    assert len(pickle.dumps(latencies)) < 10_000


def test_quantiles_are_by_nearest_rank():
    counters = ReasoningCounters()
    for number in range(100, 0, -1):
        counters.latencies.add(float(number))
    health = RowHealth().health(counters, retried=0)
    assert health.latency_p50 == pytest.approx(50, rel=RELATIVE_ERROR)
    assert health.latency_p95 == pytest.approx(95, rel=RELATIVE_ERROR)
    none = RowHealth().health(ReasoningCounters(), retried=0)
    assert none == Health(0, 0, 0, 0, 0, 0, 0, None, None)
