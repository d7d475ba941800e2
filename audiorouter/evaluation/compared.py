"""Two sets of answers to the same questions, and what differs between them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from audiorouter.batch.past.answer_sets import AnswerSet
from audiorouter.batch.past.past_rows import PastRow
from audiorouter.evaluation.bootstrap import Interval
from audiorouter.evaluation.paired_accuracy import PairedAccuracy, Tested
from audiorouter.evaluation.paired_costs import Costs
from audiorouter.evaluation.power import LEVEL, Power
from audiorouter.evaluation.statistics import significant
from audiorouter.text import counted

GROUPED_BY = ("domain", "category")
Pair = tuple[PastRow, PastRow]


class AnsweredBy(NamedTuple):
    """How many questions have an answer on both sides, on one alone, and on none."""

    both: int
    first_alone: int
    second_alone: int
    neither: int


@dataclass(frozen=True)
class Compared:
    """A second set of answers against a first; differences are the second less the first."""

    first: AnswerSet
    second: AnswerSet
    pairs: tuple[Pair, ...]
    """The questions that both were asked."""
    only_first: int
    only_second: int
    scored: tuple[Pair, ...]
    """Those of the pairs of which it is known on both sides whether they are right, by the same
    right answers: the accuracies are of these."""
    other_right_answers: tuple[Pair, ...]
    """The same questions with other right answers on the two sides: they are not scored."""
    accuracy: PairedAccuracy | None
    """None where no pair is scored."""
    groups: Mapping[str, Mapping[str, PairedAccuracy]]
    """By `domain` and `category`, where there are several."""
    groups_holm: Mapping[str, Mapping[str, float]]
    """p-values of the groups as they count where all groups of a column are looked at (Holm)."""
    power: Power | None
    costs: tuple[Costs, Costs]
    """Of all pairs, those that are not scored as well."""
    settings: Mapping[str, tuple[Any, Any]]
    """What differs in what made the answers; nothing where one is an answers file."""
    holm: float | None = None
    """The p-value as it counts where several are compared with the first (Holm)."""

    @property
    def p_value(self) -> float | None:
        """That by which the verdict goes: of all questions, over clips; adjusted if of several."""
        if self.accuracy is None:
            return None
        return self.accuracy.over_clips.p_value if self.holm is None else self.holm

    @cached_property
    def now_right(self) -> tuple[Pair, ...]:
        """Wrong in the first and right in the second."""
        return tuple((a, b) for a, b in self.scored if b.correct and not a.correct)

    @cached_property
    def now_wrong(self) -> tuple[Pair, ...]:
        """Right in the first and wrong in the second."""
        return tuple((a, b) for a, b in self.scored if a.correct and not b.correct)

    @property
    def other_answers(self) -> int:
        """How many of the pairs have an answer on both sides, and not the same."""
        return sum(
            a.prediction != b.prediction
            for a, b in self.pairs
            if a.prediction is not None and b.prediction is not None
        )

    @property
    def answered(self) -> AnsweredBy:
        """How many of the pairs have an answer, by which side has it."""
        sides = Counter((a.prediction is not None, b.prediction is not None) for a, b in self.pairs)
        return AnsweredBy(
            sides[True, True], sides[True, False], sides[False, True], sides[False, False]
        )

    @property
    def same_answers(self) -> bool:
        """Whether no pair has another answer, or one on one side alone; scoring may differ."""
        answered = self.answered
        return not (self.other_answers or answered.first_alone or answered.second_alone)

    @property
    def other_routes(self) -> int:
        """How many of the pairs have another route."""
        return sum(a.calls != b.calls for a, b in self.pairs)

    @property
    def other_scoring(self) -> Mapping[tuple[str, str], int]:
        """How many of the scored pairs are right or wrong by another measure, by the two."""
        by = [(a.fields.get("scored_by"), b.fields.get("scored_by")) for a, b in self.scored]
        return Counter((str(a), str(b)) for a, b in by if a and b and a != b)

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of the figures should know."""
        lines = [*self.first.remarks, *self.second.remarks]
        answered = self.answered
        lines += [
            f"{counted(count, 'question')} without an answer in {name}"
            for name, count in (
                (self.first.name, answered.second_alone + answered.neither),
                (self.second.name, answered.first_alone + answered.neither),
            )
            if count
        ]
        if self.other_right_answers:
            lines.append(
                f"{counted(len(self.other_right_answers), 'question')} with other right answers in "
                f"{self.first.name} than in {self.second.name}: not scored here"
            )
        unknown = len(self.pairs) - len(self.scored) - len(self.other_right_answers)
        if unknown:
            lines.append(
                f"{counted(unknown, 'question')} not scored in {self.first.name} or in "
                f"{self.second.name}"
            )
        lines += [
            f"{counted(count, 'question')} scored by {a} in {self.first.name} and by {b} in "
            f"{self.second.name}: what differs may be the scoring"
            for (a, b), count in self.other_scoring.items()
        ]
        return tuple(lines)

    @property
    def verdict(self) -> str:
        """In a sentence whether the second is right more often."""
        found, p_value = self.accuracy, self.p_value
        if found is not None and p_value is not None and (found.now_right or found.now_wrong):
            scoring = f": {self._same}, but scored otherwise" if self.same_answers else ""
            if p_value >= LEVEL:
                return f"no difference is shown (p = {p_value:.2g}){scoring}"
            more = "more" if found.difference > 0 else "less"
            return (
                f"{self.second.name} is right {more} often than {self.first.name} "
                f"(p = {p_value:.2g}){scoring}"
            )
        if self.answered.neither == len(self.pairs):
            return f"nothing to compare: no answer to {self._all} in either"
        unscored = "; none can be scored" if found is None else ""
        if self.same_answers:
            routes = f", by another route in {self.other_routes:,}" if self.other_routes else ""
            return f"no difference: {self._same}{routes}{unscored}"
        if found is None:
            return f"{self._changes}{unscored}"
        return f"no difference in accuracy: {self._changes}, each as right or wrong as before"

    @property
    def _all(self) -> str:
        count = len(self.pairs)
        return "the one question" if count == 1 else f"all {count:,} questions"

    @property
    def _same(self) -> str:
        answered = self.answered
        if not answered.neither:
            return f"the same answers to {self._all}"
        asked = f"{answered.both:,} of {counted(len(self.pairs), 'question')}"
        return f"the same answers to {asked}, and none to {answered.neither:,} in either"

    @property
    def _changes(self) -> str:
        answered = self.answered
        parts = [
            f"{count:,} {what}"
            for count, what in (
                (self.other_answers, "other answers"),
                (answered.first_alone, f"answered in {self.first.name} alone"),
                (answered.second_alone, f"answered in {self.second.name} alone"),
                (answered.neither, "answered in neither"),
            )
            if count
        ]
        return f"of {counted(len(self.pairs), 'question')} {', '.join(parts)}"

    def as_json(self) -> dict[str, Any]:
        """The comparison as values of JSON; an interval is `[mean, low, high]`."""
        power = self.power
        return {
            "first": self.first.name,
            "second": self.second.name,
            "verdict": self.verdict,
            "notes": list(self.notes),
            "asked_by_both": len(self.pairs),
            "only_first": self.only_first,
            "only_second": self.only_second,
            "scored": len(self.scored),
            "answered": self.answered._asdict(),
            "other_answers": self.other_answers,
            "other_routes": self.other_routes,
            "accuracy": None if self.accuracy is None else _accuracy(self.accuracy),
            "p_holm": None if self.holm is None else significant(self.holm),
            "groups": {
                column: {
                    name: _accuracy(found) | {"p_holm": significant(self.groups_holm[column][name])}
                    for name, found in groups.items()
                }
                for column, groups in self.groups.items()
            },
            "power": None
            if power is None
            else {
                "clips_needed": power.clips_needed,
                "questions_needed": power.questions_needed,
                "detectable": None if power.detectable is None else round(power.detectable, 4),
            },
            "costs": {"first": self.costs[0].as_json(), "second": self.costs[1].as_json()},
            "settings": {name: list(pair) for name, pair in self.settings.items()},
            "now_right": [_changed(*pair) for pair in self.now_right],
            "now_wrong": [_changed(*pair) for pair in self.now_wrong],
            "other_right_answers": [_changed(*pair) for pair in self.other_right_answers],
        }

    def records(self) -> list[dict[str, Any]]:
        """A flat record for all questions, and one for each group."""
        if self.accuracy is None:
            return []
        p_value = self.accuracy.over_clips.p_value if self.holm is None else self.holm
        parts = [("", "all", self.accuracy, p_value)]
        parts += [
            (column, name, found, self.groups_holm[column][name])
            for column, groups in self.groups.items()
            for name, found in groups.items()
        ]
        return [
            {
                "first": self.first.name,
                "second": self.second.name,
                "by": column,
                "group": name,
                "questions": found.questions,
                "clips": found.clips,
                "first_accuracy": found.first,
                "second_accuracy": found.second,
                "difference": found.difference,
                "difference_low": None if (i := found.over_clips.interval) is None else i.low,
                "difference_high": None if i is None else i.high,
                "p_value": found.over_clips.p_value,
                "p_holm": adjusted,
                "now_right": found.now_right,
                "now_wrong": found.now_wrong,
            }
            for column, name, found, adjusted in parts
        ]


def _accuracy(found: PairedAccuracy) -> dict[str, Any]:
    return {
        "questions": found.questions,
        "clips": found.clips,
        "first_right": found.first_right,
        "second_right": found.second_right,
        "now_right": found.now_right,
        "now_wrong": found.now_wrong,
        "difference": round(found.difference, 4),
        "over_clips": _tested(found.over_clips),
        "over_categories": None
        if found.over_categories is None
        else _tested(found.over_categories),
    }


def _tested(found: Tested) -> dict[str, Any]:
    return {"interval_95": _interval(found.interval), "p_value": significant(found.p_value)}


def _interval(interval: Interval | None) -> list[float | None] | None:
    return None if interval is None else interval.as_json()


def _changed(first: PastRow, second: PastRow) -> dict[str, Any]:
    return {"id": first.id, "audio": first.audio, "question": first.question} | {
        name: {
            "id": row.id,
            "prediction": row.prediction,
            "answer": sorted(row.right_answers),
            "correct": row.correct,
            "calls": list(row.calls),
            "error": row.error,
        }
        for name, row in (("first", first), ("second", second))
    }
