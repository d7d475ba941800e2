"""How much more often one set of answers is right than another to the same questions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from audiorouter.evaluation.bootstrap import Bootstrap, Interval
from audiorouter.evaluation.question_groups import drawn_groups
from audiorouter.evaluation.statistics import clustered_mcnemar, sign_flip_test


class Tested(NamedTuple):
    """A difference of accuracies, -1…1, and how sure it is."""

    interval: Interval | None
    """None where fewer than 6 clips tell the two apart, or all clips changed alike."""
    p_value: float


@dataclass(frozen=True)
class PairedAccuracy:
    """Two sets of answers to the same questions; differences are the second less the first."""

    questions: int
    clips: int
    first_right: int
    second_right: int
    now_right: int
    """Right in the second alone."""
    now_wrong: int
    """Right in the first alone."""
    over_clips: Tested
    """For other clips with these categories: bootstrap of clips, and the sign flip test."""
    over_categories: Tested | None
    """For other categories as well: bootstrap of clips and categories, and McNemar's test with the
    variance of both; None with fewer than 8 categories, or than two questions each."""

    @property
    def first(self) -> float:
        """Accuracy of the first, 0…1."""
        return self.first_right / self.questions

    @property
    def second(self) -> float:
        """Accuracy of the second, 0…1."""
        return self.second_right / self.questions

    @property
    def difference(self) -> float:
        """The second's accuracy less the first's, -1…1."""
        return (self.now_right - self.now_wrong) / self.questions


def paired_accuracy(
    first: NDArray[np.bool_],
    second: NDArray[np.bool_],
    clips: Sequence[str],
    categories: Sequence[str | None] | None = None,
) -> PairedAccuracy:
    """Compare which of the same questions `(n,)` are right; questions about a clip go together.

    Raises:
        ValueError: there are no questions.
    """
    if not len(first):
        raise ValueError("there are no questions to compare")
    differences = second.astype(np.int64) - first.astype(np.int64)
    groups = None if categories is None else drawn_groups(categories)
    return PairedAccuracy(
        questions=len(first),
        clips=len(set(clips)),
        first_right=int(first.sum()),
        second_right=int(second.sum()),
        now_right=int((differences > 0).sum()),
        now_wrong=int((differences < 0).sum()),
        over_clips=Tested(_interval(differences, clips), sign_flip_test(differences, clips)),
        over_categories=None
        if groups is None
        else Tested(
            _interval(differences, clips, groups), clustered_mcnemar(second, first, clips, groups)
        ),
    )


def _interval(
    differences: NDArray[np.int64], clips: Sequence[str], groups: Sequence[str] | None = None
) -> Interval | None:
    found = Bootstrap(clips, groups).mean(differences)
    return found if found.known else None
