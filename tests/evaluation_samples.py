"""Evaluations for the page, made by hand: as many tools and questions as wanted, under any name."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from outcome_tables import table
from viewer_samples import HOSTILE

from audiorouter.evaluation.bootstrap import Bootstrap
from audiorouter.evaluation.comparison import Evaluation
from audiorouter.evaluation.contributions import shapley_values
from audiorouter.evaluation.scores import Judge
from audiorouter.learning.outcome_table import Calls
from audiorouter.routing.interface import HelpEstimate
from audiorouter.store import Store
from audiorouter.toolbox import ToolCall


def evaluation(
    *, questions: int = 60, tools: int = 6, strategies: int = 8, hostile: bool = False
) -> Evaluation:
    """An evaluation with two routers, or one; without probabilities where there are 3 questions."""
    rng = np.random.default_rng(3)
    names = [f"{HOSTILE[n % len(HOSTILE)]} {n}" if hostile else f"tool {n}" for n in range(tools)]
    groups = [*HOSTILE] if hostile else ["counting", "order", "speech"]
    seconds = np.concatenate([[0.0], 10.0 ** rng.uniform(-3, 1, tools)])
    made = table(
        rng.random((questions, tools + 1)) < np.linspace(0.3, 0.7, tools + 1),
        seconds=np.tile(seconds, (questions, 1)),
        clips=[f"c{n // 2}" for n in range(questions)],
        skills=[groups[n % len(groups)] for n in range(questions)],
        asked=[
            HOSTILE[n % len(HOSTILE)] if hostile else f"Question {n}?" for n in range(questions)
        ],
    ) if tools < 10 else _wide(rng, questions, tools, seconds, groups)  # fmt: skip
    singles: list[Calls] = [(ToolCall(name),) for name in names]
    made = replace(made, routes=((), *singles))
    confidence = rng.uniform(0.2, 1.0, made.correct.shape)
    known = confidence if questions > 3 else np.full_like(confidence, np.nan)
    made = replace(made, confidence=known)
    judge = Judge(made, Bootstrap(made.clips), np.zeros(questions, dtype=np.int64), 0.05)
    scores = {"none": judge.score_columns("none", np.zeros(questions, dtype=np.int64))}
    shown = [names[n] if hostile else f"router {n}" for n in range(strategies)]
    for number, name in enumerate(["all", *shown, "oracle"][: strategies + 1]):
        columns = rng.integers(0, tools + 1, questions) if number else np.full(questions, tools)
        routes = [made.routes[column] for column in columns]
        outcomes = [made.outcome(row, route) for row, route in enumerate(routes)]
        estimates = [HelpEstimate(singles[0], float(p)) for p in rng.random(questions)]
        reasons = [f"{name}: drawn"] * questions
        scores[name] = judge.score(name, routes, outcomes, estimates, reasons)
    return Evaluation(
        made, judge.bootstrap, scores, tuple(shown[: min(2, strategies)]), 0.05,
        made.share_without_signal(), shapley_values(made),
        {text[:80]: text for text in HOSTILE} if hostile else {},
    )  # fmt: skip


def _wide(rng: Any, questions: int, tools: int, seconds: Any, groups: Any) -> Any:
    """As `table`, which has ten letters, makes it, with more tools."""
    skills = [groups[n % len(groups)] for n in range(questions)]
    few = table(np.zeros((questions, 2)), skills=skills)
    shape = (questions, tools + 1)
    return replace(
        few,
        correct=rng.random(shape) < np.linspace(0.3, 0.7, tools + 1),
        quality=rng.random(shape),
        tool_seconds=np.tile(seconds, (questions, 1)),
        all_seconds=np.full(questions, seconds.sum()),
        answered=np.ones(shape, dtype=bool),
        tried=np.ones(shape, dtype=bool),
    )


def write(path: Path, made: Evaluation) -> Path:
    """A report of it, whose clips are not there; its page."""
    from audiorouter.evaluation.viewed_evaluation import ViewedEvaluation
    from audiorouter.viewer.report import page_of, write_report

    with Store(path.parent / "none.db") as store:
        write_report(path, ViewedEvaluation(store, made, title="test.csv"))
    return page_of(path)
