"""Intervals of shares over questions that share clips: by hand, and whether they hold."""

import math

import numpy as np
import pytest

from audiorouter.evaluation.bootstrap import Bootstrap
from audiorouter.scoring import ClipCounts, ClipSums, Proportion, proportion
from audiorouter.scoring.clip_counts import MOST_CLIPS


def counted(answers: list[tuple[str, bool | None]]) -> Proportion:
    counts = ClipCounts()
    for clip, correct in answers:
        counts.add(clip, correct)
    return counts.proportion


def test_an_interval_worked_out_by_hand():
    """Six clips with two questions each, of three both are right, of three none.

    Each clip is 1 off its mean of 1, so the design effect is 6/5 · 11/12 · 6 / (12 · ½ · ½) = 2.2.
    For 5 degrees of freedom, not 11, it grows by (2.571 / 2.201)² = 1.364, to 3.00: the twelve
    tell as much as four by themselves. Wilson for 2 of 4 is ½ ± 0.35.
    """
    answers = [(f"clip {n}", n < 3) for n in range(6) for _ in range(2)]
    found = counted(answers)
    assert (found.right, found.total) == (6, 12)
    assert (found.low, found.high) == pytest.approx((0.15, 0.85), abs=0.001)
    assert counted(answers[::-1]) == found, "rows may come in any order"


def test_with_a_question_a_clip_it_is_that_of_wilson():
    found = counted([(str(n), n < 8) for n in range(10)])
    assert found == pytest.approx(proportion(8, 10))
    spread = [(str(n % 10), n < 10) for n in range(20)]  # of each clip one is right, and one wrong
    assert counted(spread) == pytest.approx(proportion(10, 20)), "and never narrower"


def test_where_all_are_right_each_clip_counts_once():
    found = counted([(str(n % 10), True) for n in range(40)])
    assert (found.low, found.high) == pytest.approx((proportion(10, 10).low, 1.0))


def test_fewer_than_six_clips_have_no_interval():
    five = counted([(str(n % 5), n < 20) for n in range(50)])
    assert not five.known and math.isnan(five.low) and five.rate == 0.4
    assert str(five) == "40.0%" and five.as_json()["interval_95"] is None
    assert str(counted([])) == "-"
    unscored: list[tuple[str, bool | None]] = [("sixth", None)]
    assert not counted([(str(n), True) for n in range(5)] + unscored).known
    assert counted([(str(n), True) for n in range(6)]).known


def test_many_clips_take_no_more_memory_and_leave_the_interval_as_it_is():
    counts, rng = ClipCounts(), np.random.default_rng(1)
    right = rng.binomial(4, rng.beta(1, 1, 20_000))
    for clip, hits in enumerate(right.tolist()):
        for question in range(4):
            counts.add(f"clip {clip}", question < hits)
    exact = ClipSums.of((hits, 4) for hits in right.tolist()).proportion
    assert len(counts._counts) == MOST_CLIPS
    assert (counts.proportion.right, counts.proportion.total) == (exact.right, exact.total)
    width = exact.high - exact.low
    assert counts.proportion.high - counts.proportion.low == pytest.approx(width, rel=0.1)


def test_it_says_what_drawing_clips_again_says():
    rng = np.random.default_rng(2)
    hits = rng.binomial(3, rng.beta(1, 1, 60)).tolist()
    answers = [(str(clip), n < hit) for clip, hit in enumerate(hits) for n in range(3)]
    found = counted(answers)
    drawn = Bootstrap([clip for clip, _ in answers]).mean(np.array([r for _, r in answers]))
    assert (found.low, found.high) == pytest.approx((drawn.low, drawn.high), abs=0.015)


@pytest.mark.parametrize("clips", [6, 20, 100])
def test_it_holds_the_true_share_as_often_as_it_says(clips):
    """Questions about a clip hang together by half, and each clip has four of them."""
    rng, files = np.random.default_rng(3), 1000
    held = {"over clips": 0, "as if by themselves": 0}
    for hits in rng.binomial(4, rng.beta(0.3, 0.7, (files, clips))).tolist():
        sums = ClipSums.of((hit, 4) for hit in hits)
        for name, found in zip(held, (sums.proportion, proportion(*sums[1:3])), strict=True):
            held[name] += found.low <= 0.3 <= found.high
    assert held["over clips"] >= 0.92 * files
    assert held["as if by themselves"] <= 0.85 * files
