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
    """Accuracy of each strategy, and the routers' difference to `against`, by part."""
    table = evaluation.table
    right = {name: score.correct for name, score in evaluation.strategies.items()}
    names = [part_of(question) for question in table.questions]
    found = {}
    for part in sorted(set(names)):
        inside = np.flatnonzero([name == part for name in names])
        questions = [table.questions[i] for i in inside]
        draws = bootstrap_of(questions, [table.clips[i] for i in inside])
        found[part] = {
            "n": len(inside),
            "skills": len({question.metadata("skill") for question in questions}),
            "drawn": ["clip"] if draws.skills is None else ["clip", "skill"],
            "accuracy": accuracies({n: r[inside] for n, r in right.items()}, draws),
            f"less {against}": {
                name: rounded(
                    draws.mean(right[name][inside].astype(float) - right[against][inside])
                )
                for name in evaluation.routers
            },
        }
    return found


def accuracies(right: Mapping[str, Right], draws: Bootstrap) -> dict[str, list[float]]:
    """Accuracy of each strategy with its interval."""
    means = draws.means(np.column_stack([r.astype(float) for r in right.values()]))
    return {name: rounded(mean) for name, mean in zip(right, means, strict=True)}


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
