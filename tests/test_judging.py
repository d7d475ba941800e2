"""Open-ended answers by measure and by judge, from the questions file to summary and answers."""

import json
import re

import pytest
from audio_server import AudioServer, Behaviour

from audiorouter import BatchOptions, run_batch
from audiorouter.batch.judging import PROMPT
from audiorouter.batch.planning.plan import make_plan
from audiorouter.batch.summary import summarise
from audiorouter.errors import UsageError
from audiorouter.plugins import load_registry
from audiorouter.plugins.opening import open_reasoner
from audiorouter.providers.interface import Answer, NoOptions, Provider, Reasoner, Request

SAID = {"Which key?": "F♯ minor", "How loud?": "12 dB", "Who?": "a hound", "What?": "odd"}


class Scripted(Reasoner):
    """Says what it is told; as a judge it goes by the words that it knows to mean the same."""

    def __init__(self, name, asked):
        self.name = self.identity = f"scripted:{name}"
        self.asked = asked

    def answer(self, requests):
        self.asked += requests
        return [self.judged(r) if r.text_only else Answer(SAID[r.question]) for r in requests]

    def judged(self, request):
        if '"odd"' in request.question:
            return Answer("hm")  # neither yes nor no
        hound = 'right: ["dog"]' in request.question and 'given: "a hound"' in request.question
        return Answer("", 0 if hound else 1)


class ScriptedProvider(Provider[NoOptions]):
    name = "scripted"
    description = "for tests"
    Options = NoOptions

    def __init__(self):
        self.asked = []

    def open(self, model, options):
        return Scripted(model, self.asked)


@pytest.fixture
def batch(tone, clips, tmp_path):
    """Runs the questions of `SAID` with some right answers."""
    tone("a.wav")
    provider, path, output = ScriptedProvider(), tmp_path / "q.jsonl", tmp_path / "a.jsonl"

    def run(answers, **options):
        lines = [
            {"audio": "a.wav", "question": asked, "answer": answers.get(asked)} for asked in SAID
        ]
        path.write_text("\n".join(map(json.dumps, lines)))
        options = BatchOptions(provider="scripted:x", router="none", output=output, **options)
        result = run_batch(clips, path, options, registry=run.registry)
        rows = [json.loads(line) for line in output.read_text().splitlines()]
        return summarise(result), {row["question"]: row for row in rows}, result

    run.provider = provider
    run.registry = load_registry(third_party=False)
    run.registry.providers["scripted"] = provider
    return run


RIGHT = {"Which key?": "F# minor", "How loud?": "-12 dB", "Who?": "dog"}


def test_answers_are_scored_by_measure_and_both_say_by_which(batch):
    summary, rows, _ = batch(RIGHT)
    assert [row["correct"] for row in rows.values()] == [True, False, False, None]
    assert [row["scored_by"] for row in rows.values()] == ["contains"] * 3 + [None]
    assert summary.open_scored_by == "contains" and summary.accuracy[:2] == (1, 3)
    summary, rows, _ = batch(RIGHT | {"What?": "an odd one"}, measure="wer")
    assert [row["wer"] for row in rows.values()] == [0, pytest.approx(1 / 3, abs=1e-4), 2, 0.6667]
    assert summary.as_json()["word_error_rate"] == {"errors": 5, "words": 10, "rate": 0.5}
    assert {row["scored_by"] for row in rows.values()} == {"wer"}


def test_a_judge_scores_open_answers_once_and_is_named(batch):
    summary, rows, _ = batch(RIGHT | {"What?": "even"}, judge="scripted:judge")
    assert [row["correct"] for row in rows.values()] == [False, False, True, None]
    assert {row["scored_by"] for row in rows.values()} == {"scripted:judge"}
    assert "not judged: scripted:judge said neither: 'hm'" in rows["What?"]["error"]
    assert summary.open_scored_by == "scripted:judge" and summary.accuracy[:2] == (1, 3)
    assert summary.judgements == 4 and summary.failed == 1
    judged = [request for request in batch.provider.asked if request.text_only]
    assert re.fullmatch(
        re.escape(PROMPT).replace(r"\{question\}", "(.*)").replace(r"\{answers\}", "(.*)")
        .replace(r"\{given\}", "(.*)"), judged[0].question
    ).groups() == ('"Which key?"', '["F# minor"]', '"F♯ minor"')  # fmt: skip
    asked = len(batch.provider.asked)
    again, rows, _ = batch({"Who?": "dog"}, judge="scripted:judge")
    assert len(batch.provider.asked) == asked and rows["Who?"]["correct"] is True
    assert (again.judgements, again.judgements_cached) == (0, 1)


def test_the_plan_counts_judgements_and_what_is_asked_again(batch, tmp_path, clips):
    answers = RIGHT | {"What?": "even"}

    def planned(**options):
        options = BatchOptions(provider="scripted:x", router="none", **options)
        plan = make_plan(clips, tmp_path / "q.jsonl", options, registry=batch.registry)
        return plan.answers, plan.judgements

    batch(answers)
    judge = {"judge": "scripted:judge"}
    assert (planned(), planned(**judge)) == ((0, 0), (0, 4))
    batch(answers, **judge)
    assert (planned(**judge), planned(**judge, retry_failed=True)) == ((0, 0), (0, 1))
    asked = len(batch.provider.asked)
    batch(answers, **judge, retry_failed=True)
    assert len(batch.provider.asked) == asked + 1
    with pytest.raises(UsageError, match="also used"):
        planned(output=tmp_path / "q.jsonl")


def test_options_that_change_nothing_are_named_and_contradictions_refused(batch):
    *_, result = batch({}, judge="scripted:judge")
    assert any("--judge is for open-ended questions" in remark for remark in result.remarks)
    *_, result = batch({}, measure="exact")
    assert any("--measure is for open-ended questions" in remark for remark in result.remarks)
    for options in (
        {"judge": "scripted:judge", "measure": "exact"},
        {"judge_options": {"a": 1}},
        {"judge": "nobody"},
        {"measure": "vibes"},
    ):
        with pytest.raises(UsageError):
            batch(RIGHT, **options)


def test_a_judge_behind_a_server_is_sent_words_alone(tone):
    request = Request(tone(), "0", "Is it the same?", ("yes", "no"), text_only=True)
    with AudioServer(Behaviour(says="B")) as server:
        (answer,) = open_reasoner(
            load_registry(third_party=False), "openai:m", {"base_url": server.url}
        ).answer([request])
        sent = server.behaviour.requests
    assert answer.index == 1 and len(sent) == 1
    assert [part["type"] for part in sent[0]["messages"][0]["content"]] == ["text"]
    assert sent[0]["max_tokens"] > 1
