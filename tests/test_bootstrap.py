"""Intervals over clips and skills drawn again, against the definition and against simulation."""

from __future__ import annotations

import numpy as np
import pytest

from audiorouter.evaluation import bootstrap as module
from audiorouter.evaluation.bootstrap import Bootstrap
from audiorouter.evaluation.statistics import area_under_roc, clustered_mcnemar

CLIPS = list("aabbccddeeffgghh")
SKILLS = list("xyxyzzxzyxzyxxyz")
VALUES = np.array([1.0, 0, 1, 1, 0, 1, -1, 0.5, 0, 1, 0, -1, 1, 1, 0, 0.5])


def test_crossed_draws_are_questions_written_down_once_for_each_time_clip_and_skill_are_drawn():
    clips, skills = np.array(CLIPS), np.array(SKILLS)
    of_clips = np.random.default_rng(7).integers(8, size=(300, 8))
    of_skills = np.random.default_rng([7, 1]).integers(3, size=(300, 3))
    means = []
    for drawn_clips, drawn_skills in zip(of_clips, of_skills, strict=True):
        copies = [
            value
            for clip in drawn_clips
            for skill in drawn_skills
            for value in VALUES[(clips == "abcdefgh"[clip]) & (skills == "xyz"[skill])]
        ]
        if copies:
            means.append(np.mean(copies))
    found = Bootstrap(CLIPS, SKILLS, draws=300, seed=7).mean(VALUES)
    assert found == pytest.approx((VALUES.mean(), *np.percentile(means, [2.5, 97.5])))


def test_one_skill_is_no_skill_and_the_order_of_questions_is_nothing():
    alone = Bootstrap(CLIPS).mean(VALUES)
    assert Bootstrap(CLIPS, ["same"] * 16).mean(VALUES) == pytest.approx(alone)
    order = np.random.default_rng(0).permutation(16)
    shuffled = Bootstrap([CLIPS[i] for i in order], [SKILLS[i] for i in order])
    assert shuffled.mean(VALUES[order]) == pytest.approx(Bootstrap(CLIPS, SKILLS).mean(VALUES))


def test_skills_that_differ_make_the_interval_wide():
    """Twenty clips cannot tell how often skills are right of which there are four."""
    skills = [skill for _ in range(20) for skill in "abcd"]
    clips = [str(clip) for clip in range(20) for _ in "abcd"]
    right = np.array([skill in "ab" for skill in skills])
    by_clip, both = Bootstrap(clips).mean(right), Bootstrap(clips, skills).mean(right)
    assert by_clip.mean == 0.5 and not by_clip.known  # all clips are alike
    assert (both.low, both.high) == pytest.approx((0.0, 1.0))


def test_draws_of_clips_and_skills_that_never_meet_are_left_out():
    """One skill a clip: most draws hold few of the questions, and none is over nothing."""
    sums = Bootstrap(list("abcdef"), list("uvwxyz"), draws=300).sums(np.ones((6, 2)))
    assert (sums.drawn[:, 0] == 0).any()
    found = Bootstrap(list("abcdefghijkl"), list("mnopqrstuvwx"), draws=300).mean(
        np.array([0, 1] * 6)
    )
    assert found.known and 0 <= found.low < 1 / 2 < found.high <= 1


@pytest.mark.parametrize("clips", [1, 2, 5])
def test_few_clips_bound_nothing_however_many_questions_are_about_them(clips):
    of_each = np.array([1.0, 0, 1, 1])
    found = Bootstrap([str(clip) for clip in range(clips) for _ in of_each]).mean(
        np.tile(of_each, clips)
    )
    assert found.mean == 0.75 and not found.known


def test_clips_that_have_nothing_of_a_value_are_no_witnesses_of_it():
    clips = [str(clip) for clip in range(40)]
    five, six = (Bootstrap(clips).mean(np.arange(40) < count) for count in (5, 6))
    assert not five.known and six.known
    # Nor are those that have nothing else.
    five, six = (Bootstrap(clips).mean(np.arange(40) >= count) for count in (5, 6))
    assert not five.known and six.known
    # A gain and a loss in one clip are as if it had none.
    pairs = Bootstrap([str(place // 2) for place in range(40)])
    assert not pairs.mean(np.tile([1, -1], 20)).known


def test_what_is_alike_in_every_draw_is_no_bound():
    assert not Bootstrap([str(clip) for clip in range(40)]).mean(np.ones(40)).known


def test_what_is_held_at_a_time_changes_nothing(monkeypatch):
    whole = Bootstrap(CLIPS, SKILLS).sums(VALUES[:, None])
    monkeypatch.setattr(module, "_AT_ONCE", 1000)
    assert Bootstrap(CLIPS, SKILLS).sums(VALUES[:, None]).drawn == pytest.approx(whole.drawn)


def test_a_ratio_is_of_sums_and_none_over_nothing():
    values = np.column_stack([[1, 2, 1, 1, 1, 2], [4, 2, 8, 8, 4, 6], [0] * 6])
    sums = Bootstrap(list("abcdef")).sums(values)
    found = sums.ratio(0, 1)
    assert found is not None and found.mean == pytest.approx(0.25)
    assert found.low < 0.25 < found.high
    assert sums.ratio(0, 2) is None


def test_intervals_hold_what_they_say_where_clips_and_skills_both_matter():
    """Of 120 sets of questions with effects of both; over clips alone they are far too short."""
    rng = np.random.default_rng(1)
    skills, clips = np.divmod(np.arange(12 * 30), 30)
    held = {"both": 0, "clips": 0}
    for seed in range(120):
        of_skills, of_clips = 0.2 * rng.standard_normal(12), 0.05 * rng.standard_normal(30)
        chance = 0.5 + of_skills[skills] + of_clips[clips]
        right = rng.random(360) < chance
        by_clip = Bootstrap(clips, draws=400, seed=seed).mean(right)
        both = Bootstrap(clips, skills, draws=400, seed=seed).mean(right)
        held["clips"] += by_clip.low <= 0.5 <= by_clip.high
        held["both"] += both.low <= 0.5 <= both.high
    assert held["both"] / 120 >= 0.9 > 0.75 > held["clips"] / 120


def test_a_gain_in_one_skill_of_five_is_no_gain_of_skills():
    clips = [str(clip) for clip in range(40) for _ in range(5)]
    skills = [skill for _ in range(40) for skill in "abcde"]
    first = np.array([skill == "a" for skill in skills])
    second = np.zeros(200, dtype=bool)
    assert clustered_mcnemar(first, second, clips, ["x"] * 200) < 1e-6
    assert clustered_mcnemar(first, second, clips, skills) > 0.3
    everywhere = np.ones(200, dtype=bool)
    assert clustered_mcnemar(everywhere, second, clips, skills) < 0.1
    assert clustered_mcnemar(first, first, clips, skills) == 1.0


def test_the_area_under_the_curve_is_the_share_of_pairs_in_order():
    score = np.array([0.9, 0.5, 0.5, 0.1])
    event = np.array([True, True, False, False])
    # Of four pairs three are in order and one is a tie.
    assert area_under_roc(score, event) == pytest.approx(3.5 / 4)
    assert area_under_roc(score, np.ones(4, dtype=bool)) is None
