"""Sounds of a clip that are alike: the same dog barks three times, the bell twice.

A network knows a single short sound less well than what several alike ones have in common, and
which of a clip's sounds is the dog is easier to say than whether one of them is a dog.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from audiorouter.clips import Clip
from audiorouter.toolbox.frontends.energy import Segment, sounding
from audiorouter.toolbox.frontends.yamnet import segment_probabilities

ALIKE = 0.3
"""Overlap of class probabilities, 0…1, from which two sounds are alike."""
SHORTEST_GAP, LONGEST_WITHIN = 0.2, 0.45
"""Seconds of quiet that part two sounds, and that may lie within one of several parts."""
_TWO_KINDS = 1.6
"""Ratio of the shortest pause between calls to the longest within one."""
_FAINT = 1e-3
MOST_COMPARED = 2_000
"""Sounds that are compared with each other."""


class SoundGroup(NamedTuple):
    """Sounds that are alike, in order."""

    segments: tuple[Segment, ...]
    probabilities: NDArray[np.float64]
    """Mean class probabilities `(521,)`, the longer ones counting more."""


def sound_groups(clip: Clip) -> list[SoundGroup]:
    """The clip's sounds by kind, in the order in which each is first heard."""
    segments = calls_in(clip)
    found = [segment_probabilities(clip, segment) for segment in segments]
    lengths = np.array([segment.end - segment.start for segment in segments])
    return [
        SoundGroup(
            tuple(segments[i] for i in group),
            np.average([found[i] for i in group], axis=0, weights=lengths[group]),
        )
        for group in _grouped(found)
    ]


def _grouped(found: Sequence[NDArray[np.float64]]) -> list[list[int]]:
    """`alike`, which compares all with all: of very many sounds those of each stretch first.

    What is alike in each is then joined as one sound.
    """
    if len(found) <= MOST_COMPARED:
        return alike(found)
    groups = [
        [start + index for index in group]
        for start in range(0, len(found), MOST_COMPARED)
        for group in alike(found[start : start + MOST_COMPARED])
    ]
    means = [np.mean([found[i] for i in group], axis=0) for group in groups]
    # As often as that makes them fewer, as long as they are too many.
    joined = _grouped(means) if len(means) < len(found) else [[i] for i in range(len(means))]
    return sorted(sorted(i for group in kind for i in groups[group]) for kind in joined)


def calls_in(clip: Clip) -> list[Segment]:
    """The clip's separate sounds, each with all of its parts."""
    return calls(sounding(clip, gap=SHORTEST_GAP))


def calls(segments: Sequence[Segment]) -> list[Segment]:
    """The segments, those joined that are parts of one call.

    That is where pauses are of two kinds: short ones, and others that are clearly longer.
    """
    gaps = [after.start - before.end for before, after in itertools.pairwise(segments)]
    within = _longest_within(sorted(gaps))
    joined = list(segments[:1])
    for gap, segment in zip(gaps, segments[1:], strict=True):
        if gap <= within:
            joined[-1] = Segment(joined[-1].start, segment.end)
        else:
            joined.append(segment)
    return joined


def _longest_within(gaps: list[float]) -> float:
    """The longest pause within calls, 0 where all pauses are of one kind."""
    steps = [(after / before, before) for before, after in itertools.pairwise(gaps)]
    apart = [before for ratio, before in steps if ratio >= _TWO_KINDS and before <= LONGEST_WITHIN]
    return max(apart, default=0.0)


def alike(found: Sequence[NDArray[np.float64]]) -> list[list[int]]:
    """Indices of the sounds, `(521,)` each, by kind: those that are alike in one list.

    Kinds are joined, the nearest first, while their means overlap by `ALIKE`.
    """
    if not found:
        return []
    groups = [[index] for index in range(len(found))]
    means = np.array(found, dtype=float)
    overlaps = np.array([_overlaps(mean, means) for mean in means])
    np.fill_diagonal(overlaps, 0.0)
    while overlaps.max() >= ALIKE:
        first, second = sorted(divmod(int(overlaps.argmax()), len(found)))
        groups[first] = sorted(groups[first] + groups[second])
        groups[second] = []
        means[first] = np.mean([found[i] for i in groups[first]], axis=0)
        overlaps[first] = overlaps[:, first] = _overlaps(means[first], means)
        gone = [index for index, group in enumerate(groups) if not group]
        overlaps[gone], overlaps[:, gone], overlaps[first, first] = 0.0, 0.0, 0.0
    return sorted(group for group in groups if group)


def _overlaps(one: NDArray[np.float64], others: NDArray[np.float64]) -> NDArray[np.float64]:
    """What a sound's probabilities have in common with others', of what either has."""
    common, either = np.minimum(one, others).sum(axis=1), np.maximum(one, others).sum(axis=1)
    return np.asarray((common + _FAINT) / (either + _FAINT))
