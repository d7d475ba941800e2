"""What a router expects of its calls: curves through what became of them, and how many pay."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from audiorouter.learning.expectations import fit_chance, fit_worth
from audiorouter.routing.worth import Chance, Signs, Worth

finite = st.floats(-50, 50)
chances = st.builds(Chance, weights=st.tuples(finite, finite, finite, finite), offset=finite)
NOTHING = Signs(0.0, 0.0, 0.0, 4.0)


def always(probability: float) -> Chance:
    return Chance(weights=(0, 0, 0, 0), offset=float(np.log(probability / (1 - probability))))


def test_a_curve_is_as_often_right_as_it_says():
    """Drawn from a known curve, a fitted one has its probabilities within a few hundredths."""
    rng = np.random.default_rng(0)
    values = rng.normal([2, 1, -3, 4], [3, 1, 2, 0], (4000, 4))
    truth = 1 / (1 + np.exp(-(values @ [0.7, -0.3, 0.2, 0.0] - 1)))
    signs = [Signs(*row) for row in values]
    chance = fit_chance(signs, rng.random(4000) < truth)
    fitted = np.array([chance(told) for told in signs])
    assert np.abs(fitted - truth).mean() < 0.03


def test_a_few_questions_make_nothing_certain():
    for happened in ([True, True], [False, False]):
        chance = fit_chance([NOTHING, NOTHING._replace(lead=1.0)], np.array(happened))
        assert 0.2 < chance(NOTHING._replace(lead=0.5)) < 0.8


def test_what_mends_and_what_breaks_are_told_apart():
    right = np.array([[False, True, True], [True, True, False], [False, False, True]] * 40)
    worth = fit_worth([NOTHING] * 120, right.astype(float), all_cost=1.0)
    mends, breaks = (
        [chance(NOTHING) for chance in chances] for chances in (worth.mends, worth.breaks)
    )
    assert mends == pytest.approx([1 / 3, 2 / 3], abs=0.02)
    assert breaks == pytest.approx([0, 1 / 3], abs=0.02)


def test_of_calls_that_were_never_answered_nothing_is_said():
    right = np.array([[0.0, 1.0, np.nan]] * 10)
    worth = fit_worth([NOTHING] * 10, right, all_cost=1.0)
    assert len(worth.mends) == len(worth.breaks) == 1
    assert fit_worth([NOTHING] * 10, right[:, [0, 2]], all_cost=1.0) is None


def test_as_many_calls_are_made_as_are_worth_their_cost():
    worth = Worth(
        mends=(always(0.3), always(0.4)), breaks=(always(0.1), always(0.1)), all_cost=10.0
    )
    # One call gains 0.2 for a tenth of the cost of all, a second 0.1 more for another two tenths.
    costs = (1.0, 3.0)
    assert worth.calls(NOTHING, costs, cost_weight=0.0) == 2
    assert worth.calls(NOTHING, costs, cost_weight=0.4) == 2
    assert worth.calls(NOTHING, costs, cost_weight=0.6) == 1
    assert worth.calls(NOTHING, costs, cost_weight=2.5) == 0
    assert worth.calls(NOTHING, (), cost_weight=0.0) == 0


def test_an_open_question_counts_as_one_of_most_choices_and_none_lies_beyond_those_of_training():
    """More choices are less luck, and without any there is none."""
    by_choices = Chance(weights=(0, 0, 0, 1.0), offset=-4.0)
    right = np.array([[0, 1], [1, 1]] * 20, dtype=float)
    signs = [NOTHING._replace(choices=3.0 + number % 4) for number in range(40)]
    assert fit_worth(signs, right, all_cost=1.0).choices == (3, 6)
    worth = Worth(mends=(by_choices,), breaks=(always(0.4),), all_cost=1.0, choices=(2, 4))
    helps = {n: worth.helps(NOTHING._replace(choices=n)) for n in (0.0, 2.0, 4.0, 9.0)}
    assert helps[2.0] < helps[4.0] == helps[9.0] == helps[0.0] == pytest.approx(0.5)
    calls = {n: worth.calls(NOTHING._replace(choices=n), [0.1], cost_weight=0.0) for n in helps}
    assert calls == {0.0: 1, 2.0: 0, 4.0: 1, 9.0: 1}


def test_curves_of_different_numbers_of_calls_are_refused():
    with pytest.raises(ValidationError, match="not of as many calls"):
        Worth(mends=(always(0.3), always(0.4)), breaks=(always(0.1),), all_cost=1.0)


@given(
    st.lists(st.tuples(chances, chances), min_size=1, max_size=4),
    st.lists(st.floats(0, 100), max_size=6).map(sorted),
    st.builds(Signs, *[st.floats(-1e3, 1e3)] * 4),
    st.floats(0, 10),
    st.floats(0, 10),
)
def test_a_larger_weight_never_spends_more(curves, costs, told, one, other):
    mends, breaks = zip(*curves, strict=True)
    worth = Worth(mends=mends, breaks=breaks, all_cost=3.0)
    low, high = sorted((one, other))
    few = worth.calls(told, costs, cost_weight=high)
    assert 0 <= few <= min(len(costs), len(curves))
    many = worth.calls(told, costs, cost_weight=low)
    spent = (0.0, *costs)
    assert spent[few] <= spent[many] + 1e-9


def test_what_was_known_before_is_moved_as_far_as_questions_carry():
    before = fit_chance([NOTHING] * 600, np.arange(600) % 10 == 0)
    few = fit_chance([NOTHING] * 2, np.array([True, True]), before)
    many = fit_chance([NOTHING] * 600, np.arange(600) % 10 < 8, before)
    assert before(NOTHING) == pytest.approx(0.1, abs=0.01)
    assert before(NOTHING) < few(NOTHING) < 0.35, "two questions do not outweigh hundreds"
    assert many(NOTHING) == pytest.approx(0.8, abs=0.02)


def test_questions_that_hardly_differ_in_a_sign_say_nothing_of_its_slope():
    signs = [NOTHING._replace(lead=number % 40 / 10) for number in range(400)]
    before = fit_chance(signs, np.arange(400) % 40 >= 20)
    alike = [NOTHING._replace(lead=2 + number % 2 / 50) for number in range(20)]
    after = fit_chance(alike, np.arange(20) % 2 == 0, before)
    assert after.weights[1] == pytest.approx(before.weights[1], rel=0.1)


def test_where_nothing_is_known_anew_what_calls_were_worth_stays():
    right = np.array([[1, 0], [0, 1]] * 20, dtype=float)
    before = fit_worth([NOTHING] * 40, right, all_cost=1.0)
    unknown = np.full((2, 2), np.nan)
    assert fit_worth([NOTHING] * 2, unknown, all_cost=1.0, before=before) == before


def test_a_question_that_several_policies_were_asked_about_counts_once():
    right = np.array([[0, 1], [1, 1]] * 2, dtype=float)
    before = fit_worth([NOTHING] * 40, np.array([[1, 0], [0, 1]] * 20, dtype=float), all_cost=1.0)
    once = fit_worth([NOTHING] * 4, right, all_cost=1.0, before=before)
    again = fit_worth(
        [NOTHING] * 20, np.tile(right, (5, 1)), all_cost=1.0, before=before, asked=[0, 1, 2, 3] * 5
    )
    assert again.mends[0](NOTHING) == pytest.approx(once.mends[0](NOTHING), abs=1e-3)
    of_one = np.array([[0, 1]] * 5, dtype=float)
    assert fit_worth([NOTHING] * 5, of_one, all_cost=1.0, asked=[7] * 5) is None


def test_curves_of_more_calls_than_are_known_anew_stay():
    right = np.array([[1, 0, 1], [0, 1, 1]] * 20, dtype=float)
    before = fit_worth([NOTHING] * 40, right, all_cost=1.0)
    after = fit_worth([NOTHING] * 40, right[:, :2], all_cost=1.0, before=before)
    assert len(after.mends) == 2 and after.mends[1] == before.mends[1]
