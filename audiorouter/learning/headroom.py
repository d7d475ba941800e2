"""What there is to learn from a table, said before the training."""

from __future__ import annotations

from audiorouter.learning.request import Say
from audiorouter.learning.training_data import TrainingData


def describe(data: TrainingData, say: Say) -> None:
    """Headroom first: what a perfect choice of one call would gain, and what none can change."""
    for name, table in (("train", data.train), ("validation", data.validation)):
        if table is None:
            continue
        direct, best = table.correct[:, 0].mean(), table.correct.any(axis=1).mean()
        say(
            f"{name}: {len(table)} questions; direct answer {direct:.1%}, best single call "
            f"in hindsight {best:.1%}; {table.share_without_signal():.1%} answered alike by all"
        )
        tried, calls = table.tried[:, 1:], table.answered[:, 1:]
        if not tried.all():
            say(f"{name}: {tried.sum()} of {tried.size} single calls were tried (--candidates)")
        if unanswered := int((tried & ~calls).sum()):
            say(
                f"{name}: {unanswered} of {tried.sum()} answers to single calls could not be had; "
                "nothing is learned from those (train again to ask for them again)"
            )
    for question, why in list(data.problems.items())[:10]:
        say(f"left out: {question}: {why}")
    if len(data.problems) > 10:
        say(f"left out: {len(data.problems) - 10} more")
    if data.train.share_without_signal() == 1.0:
        say("no route changes any answer here: there is nothing to learn but to call no tool")
