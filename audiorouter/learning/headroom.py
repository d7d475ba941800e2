"""What there is to learn from a table, said before the training."""

from __future__ import annotations

import numpy as np

from audiorouter.learning.outcome_table import OutcomeTable
from audiorouter.learning.request import Say
from audiorouter.learning.training_data import TrainingData

_QUOTED = 10


def describe(data: TrainingData, say: Say) -> None:
    """Headroom first: what a perfect choice of one call would gain, and what none can change."""
    for name, table in (("train", data.train), ("validation", data.validation)):
        if table is None:
            continue
        alike = f"{table.share_without_signal():.1%} answered alike by all"
        say(f"{name}: {len(table)} questions; {'; '.join(_known(table))}; {alike}")
        tried, calls = table.tried[:, 1:], table.answered[:, 1:]
        if not tried.all():
            say(f"{name}: {tried.sum()} of {tried.size} single calls were tried (--candidates)")
        if unanswered := int((tried & ~calls).sum()):
            say(
                f"{name}: {unanswered} of {tried.sum()} answers to single calls could not be had; "
                "nothing is learned from those (train again to ask for them again)"
            )
    for name, problems in data.problems.items():
        for question, why in list(problems.items())[:_QUOTED]:
            say(f"{name}: left out: {question}: {why}")
        if len(problems) > _QUOTED:
            say(f"{name}: left out: {len(problems) - _QUOTED} more")
    if data.train.share_without_signal() == 1.0:
        say("no route changes any answer here: there is nothing to learn but to call no tool")


def _known(table: OutcomeTable) -> list[str]:
    """How often answers are right, and how sure of those are of which no right one is known."""
    known = []
    right, sure = table.correct[table.labelled], table.confidence[~table.labelled]
    if len(right):
        known.append(
            f"direct answer {right[:, 0].mean():.1%}, best single call in hindsight "
            f"{right.any(axis=1).mean():.1%}"
        )
    if len(sure):
        known.append(
            f"{len(sure)} without a right answer, of whose direct answers the reasoner is "
            f"{sure[:, 0].mean():.1%} sure, {np.nanmax(sure, axis=1).mean():.1%} by the surest call"
        )
    return known
