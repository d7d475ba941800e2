"""Tests of significance and power, held against other ones, arithmetic and simulation."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from audiorouter.evaluation.power import power_of
from audiorouter.evaluation.statistics import (
    clustered_mcnemar,
    holm,
    paired_test,
    sign_flip_test,
)


def test_flips_are_counted_and_with_one_question_a_clip_they_are_mcnemars_exact_test():
    from scipy.stats import binomtest

    rng = np.random.default_rng(3)
    for _ in range(20):
        sums = rng.integers(-3, 4, size=9)
        flips = np.array(list(itertools.product([1, -1], repeat=9))) @ np.abs(sums)
        differences = np.concatenate([np.sign(s) * np.ones(abs(s), int) for s in sums])
        clips = [str(i) for i, s in enumerate(sums) for _ in range(abs(s))]
        expected = np.mean(np.abs(flips) >= abs(sums.sum()))
        assert sign_flip_test(differences, clips) == pytest.approx(expected)
    gained, lost = 14, 5
    single = np.array([1] * gained + [-1] * lost + [0] * 30)
    p_value = sign_flip_test(single, [str(i) for i in range(len(single))])
    assert p_value == pytest.approx(binomtest(gained, gained + lost).pvalue)
    assert sign_flip_test(np.zeros(3, int), list("abc")) == 1.0


def test_few_clips_are_no_evidence_however_much_alike():
    """Five coins that fall to one side."""
    right, wrong, clips = np.ones(5, bool), np.zeros(5, bool), list("abcde")
    assert paired_test(right, wrong, clips, None) == pytest.approx(1 / 16)
    assert paired_test(right, right, clips, None) == 1.0


def test_many_clips_take_no_time_and_agree_with_the_test_for_many():
    rng = np.random.default_rng(4)
    right = rng.random((2, 20_000)) < [[0.5], [0.51]]
    clips = [str(i // 2) for i in range(20_000)]
    exact = sign_flip_test(right[1].astype(int) - right[0], clips)
    assert exact == pytest.approx(
        clustered_mcnemar(right[1], right[0], clips, ["x"] * 20_000), rel=0.1
    )


def test_p_values_of_several_are_holms():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.9, 0.8]) == [1.0, 1.0] and holm([]) == []


@pytest.mark.parametrize(("gain", "loss", "a_clip"), [(0.2, 0.1, 1), (0.25, 0.1, 3)])
def test_power_agrees_with_simulation(gain, loss, a_clip):
    """As many clips as are said to be needed show the difference in about 80% of the files."""
    rng = np.random.default_rng(5)

    def drawn(clips):
        """Questions of a clip are half of one fate, so that they are no independent ones."""
        fate = rng.choice([1, -1, 0], p=[gain, loss, 1 - gain - loss], size=(clips, a_clip + 1))
        together = rng.random((clips, a_clip)) < 0.5
        return np.where(together, fate[:, :1], fate[:, 1:]).reshape(-1)

    def names(clips):
        return np.repeat(np.arange(clips), a_clip)

    power = power_of(drawn(50_000), names(50_000))
    assert power.questions_needed == power.clips_needed * a_clip
    clips = power.clips_needed
    seen = [sign_flip_test(drawn(clips), names(clips)) <= 0.05 for _ in range(500)]
    assert np.mean(seen) == pytest.approx(0.8, abs=0.07)


def test_what_can_be_seen_is_what_takes_all_the_clips_that_there_are():
    differences = np.array([1] * 12 + [-1] * 8 + [0] * 80)
    power = power_of(differences, [str(i) for i in range(100)])
    # A difference of 4 points takes more than 100 clips; the one that takes 100 is larger.
    assert power.clips_needed > 100 and power.detectable > 0.04
    larger = np.array([1] * 17 + [-1] * 3 + [0] * 80)
    assert power_of(larger, [str(i) for i in range(100)]).detectable == power.detectable
    same = power_of(np.zeros(100, int), [str(i) for i in range(100)])
    assert same.clips_needed is None and 0.06 < same.detectable < 0.12
    assert power_of(np.zeros(2, int), ["a", "b"]).detectable is None
