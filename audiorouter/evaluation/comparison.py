"""Routers side by side on the same held-out questions."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audiorouter.errors import UsageError
from audiorouter.evaluation.baselines import (
    NearestDescription,
    NearestNeighbours,
    best_single,
    oracle_columns,
)
from audiorouter.evaluation.contributions import ToolWorth, shapley_values, tool_worth
from audiorouter.evaluation.statistics import (
    Interval,
    clustered_interval,
    clustered_mcnemar,
    expected_calibration_error,
)
from audiorouter.learning.outcome_source import OutcomeSource
from audiorouter.learning.outcome_table import Calls, Floats, Outcome, OutcomeTable
from audiorouter.learning.reward import DEFAULT_COST_WEIGHT, relative_reward
from audiorouter.questions import Question
from audiorouter.routing.interface import Router
from audiorouter.routing.strategies import FixedRouter, RandomRouter, RulesRouter
from audiorouter.sentence_encoder import SentenceEncoder
from audiorouter.toolbox.interface import Tool, ToolCall

DIRECT, ALL, BEST_SINGLE, ORACLE = "none", "all", "best single", "oracle"
NEAREST, NEAREST_BY_EXAMPLES, NEIGHBOURS = "nearest", "nearest by examples", "knn"
_NOT_ROUTERS = (BEST_SINGLE, NEAREST, NEAREST_BY_EXAMPLES, NEIGHBOURS, ORACLE)
"""Strategies that nobody can ask for: a router in a folder of that name is another one."""


@dataclass(frozen=True)
class StrategyScore:
    """How one strategy did on `Q` questions; arrays are `(Q,)`.

    `confidence` is NaN where the reasoner gives none.
    """

    name: str
    routes: tuple[Calls, ...]
    correct: NDArray[np.bool_]
    confidence: Floats
    tool_seconds: Floats
    accuracy: Interval
    calibration_error: float | None
    """None where the reasoner gives no probabilities."""
    unanswered: int
    """Questions that the reasoner could not answer by this route: they count as wrong."""

    @property
    def calls(self) -> float:
        """Mean calls a question."""
        return float(np.mean([len(route) for route in self.routes]))

    @property
    def seconds(self) -> float:
        """Mean seconds of tools a question."""
        return float(self.tool_seconds.mean())


@dataclass(frozen=True)
class Comparison:
    """One strategy less another, on the same questions; `difference` is of accuracies."""

    first: str
    second: str
    difference: Interval
    p_value: float


@dataclass(frozen=True)
class Evaluation:
    """Everything that `audiorouter evaluate` shows."""

    table: OutcomeTable
    strategies: Mapping[str, StrategyScore]
    routers: tuple[str, ...]
    """Those of the strategies that were asked for, beside the baselines."""
    share_without_signal: float
    contributions: Mapping[str, float]
    problems: Mapping[str, str]

    def compare(self, first: str, second: str) -> Comparison:
        """Paired and clustered by clip."""
        ours, other = self.strategies[first], self.strategies[second]
        difference = ours.correct.astype(np.float64) - other.correct.astype(np.float64)
        return Comparison(
            first,
            second,
            clustered_interval(difference, self.table.clips),
            clustered_mcnemar(ours.correct, other.correct, self.table.clips),
        )

    def worth(self, tool: str) -> ToolWorth:
        """What a tool is worth on these questions; raises `UsageError` where it was not asked."""
        routers = {name: self.strategies[name].routes for name in self.routers}
        return tool_worth(self.table, tool, routers)

    def by(self, column: str) -> dict[str, dict[str, tuple[float, int]]]:
        """Accuracy and number of questions by a column of the file, then by strategy."""
        values = [question.metadata(column) for question in self.table.questions]
        groups = sorted({value for value in values if value is not None})
        parts = {}
        for group in groups:
            inside = np.array([value == group for value in values])
            parts[group] = {
                name: (float(score.correct[inside].mean()), int(inside.sum()))
                for name, score in self.strategies.items()
            }
        return parts

    def as_json(self) -> dict[str, Any]:
        """The evaluation as values of JSON."""
        every = self.strategies[ALL].seconds
        return {
            "questions": len(self.table),
            "clips": len(set(self.table.clips)),
            "share_without_signal": round(self.share_without_signal, 4),
            "strategies": {
                name: {
                    "accuracy": [round(value, 4) for value in score.accuracy],
                    "calls": round(score.calls, 3),
                    "tool_seconds": round(score.seconds, 4),
                    "share_of_all_seconds": round(score.seconds / every, 4) if every else None,
                    "calibration_error": score.calibration_error
                    if score.calibration_error is None
                    else round(score.calibration_error, 4),
                    "unanswered": score.unanswered,
                }
                for name, score in self.strategies.items()
            },
            "comparisons": [
                {
                    "first": c.first,
                    "second": c.second,
                    "difference": [round(value, 4) for value in c.difference],
                    "p_value": round(c.p_value, 6),
                }
                for c in self.comparisons()
            ],
            "contributions": {k: round(v, 4) for k, v in self.contributions.items()},
            "by_domain": self.by("domain"),
            "by_category": self.by(self.category_column),
            "left_out": dict(self.problems),
        }

    @property
    def category_column(self) -> str:
        """The column by which questions are told apart beside their domain."""
        columns = self.table.questions[0].record
        return next((name for name in ("skill", "category", "task") if name in columns), "category")

    def comparisons(self) -> list[Comparison]:
        """The routers that were asked for, against every other strategy."""
        return [
            self.compare(name, other)
            for name in self.routers
            for other in self.strategies
            if other != name
        ]


def evaluate_routers(
    source: OutcomeSource,
    questions: Sequence[Question],
    routers: Mapping[str, Router],
    tools: Mapping[str, Tool[Any]],
    *,
    training: Sequence[Question] | None = None,
    encoder: SentenceEncoder | None = None,
) -> Evaluation:
    """Ask every question by every route that some strategy takes, and compare.

    `routers` work as in a batch, each with what it hears itself. A question that could not be
    answered by a route is wrong for the strategies that took it; one that was answered by no route
    is left out. `training` questions are what the nearest neighbours are looked for in.

    Raises:
        UsageError: no question can be scored, or none was answered.
    """
    if not tools:
        raise UsageError("there is no usable tool to evaluate (`audiorouter tools list`)")
    singles = [(ToolCall(name),) for name in tools]
    every = tuple(ToolCall(name) for name in tools)
    filled = source.fill(questions, [*singles, every])
    table = filled.table
    if not len(table):
        reasons = "".join(f"\n  {name}: {why}" for name, why in list(filled.problems.items())[:5])
        raise UsageError(f"no question was answered{reasons}")
    encoder = encoder or SentenceEncoder()
    compared: dict[str, Router] = {
        DIRECT: FixedRouter(DIRECT, []),
        ALL: FixedRouter(ALL, list(tools)),
        BEST_SINGLE: FixedRouter(BEST_SINGLE, [call.tool for call in best_single(table)]),
        "random": RandomRouter(list(tools), 0),
        "rules": RulesRouter(list(tools)),
        NEAREST: NearestDescription(tools, encoder),
        NEAREST_BY_EXAMPLES: NearestDescription(tools, encoder, examples=True),
    }
    if training is not None:
        known = source.fill(training, singles).with_direct_answers().table
        if not len(known):
            raise UsageError("none of the training questions was answered without tools")
        rewards = relative_reward(known, cost_weight=DEFAULT_COST_WEIGHT)
        compared[NEIGHBOURS] = NearestNeighbours(known, rewards, encoder)
    scores = {name: _of_baseline(name, r, table, source) for name, r in compared.items()}
    asked = {f"router {n}" if n in _NOT_ROUTERS else n: router for n, router in routers.items()}
    scores |= {name: _of_router(name, r, table, source) for name, r in asked.items()}
    scores[ORACLE] = _from_columns(ORACLE, table, oracle_columns(table))
    return Evaluation(
        table=table,
        strategies=scores,
        routers=tuple(asked),
        share_without_signal=table.share_without_signal(),
        contributions=shapley_values(table),
        problems=filled.problems,
    )


def _of_baseline(
    name: str, router: Router, table: OutcomeTable, source: OutcomeSource
) -> StrategyScore:
    """Score of a router that looks at the question alone."""
    routes = [tuple(dict.fromkeys(route.calls)) for route in router.route(table.requests)]
    outcomes = source.ask(list(zip(table.questions, routes, strict=True)))
    return _strategy(name, table, routes, outcomes)


def _of_router(
    name: str, router: Router, table: OutcomeTable, source: OutcomeSource
) -> StrategyScore:
    taken = source.routed(router, table.questions)
    return _strategy(
        name, table, [route.calls for route, _ in taken], [outcome for _, outcome in taken]
    )


def _from_columns(name: str, table: OutcomeTable, columns: NDArray[np.int64]) -> StrategyScore:
    routes = [table.routes[column] for column in columns]
    outcomes = [table.outcome(row, route) for row, route in enumerate(routes)]
    return _strategy(name, table, routes, [outcome for outcome in outcomes if outcome is not None])


def _strategy(
    name: str, table: OutcomeTable, routes: Sequence[Calls], outcomes: Sequence[Outcome]
) -> StrategyScore:
    correct = np.array([outcome.correct for outcome in outcomes], dtype=np.bool_)
    given = [math.nan if o.confidence is None else o.confidence for o in outcomes]
    confidence = np.array(given, dtype=np.float64)
    return StrategyScore(
        name=name,
        routes=tuple(routes),
        correct=correct,
        confidence=confidence,
        tool_seconds=np.array([outcome.tool_seconds for outcome in outcomes], dtype=np.float64),
        accuracy=clustered_interval(correct, table.clips),
        calibration_error=expected_calibration_error(confidence, correct),
        unanswered=sum(not outcome.answered for outcome in outcomes),
    )
