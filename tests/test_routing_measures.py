"""Rewards, statistics and contributions against values worked out by hand or by definition."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from math import erfc, factorial, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from outcome_tables import table

from audiorouter.evaluation.calibration import expected_calibration_error
from audiorouter.evaluation.contributions import shapley_values, tool_worth
from audiorouter.evaluation.oracles import best_single, oracle_columns
from audiorouter.evaluation.statistics import (
    clustered_interval,
    clustered_mcnemar,
)
from audiorouter.learning.outcome_table import Outcome
from audiorouter.learning.reward import judged_reward, relative_reward, route_reward
from audiorouter.toolbox import ToolCall


def test_the_reward_is_what_changed_less_what_it_cost():
    # Question 0 is fixed by a and broken by nobody; question 1 is broken by b.
    found = relative_reward(
        table(
            [[0, 1, 0], [1, 1, 0]],
            quality=[[0.2, 0.8, 0.1], [0.9, 0.9, 0.3]],
            seconds=[[0, 1, 3], [0, 1, 3]],
        ),
        cost_weight=0.1,
    )
    # All tools cost 4 s; a costs 0.25 of that, b 0.75.
    assert found[0] == pytest.approx([0, 0.5 * (0.6 + 1) - 0.025, 0.5 * -0.1 - 0.075])
    assert found[1] == pytest.approx([0, -0.025, 0.5 * (-0.6 - 1) - 0.075])


def test_a_longer_route_is_rewarded_as_one_of_the_table():
    found = table([[0, 1]], quality=[[0.2, 0.8]], seconds=[[0, 4]])
    same = Outcome(0.8, True, 0.8, 4.0)
    expected = relative_reward(found, cost_weight=0.1)[0, 1]
    assert route_reward(found, 0, same, cost_weight=0.1) == pytest.approx(expected)


def test_what_is_not_answered_says_nothing_to_learn_from_and_is_judged_as_wrong():
    found = table([[1, 0, 1]], quality=[[0.8, 0, 0.9]], seconds=[[0, 1, 3]])
    found = replace(found, answered=np.array([[True, False, True]]))
    learned = relative_reward(found, cost_weight=0.4)
    assert np.isnan(learned[0, 1]) and not np.isnan(learned[0, [0, 2]]).any()
    judged = judged_reward(found, cost_weight=0.4)
    assert judged[0] == pytest.approx([0, -0.9 - 0.1, 0.05 - 0.3])
    lost = Outcome.unanswered(1.0)
    assert route_reward(found, 0, lost, cost_weight=0.4) == pytest.approx(judged[0, 1])


def test_what_all_tools_share_counts_once_in_what_they_cost_together():
    # 4 s and 4 s, of which 3 s are the same: calling both costs 5 s, so each 0.8 of that.
    found = table([[0, 0, 0]], quality=[[0, 0, 0]], seconds=[[0, 4, 4]], together=5)
    assert relative_reward(found, cost_weight=0.5)[0] == pytest.approx([0, -0.4, -0.4])
    assert tool_worth(found, "a", {}).share_of_all_seconds == pytest.approx(0.8)


def test_hindsight_prefers_no_call_then_the_cheaper_one():
    found = table([[1, 1, 1], [0, 1, 1], [0, 0, 0]], seconds=[[0, 2, 1]] * 3)
    assert oracle_columns(found).tolist() == [0, 2, 0]
    assert best_single(found) == (ToolCall("a"),)
    assert found.share_without_signal() == pytest.approx(2 / 3)


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 4), st.integers(1, 6), st.integers(0, 1000))
def test_shapley_values_are_those_of_the_definition(tools, questions, seed):
    found = table(np.random.default_rng(seed).random((questions, tools + 1)) < 0.4)

    def worth(chosen):
        return found.correct[:, [0, *(1 + i for i in chosen)]].any(axis=1).mean()

    values = list(shapley_values(found).values())
    for tool in range(tools):
        others = [i for i in range(tools) if i != tool]
        expected = sum(
            factorial(size) * factorial(tools - size - 1) / factorial(tools)
            * (worth((*chosen, tool)) - worth(chosen))
            for size in range(tools) for chosen in combinations(others, size)
        )  # fmt: skip
        assert values[tool] == pytest.approx(expected)
    assert sum(values) == pytest.approx(worth(range(tools)) - worth(()))


def test_mcnemar_with_a_question_a_clip_is_mcnemars():
    first = np.array([1] * 12 + [0] * 4 + [1] * 9, dtype=bool)
    second = np.array([0] * 12 + [1] * 4 + [1] * 9, dtype=bool)
    clips = [str(i) for i in range(25)]
    one_skill = ["x"] * 25
    expected = pytest.approx(erfc(sqrt(8**2 / 16 / 2)))
    assert clustered_mcnemar(first, second, clips, one_skill) == expected
    assert clustered_mcnemar(first, first, clips, one_skill) == 1.0


def test_questions_of_one_clip_count_as_one_witness():
    right = np.repeat([1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0], 4).astype(bool)
    alone = clustered_interval(right, [str(i) for i in range(48)])
    together = clustered_interval(right, [str(i // 4) for i in range(48)])
    assert alone.mean == together.mean == 0.5
    assert together.high - together.low > alone.high - alone.low
    assert together.high - together.low == pytest.approx(2 * (alone.high - alone.low), rel=0.2)
    assert not clustered_interval(right, ["a"] * 48).known


def test_intervals_are_those_of_clusters_drawn_with_replacement():
    values = np.array([1.0, 0.0, 1.0, -1.0, 0.0, 2.0, 1.0, 1.0, 0.5])
    clips = np.array(list("aabcccdef"))
    drawn = np.random.default_rng(3).integers(6, size=(500, 6))
    means = [np.concatenate([values[clips == "abcdef"[c]] for c in draw]).mean() for draw in drawn]
    found = clustered_interval(values, clips.tolist(), seed=3, draws=500)
    assert found == pytest.approx((values.mean(), *np.percentile(means, [2.5, 97.5])))


def test_calibration_error_by_hand():
    confidence = np.array([0.95, 0.95, 0.55, 0.55])
    correct = np.array([True, False, True, True])
    # |0.95 - 0.5| and |0.55 - 1|, each over half of the questions.
    assert expected_calibration_error(confidence, correct) == pytest.approx(0.45)
