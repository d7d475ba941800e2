"""Clusters of voices: those with little talk join others, and the margin tells how sure that is."""

import numpy as np

from audiorouter.toolbox.frontends.voices import clustered


def windows(*directions, spread=0.1, seed=0):
    rng = np.random.default_rng(seed)
    placed = np.eye(16)[list(directions)] + spread * rng.standard_normal((len(directions), 16))
    return placed / np.linalg.norm(placed, axis=1, keepdims=True)


def test_people_are_numbered_as_they_appear():
    labels, margin = clustered(windows(3, 3, 1, 1, 3, 2, 2), np.full(7, 1.0), None)
    assert labels.tolist() == [0, 0, 1, 1, 0, 2, 2]
    assert margin >= 0.2


def test_somebody_who_says_next_to_nothing_is_nobody_of_their_own():
    seconds = np.array([1.0, 1.0, 0.4, 1.0, 1.0])
    labels, _ = clustered(windows(0, 0, 5, 1, 1), seconds, None)
    assert len(set(labels)) == 2


def test_voices_near_the_bound_have_no_margin():
    apart = np.arccos(1 - 0.70)
    far = np.array([[1.0, 0.0], [np.cos(apart), np.sin(apart)]]).repeat(3, axis=0)
    _, margin = clustered(far, np.full(6, 1.0), None)
    assert margin <= 0.02


def test_a_number_that_is_told_is_kept_to():
    labels, margin = clustered(windows(0, 0, 1, 1), np.full(4, 1.0), 1)
    assert set(labels) == {0} and margin is None
