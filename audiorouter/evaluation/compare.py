"""Comparing runs, answers files and batches: the others against the first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from audiorouter.batch.frames import FrameLibrary, make_frame
from audiorouter.batch.past.answer_sets import AnswerSet, GivenAnswers, answer_sets
from audiorouter.batch.past.pairing import pair_rows
from audiorouter.batch.past.past_rows import PastRow
from audiorouter.batch.past.past_runs import other_settings
from audiorouter.errors import UsageError
from audiorouter.evaluation.compared import GROUPED_BY, Compared, Pair
from audiorouter.evaluation.paired_accuracy import PairedAccuracy, paired_accuracy
from audiorouter.evaluation.paired_costs import costs_of
from audiorouter.evaluation.power import power_of
from audiorouter.evaluation.statistics import holm
from audiorouter.machine.paths import StrPath
from audiorouter.scoring import FEWEST_CLIPS, Measure


@dataclass(frozen=True)
class ComparedAnswers:
    """Each of some sets of answers against the first of them."""

    comparisons: tuple[Compared, ...]

    def frame(self, library: FrameLibrary | None = None) -> Any:
        """A row a comparison, and one for each of its groups, as a data frame.

        Raises:
            UsageError: neither pandas nor polars is installed, or not the one that is asked for.
        """
        records = [record for compared in self.comparisons for record in compared.records()]
        return make_frame(records, columns=("first", "second", "difference"), library=library)

    def as_json(self) -> dict[str, Any]:
        """Everything that `compare --json` prints."""
        return {
            "intervals": {
                "level": 0.95,
                "method": "percentile bootstrap",
                "fewest_clips": FEWEST_CLIPS,
            },
            "tests": {
                "over_clips": "sign flips of clips, exact",
                "over_categories": "McNemar, variance of clips and categories",
            },
            "comparisons": [compared.as_json() for compared in self.comparisons],
        }


def compare(
    first: GivenAnswers, *others: GivenAnswers, store: StrPath | None = None
) -> ComparedAnswers:
    """Compare sets of answers to the same questions: each of the others against the first.

    Each is a run of the store by its number or `last`, the path of an answers file (a file that is
    called like a number is `./12`), or what `run_batch` gave. Questions go together by what is
    asked, see `audiorouter.batch.past.pairing`. `store` is the file of the store, None the user's
    own.

    >>> compare("before.csv", "after.csv").frame()                         # doctest: +SKIP

    Raises:
        UsageError: there is no such run or file, or two of them have no question in common.
        StoreError: the store cannot be used.
    """
    if not others:
        raise UsageError("compare takes two sets of answers or more")
    sets = answer_sets([first, *others], store)
    return ComparedAnswers(_adjusted([compare_two(sets[0], other) for other in sets[1:]]))


def compare_two(first: AnswerSet, second: AnswerSet) -> Compared:
    """The second set of answers against the first.

    Raises:
        UsageError: they have no question in common.
    """
    found = pair_rows(first.rows, second.rows)
    if not found.pairs:
        raise UsageError(
            f"{first.name} and {second.name} have no question in common: the clip, the words of "
            "the question and its choices have to be the same"
        )
    other_gold = tuple(pair for pair in found.pairs if _other_right_answers(*pair))
    scored = tuple(
        (a, b)
        for a, b in found.pairs
        if a.correct is not None and b.correct is not None and not _other_right_answers(a, b)
    )
    known = bool(first.provenance) and bool(second.provenance)
    groups = {column: by for column in GROUPED_BY if len(by := _by(scored, column)) > 1}
    return Compared(
        first,
        second,
        found.pairs,
        found.only_first,
        found.only_second,
        scored,
        other_gold,
        accuracy=_accuracy(scored) if scored else None,
        groups=groups,
        groups_holm={
            column: dict(
                zip(by, holm([each.over_clips.p_value for each in by.values()]), strict=True)
            )
            for column, by in groups.items()
        },
        power=power_of(_differences(scored), _clips(scored)) if scored else None,
        costs=(
            costs_of((a for a, _ in found.pairs), first.usage),
            costs_of((b for _, b in found.pairs), second.usage),
        ),
        settings=other_settings(first.provenance, second.provenance) if known else {},
    )


def _adjusted(comparisons: Sequence[Compared]) -> tuple[Compared, ...]:
    """With the p-values of all of them together, where there are several."""
    tested = [c for c in comparisons if c.accuracy is not None]
    if len(tested) < 2:
        return tuple(comparisons)
    values = holm([c.accuracy.over_clips.p_value for c in tested if c.accuracy is not None])
    adjusted = dict(zip(map(id, tested), values, strict=True))
    return tuple(replace(c, holm=adjusted.get(id(c))) for c in comparisons)


def _other_right_answers(first: PastRow, second: PastRow) -> bool:
    """Whether both tell their right answers, and some are in other words than all of the others."""
    if first.choices is None or second.choices is None:
        return False  # of an earlier version, which kept letters as well
    one, other = first.right_answers, second.right_answers
    if not one or not other or one == other:
        return False
    return not all(
        Measure.EXACT.right(tuple(others), text)
        for these, others in ((one, other), (other, one))
        for text in these
    )


def _accuracy(pairs: Sequence[Pair]) -> PairedAccuracy:
    return paired_accuracy(
        np.array([bool(a.correct) for a, _ in pairs]),
        np.array([bool(b.correct) for _, b in pairs]),
        _clips(pairs),
        [_group(pair, "category") for pair in pairs],
    )


def _differences(pairs: Sequence[Pair]) -> Any:
    return np.array([int(bool(b.correct)) - int(bool(a.correct)) for a, b in pairs])


def _clips(pairs: Sequence[Pair]) -> list[str]:
    """The clip of each pair: by its audio where that is known, else by its name."""
    return [a.clip or b.clip or f"named {a.audio}" for a, b in pairs]


def _by(pairs: Sequence[Pair], column: str) -> dict[str, PairedAccuracy]:
    inside: dict[str, list[Pair]] = {}
    for pair in pairs:
        if (group := _group(pair, column)) is not None:
            inside.setdefault(group, []).append(pair)
    return {name: _accuracy(inside[name]) for name in sorted(inside)}


def _group(pair: Pair, column: str) -> str | None:
    found = [row.fields.get(column) for row in pair]
    return next((str(value) for value in found if value not in (None, "")), None)
