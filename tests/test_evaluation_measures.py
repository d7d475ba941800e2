"""What calls do to answers, oracles, curves and seeds, on tables worked out by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from outcome_tables import table

from audiorouter.evaluation.bootstrap import Bootstrap
from audiorouter.evaluation.cost_quality import Point, cost_quality, hull, mean_quality
from audiorouter.evaluation.oracles import cross_fitted_columns, oracle_columns
from audiorouter.evaluation.scores import Judge
from audiorouter.learning.outcome_table import Outcome
from audiorouter.learning.reward import judged_reward
from audiorouter.routing.interface import HelpEstimate
from audiorouter.toolbox import ToolCall

NONE, A, B = (), (ToolCall("a"),), (ToolCall("b"),)
BOTH = (*A, *B)


def judge(found, *, cost_weight=0.0) -> Judge:
    rewards = judged_reward(found, cost_weight=cost_weight)
    skills = [question.metadata("skill") or "" for question in found.questions]
    columns = cross_fitted_columns(found, rewards, skills)
    return Judge(found, Bootstrap(found.clips), columns, cost_weight)


def score(by, routes, **options):
    """As if a route of both calls were as good as `a`."""
    outcomes = [
        by.table.outcome(row, A if route == BOTH else route) for row, route in enumerate(routes)
    ]
    return by.score("s", routes, outcomes, **options)


# Direct answer, a, b: the first is helped by a, the second broken by a, the third and fourth alike.
FOUR = table([[0, 1, 0], [1, 0, 1], [1, 1, 1], [0, 0, 0]], seconds=[[0, 1, 3]] * 4)


def test_help_harm_waste_and_abstention_by_hand():
    found = score(judge(FOUR), [A, A, BOTH, NONE])
    assert found.accuracy.mean == 0.5
    assert found.effects.help.mean == found.effects.harm.mean == 0.25
    assert found.effects.abstention.mean == 0.25
    # Of four calls two, those on the third question, changed nothing.
    assert found.effects.waste is not None and found.effects.waste.mean == 0.5
    nothing = score(judge(FOUR), [NONE] * 4)
    assert nothing.effects.waste is None and nothing.effects.abstention.mean == 1
    assert nothing.effects.help.mean == nothing.effects.harm.mean == 0


def test_a_question_that_failed_was_not_left_to_the_reasoner():
    by = judge(FOUR)
    outcomes = [by.table.outcome(0, NONE), *[Outcome.unanswered(0.0)] * 3]
    failed = by.score("s", [NONE] * 4, outcomes)
    assert failed.unanswered == 3 and failed.effects.abstention.mean == 0.25


def test_regret_and_headroom_are_against_what_a_skill_is_worth_on_other_clips():
    # Every question is fixed by a; a costs a quarter of calling both.
    found = table([[0, 1, 0]] * 6, seconds=[[0, 1, 3]] * 6)
    by = judge(found, cost_weight=0.4)
    assert by.cross_fitted.tolist() == [1] * 6
    some = score(by, [A, A, A, NONE, NONE, B])
    assert some.effects.headroom_closed is not None
    assert some.effects.headroom_closed.mean == pytest.approx(0.5)
    # a earns 1 - 0.1, none 0, and b -0.3.
    assert some.effects.regret.mean == pytest.approx((0 * 3 + 0.9 * 2 + 1.2) / 6)
    assert score(by, [A] * 6).effects.regret.mean == pytest.approx(0)


def test_there_is_no_share_of_a_headroom_that_is_not_there():
    assert score(judge(table([[1, 1, 0]] * 4)), [A] * 4).effects.headroom_closed is None


def test_there_is_no_share_of_a_headroom_that_may_not_be_there():
    """The oracle gains 9 of 40 and loses 1: its interval is above 0, some draws are not."""
    found = table([[0, 1, 0]] * 9 + [[1, 0, 1]] + [[1, 1, 1]] * 30)
    by = Judge(found, Bootstrap(found.clips), np.ones(40, dtype=np.int64), 0.0)
    gain = found.correct[:, 1].astype(float) - found.correct[:, 0]
    assert by.bootstrap.mean(gain).low > 0
    for routes in ([A] * 40, [B] * 40, [NONE] * 40):
        assert score(by, routes).effects.headroom_closed is None


def test_a_share_that_could_be_anything_is_not_told():
    """The headroom is sure, and small beside what the strategy gains and loses."""
    found = table([[0, 1, 0]] * 16 + [[0, 0, 1]] * 60 + [[1, 1, 0]] * 60 + [[1, 1, 1]] * 64)
    by = Judge(found, Bootstrap(found.clips), np.ones(200, dtype=np.int64), 0.0)
    assert score(by, [B] * 200).effects.headroom_closed is None
    half = score(by, [A, NONE] * 100).effects.headroom_closed
    assert half is not None and half.mean == 0.5 and 0 < half.low < half.high < 1


def test_the_cross_fitted_oracle_is_not_lucky():
    """With routes that are right by chance hindsight is nearly always right, and nobody else."""
    rng = np.random.default_rng(0)
    correct = rng.random((600, 10)) < 0.4
    found = table(
        correct, clips=[f"c{i // 3}" for i in range(600)], skills=["xyz"[i % 3] for i in range(600)]
    )
    by = judge(found)
    hindsight = by.score_columns("oracle", oracle_columns(found)).accuracy.mean
    fair = by.score_columns("fair", by.cross_fitted).accuracy.mean
    assert hindsight > 0.95
    assert fair == pytest.approx(0.4, abs=0.06)


def test_the_cross_fitted_oracle_knows_skills_and_not_the_question_itself():
    skills = ["x", "y"] * 20
    correct = [[0, skill == "x", skill == "y"] for skill in skills]
    clips = [f"c{i // 2}" for i in range(40)]
    found = table(correct, clips=clips, skills=skills)
    assert judge(found).cross_fitted.tolist() == [1, 2] * 20
    # What a clip's own questions say changes nothing of what they get.
    for clip in range(20):
        own = np.array(clips) == f"c{clip}"
        other = replace(found, correct=np.where(own[:, None], ~found.correct, found.correct))
        assert judge(other).cross_fitted[own].tolist() == [1, 2]


def test_a_skill_of_one_clip_gets_what_is_best_of_all_others():
    found = table(
        [[0, 1, 0]] * 10 + [[0, 0, 1]] * 2,
        clips=[f"c{i}" for i in range(10)] + ["own"] * 2,
        skills=["x"] * 10 + ["y"] * 2,
    )
    assert judge(found).cross_fitted.tolist() == [1] * 12
    assert judge(table([[0, 1]] * 3, clips=["c"] * 3)).cross_fitted.tolist() == [0] * 3


def test_a_route_that_was_never_answered_is_nobodys_best():
    found = table([[1, 0, 0]] * 6)
    answered = found.answered.copy()
    answered[:, 1] = False
    assert judge(replace(found, answered=answered)).cross_fitted.tolist() == [0] * 6


def test_a_route_that_is_seldom_answered_is_not_best_by_the_few_times_it_is():
    # a is right whenever it is answered, b three times of five.
    found = table([[0, 1, 1], [0, 0, 1], [0, 0, 1], [0, 0, 0], [0, 0, 0]] * 4)
    answered = found.answered.copy()
    answered[:, 1] = found.correct[:, 1]
    assert judge(replace(found, answered=answered)).cross_fitted.tolist() == [2] * 20


def test_help_estimates_are_held_against_what_the_call_makes_of_a_wrong_answer():
    # Helped by a: the first alone. The third answer is right anyway: nothing can be mended.
    estimates = [HelpEstimate(A, 0.8), HelpEstimate(A, 0.2), HelpEstimate(A, 0.4), None]
    quality = score(judge(FOUR), [A, NONE, A, NONE], estimates=estimates).help_quality
    assert quality is not None and quality.questions == 3 and quality.auroc == 1.0
    assert quality.calibration_error == pytest.approx((0.2 + 0.2 + 0.4) / 3)
    # Of a route that was not taken, and is not in the table, nothing is known.
    other = [HelpEstimate((ToolCall("c"),), 0.5)] * 4
    assert score(judge(FOUR), [A] * 4, estimates=other).help_quality is None
    assert score(judge(FOUR), [A] * 4).help_quality is None


def test_the_hull_rises_and_bends_one_way():
    points = [
        Point(0, 0.4),
        Point(1, 0.5),
        Point(2, 0.8),
        Point(3, 0.7),
        Point(4, 0.9),
        Point(2, 0.6),
    ]
    assert hull(points) == [Point(0, 0.4), Point(2, 0.8), Point(4, 0.9)]
    # Trapezoids of 0.6 and 0.85 over two seconds each, then level.
    assert mean_quality(points, 0, 4) == pytest.approx((0.6 * 2 + 0.85 * 2) / 4)
    assert mean_quality(points, 0, 8) == pytest.approx((2.9 + 0.9 * 4) / 8)
    assert mean_quality([Point(1, 0.5)], 0, 4) == pytest.approx(0.5 * 3 / 4)
    assert mean_quality([Point(5, 0.5)], 0, 4) == 0
    with pytest.raises(ValueError, match="range"):
        mean_quality(points, 4, 4)


def test_the_curve_of_routers_begins_at_the_direct_answer():
    for times, known in ((1, False), (3, True)):  # right on three clips, and on nine
        rows = [[0, 1, 0], [1, 0, 1], [1, 1, 1], [0, 0, 0]] * times
        by = judge(table(rows, seconds=[[0, 1, 3]] * len(rows)))
        direct = score(by, [NONE] * 4 * times)
        some = score(by, [A, NONE, NONE, NONE] * times)
        found = cost_quality(direct, [some], by.bootstrap, dearest=4.0)
        assert found is not None
        assert found.points == (Point(0, 0.5), Point(0.25, 0.75))
        assert found.area.mean == pytest.approx((0.625 * 0.25 + 0.75 * 3.75) / 4)
        assert found.area.known == known == (found.area.low < found.area.mean < found.area.high)
    assert cost_quality(direct, [some], by.bootstrap, dearest=0.0) is None
