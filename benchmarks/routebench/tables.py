"""Evaluations cut by stratum, by form and by whether training knew the skill."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from audioqa.build import NO_CALL
from numpy.typing import NDArray

from audiorouter.evaluation.bootstrap import Bootstrap, Interval
from audiorouter.evaluation.comparison import ALL, Evaluation
from audiorouter.evaluation.question_groups import drawn_groups, groups_by
from audiorouter.questions import Question

Right = NDArray[np.generic]


def rounded(interval: Interval) -> list[float | None]:
    """Mean and bounds, as they are kept."""
    return interval.as_json()


def bootstrap_of(questions: Sequence[Question], clips: Sequence[str]) -> Bootstrap:
    """Draws of clips and skills, or of clips alone where there are few skills."""
    return Bootstrap(clips, drawn_groups(groups_by(questions, "skill")))


def parts(
    evaluation: Evaluation, part_of: Callable[[Question], str], against: str = ALL
) -> dict[str, Any]:
    """`by_part` of all strategies of an evaluation."""
    table = evaluation.table
    right = {name: score.correct for name, score in evaluation.strategies.items()}
    return by_part(table.questions, table.clips, right, part_of, against=[against])


def by_part(
    questions: Sequence[Question],
    clips: Sequence[str],
    right: Mapping[str, Right],
    part_of: Callable[[Question], str],
    *,
    against: Sequence[str],
) -> dict[str, Any]:
    """Accuracy of each router by part of the questions, and its difference to some of them."""
    names = [part_of(question) for question in questions]
    found = {}
    for part in sorted(set(names)):
        inside = np.flatnonzero([name == part for name in names])
        asked = [questions[i] for i in inside]
        draws = bootstrap_of(asked, [clips[i] for i in inside])
        values = {name: of[inside].astype(float) for name, of in right.items()}
        found[part] = {
            "n": len(inside),
            "skills": len({question.metadata("skill") for question in asked}),
            "accuracy": accuracies(values, draws),
        } | {
            f"less {one}": {
                name: rounded(draws.mean(of - values[one]))
                for name, of in values.items()
                if name != one
            }
            for one in against
        }
    return found


def accuracies(right: Mapping[str, Right], draws: Bootstrap) -> dict[str, list[float]]:
    """Accuracy of each strategy with its interval."""
    means = draws.means(np.column_stack([r.astype(float) for r in right.values()]))
    return {name: rounded(mean) for name, mean in zip(right, means, strict=True)}


def cuts(training: Sequence[Question]) -> dict[str, Callable[[Question], str]]:
    """In which ways the test is cut into parts."""
    return {
        "all questions": lambda _question: "all questions",
        "strata": by_stratum,
        "skills": by_skill_known(training),
    }


def by_stratum(question: Question) -> str:
    """The stratum of a question."""
    return question.metadata("stratum") or ""


def by_skill_known(training: Sequence[Question]) -> Callable[[Question], str]:
    """Whether training had questions of the same skill.

    Those that need no listening are apart: no two splits have the same ones.
    """
    known = {question.metadata("skill") for question in training}

    def part_of(question: Question) -> str:
        if by_stratum(question) == NO_CALL:
            return "need no listening"
        return "of a skill of training" if question.metadata("skill") in known else "of a new skill"

    return part_of
