"""Routers side by side on the same held-out questions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audiorouter.batch.outcomes import OutcomeSource
from audiorouter.errors import UsageError
from audiorouter.questions import Question
from audiorouter.routing.baselines import (
    NearestDescription,
    NearestNeighbours,
    best_single,
    oracle_columns,
)
from audiorouter.routing.contributions import ToolWorth, shapley_values, tool_worth
from audiorouter.routing.interface import AskingRouter, Router
from audiorouter.routing.outcomes import Calls, Floats, OutcomeTable
from audiorouter.routing.reward import DEFAULT_COST_WEIGHT, relative_reward
from audiorouter.routing.statistics import (
    Interval,
    clustered_interval,
    clustered_mcnemar,
    expected_calibration_error,
)
from audiorouter.routing.strategies import FixedRouter, RandomRouter, RulesRouter
from audiorouter.sentences import SentenceEncoder
from audiorouter.toolbox.interface import Tool, ToolCall

DIRECT, ALL, BEST_SINGLE, ORACLE = "none", "all", "best single", "oracle"
BASELINES = (
    *(DIRECT, ALL, BEST_SINGLE, "random", "rules"),
    *("nearest", "nearest by examples", "knn", ORACLE),
)


@dataclass(frozen=True)
class StrategyScore:
    """How one strategy did on `Q` questions; arrays are `(Q,)`."""

    name: str
    routes: tuple[Calls, ...]
    correct: NDArray[np.bool_]
    confidence: Floats
    tool_seconds: Floats
    accuracy: Interval
    calibration_error: float

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
    share_without_signal: float
    contributions: Mapping[str, float]
    problems: Mapping[str, str]

    def compare(self, first: str, second: str) -> Comparison:
        """Paired and clustered by clip."""
        one, other = self.strategies[first], self.strategies[second]
        difference = one.correct.astype(np.float64) - other.correct.astype(np.float64)
        return Comparison(
            first,
            second,
            clustered_interval(difference, self.table.clips),
            clustered_mcnemar(one.correct, other.correct, self.table.clips),
        )

    def worth(self, tool: str) -> ToolWorth:
        """What a tool is worth on these questions; raises `UsageError` where it was not asked."""
        routers = {n: s.routes for n, s in self.strategies.items() if n not in BASELINES}
        return tool_worth(self.table, tool, routers)

    def by(self, column: str) -> dict[str, dict[str, tuple[float, int]]]:
        """Accuracy and number of questions by a column of the file, then by strategy."""
        values = [question.metadata(column) for question in self.table.questions]
        groups = sorted({value for value in values if value is not None})
        found = {}
        for group in groups:
            inside = np.array([value == group for value in values])
            found[group] = {
                name: (float(score.correct[inside].mean()), int(inside.sum()))
                for name, score in self.strategies.items()
            }
        return found

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
                    "calibration_error": round(score.calibration_error, 4),
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
            for name in self.strategies
            if name not in BASELINES
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

    `training` questions are what the nearest neighbours are looked for in.

    Raises:
        UsageError: no question can be scored.
    """
    if not tools:
        raise UsageError("there is no usable tool to evaluate (`audiorouter tools list`)")
    singles = [(ToolCall(name),) for name in tools]
    every = tuple(ToolCall(name) for name in tools)
    filled = source.fill(questions, [*singles, every])
    table = filled.table
    encoder = encoder or SentenceEncoder()
    compared: dict[str, Router] = {
        DIRECT: FixedRouter(DIRECT, []),
        ALL: FixedRouter(ALL, list(tools)),
        BEST_SINGLE: FixedRouter(BEST_SINGLE, [call.tool for call in best_single(table)]),
        "random": RandomRouter(list(tools), 0),
        "rules": RulesRouter(list(tools)),
        "nearest": NearestDescription(tools, encoder),
        "nearest by examples": NearestDescription(tools, encoder, examples=True),
    }
    if training is not None:
        known = source.fill(training, singles).table
        rewards = relative_reward(known, cost_weight=DEFAULT_COST_WEIGHT)
        compared["knn"] = NearestNeighbours(known, rewards, encoder)
    compared |= routers
    scores = {name: _score(name, router, table, source) for name, router in compared.items()}
    scores[ORACLE] = _from_columns(ORACLE, table, oracle_columns(table))
    return Evaluation(
        table=table,
        strategies=scores,
        share_without_signal=table.share_without_signal(),
        contributions=shapley_values(table),
        problems=filled.problems,
    )


def _score(name: str, router: Router, table: OutcomeTable, source: OutcomeSource) -> StrategyScore:
    if isinstance(router, AskingRouter):
        decided = source.routes(router, table.questions)
    else:
        decided = router.route(list(table.requests))
    routes = [tuple(dict.fromkeys(route.calls)) for route in decided]
    outcomes = source.ask(list(zip(table.questions, routes, strict=True)))
    return _strategy(
        name,
        table,
        tuple(routes),
        np.array([outcome.correct for outcome in outcomes]),
        np.array([outcome.confidence for outcome in outcomes]),
        np.array([outcome.tool_seconds for outcome in outcomes]),
    )


def _from_columns(name: str, table: OutcomeTable, columns: NDArray[np.int64]) -> StrategyScore:
    rows = np.arange(len(table))
    return _strategy(
        name,
        table,
        tuple(table.routes[column] for column in columns),
        table.correct[rows, columns],
        table.confidence[rows, columns],
        table.tool_seconds[rows, columns],
    )


def _strategy(
    name: str,
    table: OutcomeTable,
    routes: tuple[Calls, ...],
    correct: NDArray[np.bool_],
    confidence: Floats,
    tool_seconds: Floats,
) -> StrategyScore:
    return StrategyScore(
        name,
        routes,
        correct,
        confidence,
        tool_seconds,
        clustered_interval(correct, table.clips),
        expected_calibration_error(confidence, correct),
    )
