"""Routers side by side: each sees what it sees in a batch, and what is not known is not made up."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from reasoners import Fails, Listens, Opens, Unsure

from audiorouter import BatchOptions, run_batch
from audiorouter.cli.evaluation_tables import evaluation_report
from audiorouter.cli.output import report_text
from audiorouter.clips import ClipFacts
from audiorouter.errors import ToolError, UsageError
from audiorouter.evaluation.baselines import UntrainedPolicy
from audiorouter.evaluation.calibration import expected_calibration_error
from audiorouter.evaluation.comparison import evaluate_routers
from audiorouter.routing.interface import (
    AskingRouter,
    HelpEstimate,
    Route,
    Router,
    RouteRequest,
)
from audiorouter.routing.strategies import FixedRouter, RulesRouter
from audiorouter.sentence_encoder import SentenceEncoder
from audiorouter.toolbox import ToolCall

LOUDNESS = (ToolCall("loudness"),)


class Recorder(Router):
    """Takes `loudness`, where it is asked about clip 0 or the reasoner is unsure."""

    name = "recorder"

    def __init__(self, *, listening_calls=(), wants_margin=False):
        self.identity = f"recorder {listening_calls} {wants_margin}"
        self.listening_calls = listening_calls
        self.wants_margin = wants_margin
        self.seen: list[RouteRequest] = []

    def route(self, requests: Sequence[RouteRequest]) -> list[Route]:
        self.seen += requests
        return [
            Route(LOUDNESS if r.margin is not None and r.margin < 0.5 else ()) for r in requests
        ]


@pytest.mark.slow
@pytest.mark.weights
@pytest.mark.parametrize("listening_calls", [(), (ToolCall("silences"),)])
@pytest.mark.parametrize("wants_margin", [False, True])
def test_a_router_sees_in_an_evaluation_what_it_sees_in_a_batch(
    two_tools,
    outcomes_by,
    four_questions,
    question_file,
    clips,
    monkeypatch,
    listening_calls,
    wants_margin,
):
    in_evaluation = Recorder(listening_calls=listening_calls, wants_margin=wants_margin)
    evaluation = evaluate_routers(
        outcomes_by(Listens()), four_questions, {"r": in_evaluation}, two_tools.tools
    )
    in_batch = Recorder(listening_calls=listening_calls, wants_margin=wants_margin)
    monkeypatch.setattr("audiorouter.batch.run.open_router", lambda *_, **__: in_batch)
    two_tools.providers["fake"] = Opens(Listens())
    rows = run_batch(clips, question_file, BatchOptions(provider="fake"), registry=two_tools).rows

    def by_clip(seen):
        return {request.facts.audio_hash: request for request in seen}

    assert by_clip(in_evaluation.seen) == by_clip(in_batch.seen)
    for request in in_evaluation.seen:
        assert [item.call for item in request.heard] == list(listening_calls)
        assert (request.margin is not None) is wants_margin
    score = evaluation.strategies["r"]
    assert [tuple(row.route.calls) for row in rows] == list(score.routes)
    assert [row.correct for row in rows] == score.correct.tolist()
    assert {len(route) for route in score.routes} == ({0, 1} if wants_margin else {0})


@pytest.mark.slow
@pytest.mark.weights
def test_margin_and_confidence_are_unknown_without_probabilities(
    outcomes_by, two_tools, four_questions
):
    table = outcomes_by(Unsure()).fill(four_questions, [LOUDNESS]).table
    assert np.isnan(table.margin).all() and np.isnan(table.confidence).all()
    assert all(request.margin is None for request in table.requests_with_margins())
    evaluation = evaluate_routers(outcomes_by(Unsure()), four_questions, {}, two_tools.tools)
    assert {score.calibration_error for score in evaluation.strategies.values()} == {None}
    json.dumps(evaluation.as_json(), allow_nan=False)
    assert " - " in report_text(evaluation_report(evaluation))


def test_calibration_is_that_of_the_answers_that_have_a_confidence():
    confidence = np.array([math.nan, 0.8, 0.8])
    found = expected_calibration_error(confidence, np.array([False, True, True]))
    assert found == pytest.approx(0.2)


@pytest.mark.slow
@pytest.mark.weights
def test_routers_that_were_asked_for_are_compared_whatever_their_name(
    outcomes_by, two_tools, four_questions
):
    routers = {"rules": RulesRouter(two_tools.tools), "oracle": FixedRouter("oracle", [])}
    evaluation = evaluate_routers(outcomes_by(Listens()), four_questions, routers, two_tools.tools)
    assert evaluation.routers == ("rules", "router oracle")
    compared = {(c.first, c.second) for c in evaluation.comparisons}
    assert {("rules", "none"), ("rules", "all"), ("router oracle", "oracle")} <= compared
    assert not [first for first, _ in compared if first not in evaluation.routers]
    assert set(evaluation.worth("loudness").chosen) == {"rules", "router oracle"}
    # A router in a folder named like a baseline in hindsight does not take its place.
    assert evaluation.strategies["oracle"].accuracy.mean == 1.0
    assert evaluation.strategies["router oracle"].accuracy.mean == 0.0


# What could not be answered


@pytest.mark.slow
@pytest.mark.weights
def test_unanswered_is_wrong_for_the_strategies_that_took_that_route(
    outcomes_by, two_tools, four_questions
):
    too_long = Fails(lambda request, tools: len(tools) == 2 and "1.wav" in str(request.clip))
    evaluation = evaluate_routers(outcomes_by(too_long), four_questions, {}, two_tools.tools)
    assert len(evaluation.table) == 4 and not evaluation.problems
    unanswered = {name: score.unanswered for name, score in evaluation.strategies.items()}
    assert unanswered.pop("all") == 1 and set(unanswered.values()) == {0}
    assert evaluation.strategies["all"].accuracy.mean == 0.75
    assert evaluation.strategies["best single"].accuracy.mean == 1.0
    assert evaluation.strategies["all"].tool_seconds.min() > 0, "its calls were made all the same"
    assert evaluation.as_json()["strategies"]["all"]["unanswered"] == 1
    assert "unanswered" in report_text(evaluation_report(evaluation))


@pytest.mark.slow
@pytest.mark.weights
def test_a_fault_that_passes_is_the_same_fault_in_table_and_strategies(
    outcomes_by, two_tools, four_questions
):
    failed = []

    def once(request, tools):
        if tools == ["loudness", "silences"] and request.clip not in failed:
            failed.append(request.clip)
            return True
        return False

    reasoner = Fails(once)
    reasoner.batch_size = 1  # what fails in a larger batch is tried again by itself
    evaluation = evaluate_routers(outcomes_by(reasoner), four_questions, {}, two_tools.tools)
    assert len(failed) == 4 and evaluation.strategies["all"].unanswered == 4
    assert (~evaluation.table.answered).sum() == 4


@pytest.mark.slow
@pytest.mark.weights
def test_a_question_that_no_route_answers_is_left_out_and_named(
    outcomes_by, two_tools, four_questions
):
    never = Fails(lambda request, _tools: "1.wav" in str(request.clip))
    evaluation = evaluate_routers(outcomes_by(never), four_questions, {}, two_tools.tools)
    assert len(evaluation.table) == 3
    assert list(evaluation.problems.values()) == ["the reasoner could not answer it by any route"]
    assert "left out: 1 question\n" in report_text(evaluation_report(evaluation))
    always = Fails(lambda *_: True)
    always.identity = "fails always"
    with pytest.raises(UsageError, match="no question was answered"):
        evaluate_routers(outcomes_by(always), four_questions, {}, two_tools.tools)


@pytest.mark.slow
@pytest.mark.weights
def test_a_route_with_calls_that_make_no_sense_costs_its_question_only(
    outcomes_by, two_tools, four_questions
):
    class Nonsense(Recorder):
        def route(self, requests):
            return [Route((ToolCall("loudness", {"no": "such"}),)) for _ in requests]

    evaluation = evaluate_routers(
        outcomes_by(Listens()), four_questions, {"n": Nonsense()}, two_tools.tools
    )
    assert evaluation.strategies["n"].unanswered == 4
    with pytest.raises(ToolError):
        two_tools.tools["loudness"].normalised({"no": "such"})


# What is shown, and the command


ASKING = """
from audiorouter import Answer, NoOptions, Provider, Reasoner, hookimpl
from audiorouter import AskingRouter, Route, RouterFactory, ToolCall

class First(Reasoner):
    name = identity = "first"

    def answer(self, requests):
        return [Answer(r.choices[0], 0) for r in requests]

class Opens(Provider[NoOptions]):
    name = "first"
    description = "for a test"
    Options = NoOptions

    def open(self, model, options):
        return First()

@hookimpl
def register_providers(register):
    register(Opens())

class Asks(AskingRouter):
    name = identity = "asks"

    async def decide(self, request, ask, *, max_calls):
        return Route((ToolCall("loudness"),))

class Factory(RouterFactory):
    name = "asks"
    description = "for a test"

    def open(self, argument, tools):
        return Asks()

@hookimpl
def register_routers(register):
    register(Factory())
"""


@pytest.mark.slow
@pytest.mark.weights
def test_evaluate_tells_routers_that_ask_by_what_they_are(
    question_file, clips, tmp_path, own_store, use_plugins
):
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "asks.py").write_text(ASKING)
    use_plugins(tmp_path / "plugins")

    def evaluate(*options):
        command = [
            *(sys.executable, "-m", "audiorouter", "evaluate", question_file, "--clips", clips),
            *("--provider", "first", "--tools", "loudness,silences", *options),
        ]
        return subprocess.run(command, capture_output=True, text=True, timeout=120)

    done = evaluate("--router", "rules", "--max-calls", "2", "--with-tool", "nosuch")
    assert "--max-calls is for routers that ask: none here does" in done.stderr
    assert done.returncode == 2 and not done.stdout
    assert "no evaluated tool 'nosuch' (known: loudness, silences)" in done.stderr
    assert not own_store.exists(), "it is said before the work"
    report = tmp_path / "report"
    done = evaluate("--router", "asks", "--max-calls", "2", "--report", report)
    assert done.returncode == 0 and "--max-calls" not in done.stderr
    assert "asks" in done.stdout
    assert f"the report is {report / 'index.html'}" in done.stderr
    assert '"kind":"evaluation"' in (report / "data" / "index.js").read_text()
    rows = (report / "data" / "rows-0000.js").read_text()
    assert '"prediction":"yes"' in rows and "loudness: " in rows
    assert len(list((report / "data" / "clips").iterdir())) == 4


# What is measured beside accuracy


def with_skills(questions, skills):
    return [
        replace(question, record={**question.record, "skill": skill})
        for question, skill in zip(questions, skills, strict=True)
    ]


class Expects(FixedRouter):
    """Calls `loudness` always, and says how likely that helps."""

    def __init__(self, estimates):
        super().__init__("expects", ["loudness"])
        self.estimates = estimates
        self.cacheable = True

    def help_estimates(self, requests):
        return self.estimates(requests)


class AsksAndExpects(AskingRouter):
    name = identity = "asks"

    async def decide(self, request, ask, *, max_calls):
        return Route(LOUDNESS)

    def help_estimates(self, requests):
        return [HelpEstimate(LOUDNESS, 0.9) for _ in requests]


@pytest.mark.slow
@pytest.mark.weights
def test_a_router_that_asks_is_run_as_such_also_where_it_could_estimate(
    outcomes_by, two_tools, four_questions
):
    routers = {"asks": AsksAndExpects()}
    evaluation = evaluate_routers(outcomes_by(Listens()), four_questions, routers, two_tools.tools)
    score = evaluation.strategies["asks"]
    assert (score.accuracy.mean, score.unanswered, score.effects.abstention.mean) == (1.0, 0, 0.0)


@pytest.mark.slow
@pytest.mark.weights
def test_everything_measured_is_in_the_json_and_the_main_things_in_the_text(
    outcomes_by, two_tools, four_questions, tmp_path
):
    source = outcomes_by(Listens())
    questions = with_skills(four_questions, "xyxy")
    sure = Expects(lambda requests: [HelpEstimate(LOUDNESS, 0.9) for _ in requests])
    evaluation = evaluate_routers(
        source, questions, {"sure": sure, "rules": RulesRouter(two_tools.tools)}, two_tools.tools,
        training=four_questions,
    )  # fmt: skip
    found = json.loads(json.dumps(evaluation.as_json(), allow_nan=False))
    assert found["intervals"]["over"] == ["clip"]
    assert found["by_category"].keys() == {"x", "y"}
    assert {"knn", "logistic", "cost-sensitive", "reward regression"} <= found["strategies"].keys()
    score = found["strategies"]["sure"]
    # Right with loudness alone: its calls help always, and as all else is known there is no regret.
    # Four clips bound nothing.
    assert score["help"] == score["headroom_closed"] == [1, None, None]
    for name in ("harm", "waste", "abstention", "regret"):
        assert score[name] == [0, None, None]
    expected = {"questions": 4, "calibration_error": 0.1, "auroc": None}
    (told,) = score["help_estimates"].pop("reliability")
    assert (told["from"], told["to"], told["probability"], told["questions"]) == (0.9, 1.0, 0.9, 4)
    assert told["share"][0] == 1
    assert score["help_estimates"] == expected
    assert found["strategies"]["none"]["waste"] is None
    assert found["strategies"]["none"]["help_estimates"] is None
    assert found["strategies"]["cross-fitted oracle"]["accuracy"][0] == 1
    assert found["cost_quality"]["points"].keys() == {"none", "sure", "rules"}
    text = report_text(evaluation_report(evaluation))
    assert "bootstrap over clip alone (skill: fewer than 8" in text and "oracle*" in text
    assert "cross-fitted oracle†" in text and "†: told each question's kind" in text
    assert "chosen in hindsight on these questions" in text
    assert "no interval: fewer than 6 clips" in text and " … " not in text
    assert "headroom closed" in text and "mean accuracy over costs" in text
    assert max(len(line) for line in text.splitlines()) <= 120
    # Asked again from what is kept, estimates are there all the same.
    again = evaluate_routers(source, questions, {"sure": sure}, two_tools.tools)
    assert again.strategies["sure"].help_quality == evaluation.strategies["sure"].help_quality


@pytest.mark.slow
@pytest.mark.weights
def test_the_untrained_policy_goes_by_one_name(two_tools):
    request = RouteRequest("How loud is it?", (), ClipFacts("h", 1.0, 16_000, 1, -20.0, -3.0))
    names = {1: "nearest by examples", 2: "top 2"}
    for count, name in names.items():
        router = UntrainedPolicy(two_tools.tools, SentenceEncoder(), count=count)
        (route,) = router.route([request])
        assert router.name == route.reason == name and len(route.calls) == count


@pytest.mark.slow
@pytest.mark.weights
@pytest.mark.parametrize(
    "estimates",
    [
        lambda _requests: 1 / 0,
        lambda _requests: [],
        lambda requests: [HelpEstimate(LOUDNESS, math.nan) for _ in requests],
    ],
)
def test_estimates_that_are_none_cost_their_questions_only(
    outcomes_by, two_tools, four_questions, estimates
):
    evaluation = evaluate_routers(
        outcomes_by(Listens()), four_questions, {"odd": Expects(estimates)}, two_tools.tools
    )
    assert evaluation.drawn == ("clip",)
    assert evaluation.strategies["odd"].unanswered == 4
    assert evaluation.strategies["odd"].help_quality is None
    assert evaluation.strategies["all"].unanswered == 0
