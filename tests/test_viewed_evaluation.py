"""What the page is told of an evaluation: figures, and every question by every route."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import evaluation_samples
import numpy as np
import pytest
from reasoners import Fails

from audiorouter.evaluation.bootstrap import Bootstrap
from audiorouter.evaluation.calibration import expected_calibration_error, reliability
from audiorouter.evaluation.comparison import evaluate_routers
from audiorouter.evaluation.viewed_evaluation import ANSWERED, COLUMNS, ViewedEvaluation
from audiorouter.routing.strategies import FixedRouter
from audiorouter.scoring import ClipSums
from audiorouter.store import Store


def test_a_reliability_diagram_has_the_bins_worked_out_by_hand():
    probability = np.array([0.05, 0.05, 0.31, 0.39, 1.0, math.nan])
    event = np.array([False, True, True, True, True, True])
    first, second, last = reliability(probability, event, list("aabbcd"))
    assert (first.low, first.high, first.probability) == (0.0, 0.1, 0.05)
    assert first.events[:2] == (1, 2) and not first.events.known, "one clip bounds nothing"
    assert second.probability == pytest.approx(0.35) and second.events[:2] == (2, 2)
    assert (last.low, last.high, last.events.total) == (0.9, 1.0, 1), "1 is in the last bin"
    expected = (2 * 0.45 + 2 * 0.65 + 0.0) / 5
    assert expected_calibration_error(probability, event) == pytest.approx(expected)
    assert reliability(np.array([math.nan]), np.array([True]), ["a"]) == ()


def test_a_bin_has_an_interval_over_clips():
    event = np.array([True, True, False, True] * 3)
    (found,) = reliability(np.full(12, 0.7), event, [str(n // 2) for n in range(12)])
    assert found.events == ClipSums.of([(2, 2), (1, 2)] * 3).proportion


def test_what_tools_are_worth_has_an_interval_around_it():
    found = evaluation_samples.evaluation()
    assert found.contributions.keys() == found.contribution_intervals.keys()
    for tool, interval in found.contribution_intervals.items():
        assert interval.mean == pytest.approx(found.contributions[tool])
        assert interval.low < interval.mean < interval.high
    known = found.as_json()["contribution_intervals"]
    assert {tool: values[0] for tool, values in known.items()} == found.as_json()["contributions"]


def test_bounds_that_no_draw_tells_are_null():
    sums = Bootstrap(["a", "b"], draws=5).sums(np.ones((2, 1)))
    unknown = replace_drawn(sums).ratio(0, 0)
    assert unknown is not None and unknown.mean == 1 and math.isnan(unknown.low)
    found = evaluation_samples.evaluation()
    score = found.strategies["none"]
    odd = replace(score, effects=score.effects._replace(waste=unknown))
    told = replace(found, strategies={**found.strategies, "none": odd}).as_json()
    assert told["strategies"]["none"]["waste"] == [1.0, None, None]
    json.dumps(told, allow_nan=False)


def replace_drawn(sums):
    """The same, with draws of nothing."""
    return sums._replace(drawn=np.zeros_like(sums.drawn))


def test_the_list_has_what_each_strategy_took_and_what_came_of_it(tmp_path):
    found = evaluation_samples.evaluation()
    with Store(tmp_path / "s.db") as store:
        viewed = ViewedEvaluation(store, found, title="test.csv")
        index = viewed.index()
        rows = [row for number in range(viewed.parts) for row in viewed.part(number)]
    assert viewed.part(viewed.parts) == [] and len(rows) == len(found.table) == 60
    correct, seconds = ANSWERED.index("correct"), ANSWERED.index("seconds")
    for place, values in enumerate(index["rows"]):
        question = dict(zip(COLUMNS, values, strict=True))
        scores = found.strategies.values()
        for route, score in zip(question["taken"], scores, strict=True):
            labels = [call.label for call in score.routes[place]]
            assert index["routes"][route] == labels == rows[place]["routes"][route]["calls"]
            assert question["made"][route][correct] == score.correct[place]
            assert question["made"][route][seconds] == round(score.tool_seconds[place], 4)
    assert index["pair"] == ["router 0", "all"]
    kinds = {one["name"]: one["kind"] for one in index["strategies"]}
    assert kinds["router 1"] == "router" and kinds["none"] == kinds["all"] == "end"
    assert kinds["router 2"] == "baseline"


@pytest.mark.slow
@pytest.mark.weights
def test_a_row_has_every_answer_with_what_was_found_and_why_each_router_chose(
    outcomes_by, two_tools, four_questions, own_store
):
    too_long = Fails(lambda request, tools: len(tools) == 2 and "1.wav" in str(request.clip))
    source = outcomes_by(too_long)
    routers = {"mine": FixedRouter("mine", ["silences"])}
    found = evaluate_routers(source, four_questions, routers, two_tools.tools)
    kept = source.kept([(found.table.questions[row], route) for row, route in found.asked])
    answers = {place: one for place, one in zip(found.asked, kept, strict=True) if one}
    assert len(answers) == len(found.asked) - 1, "all but the one that failed"
    with Store(own_store) as store:
        viewed = ViewedEvaluation(store, replace(found, answers=answers), title="q.csv")
        index, rows = viewed.index(), viewed.part(0)
        sound = viewed.sound(viewed.clips()[0])
    assert sound["type"] == "audio/flac" and len(viewed.clips()) == 4
    names = [one["name"] for one in index["strategies"]]
    mine, every = names.index("mine"), names.index("all")
    for question, row in zip(index["rows"], rows, strict=True):
        taken = question[COLUMNS.index("taken")]
        assert (
            row["reasons"][mine] == "fixed: mine" and row["reasons"][names.index("oracle")] is None
        )
        by_mine = row["routes"][taken[mine]]
        assert by_mine["calls"] == ["silences"] and by_mine["prediction"] in ("yes", "no")
        assert row["found"]["silences"]["text"] in by_mine["asked"]
        by_all = row["routes"][taken[every]]
        failed = row["audio"] == "1.wav"
        assert ("could not answer" in (by_all["error"] or "")) is failed
        assert (by_all["prediction"] is None) is failed and by_all["correct"] is not failed


def test_a_reasoner_without_probabilities_has_no_diagram():
    few = evaluation_samples.evaluation(questions=3, tools=2, strategies=2)
    told = few.as_json()["strategies"]["all"]
    assert told["reliability"] == [] and told["calibration_error"] is None
