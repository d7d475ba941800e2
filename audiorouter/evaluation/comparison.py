"""Routers side by side on the same held-out questions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from audiorouter.batch.frames import FrameLibrary, make_frame
from audiorouter.errors import UsageError
from audiorouter.evaluation.baselines import (
    NearestDescription,
    NearestNeighbours,
    UntrainedPolicy,
    untrained_name,
)
from audiorouter.evaluation.bootstrap import Bootstrap, Interval
from audiorouter.evaluation.contributions import (
    ToolWorth,
    shapley_gains,
    shapley_values,
    tool_worth,
)
from audiorouter.evaluation.cost_quality import CostQuality, cost_quality
from audiorouter.evaluation.linear_routers import FITS, linear_routers
from audiorouter.evaluation.oracles import best_single, cross_fitted_columns, oracle_columns
from audiorouter.evaluation.question_groups import (
    FEWEST_DRAWN,
    domain_column,
    drawn_groups,
    group_column,
    groups_by,
)
from audiorouter.evaluation.running import checked_estimates, run_router
from audiorouter.evaluation.scores import Judge, StrategyScore
from audiorouter.evaluation.statistics import paired_test
from audiorouter.learning.outcome_source import OutcomeSource
from audiorouter.learning.outcome_table import Calls, OutcomeTable
from audiorouter.learning.reward import DEFAULT_COST_WEIGHT, judged_reward, relative_reward
from audiorouter.machine.called import to_type
from audiorouter.questions import Question
from audiorouter.routing.interface import Router
from audiorouter.routing.strategies import FixedRouter, RandomRouter, RulesRouter
from audiorouter.scoring import FEWEST_CLIPS
from audiorouter.sentence_encoder import SentenceEncoder
from audiorouter.store import StoredOutcome
from audiorouter.toolbox.interface import Tool, ToolCall

DIRECT, ALL, BEST_SINGLE, ORACLE = "none", "all", "best single", "oracle"
CROSS_FITTED = "cross-fitted oracle"
FIRST_TOOLS = (1, 2, 3, 5)
"""As many first tools of the untrained policy are called, each number as a strategy."""
IN_HINDSIGHT = (BEST_SINGLE, ORACLE)
"""Strategies that have seen the right answers of these very questions."""
_SIGNS = {**dict.fromkeys(IN_HINDSIGHT, "*"), CROSS_FITTED: "†"}
_MEANINGS = (
    "*: in hindsight, with the right answers seen",
    "†: told each question's kind, and by the right answers about other clips what is best for it",
    f"no interval: fewer than {FEWEST_CLIPS} clips tell of the value, or all draws are alike",
)
_NOT_ROUTERS = (
    BEST_SINGLE, NearestDescription.name, *(untrained_name(count) for count in FIRST_TOOLS),
    NearestNeighbours.name, *FITS, CROSS_FITTED, ORACLE,
)  # fmt: skip
"""Strategies that nobody can ask for: a router in a folder of that name is another one."""


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
    bootstrap: Bootstrap
    strategies: Mapping[str, StrategyScore]
    routers: tuple[str, ...]
    """Those of the strategies that were asked for, beside the baselines."""
    cost_weight: float
    """Of the reward in which regret is reckoned."""
    share_without_signal: float
    contributions: Mapping[str, float]
    problems: Mapping[str, str]
    provenance: Mapping[str, Any] = field(default_factory=dict)
    """What made it, see `audiorouter.batch.provenance`."""
    answers: Mapping[tuple[int, Calls], StoredOutcome] = field(default_factory=dict)
    """What the store has of the answer to each question by each route that some strategy takes or
    the table has, by the question's place; only where it was asked for."""

    @property
    def asked(self) -> list[tuple[int, Calls]]:
        """Every question's place with each route of the table, and of the strategies."""
        taken = [score.routes for score in self.strategies.values()]
        return [
            (row, route)
            for row in range(len(self.table))
            for route in dict.fromkeys([*self.table.routes, *(routes[row] for routes in taken)])
        ]

    @cached_property
    def contribution_intervals(self) -> Mapping[str, Interval]:
        """`contributions` with their intervals, in the same order."""
        gains = shapley_gains(self.table)
        found = self.bootstrap.means(np.column_stack(list(gains.values())))
        return dict(zip(gains, found, strict=True))

    @cached_property
    def comparisons(self) -> tuple[Comparison, ...]:
        """The routers that were asked for, against every other strategy.

        Paired; questions are clustered as for the intervals.
        """
        pairs = [(name, other) for name in self.routers for other in self.strategies]
        pairs = [(name, other) for name, other in pairs if other != name]
        if not pairs:
            return ()
        right = {name: score.correct for name, score in self.strategies.items()}
        differences = [right[first].astype(float) - right[second] for first, second in pairs]
        intervals = self.bootstrap.means(np.column_stack(differences))
        clusters = (self.bootstrap.clips, self.bootstrap.skills)
        return tuple(
            Comparison(first, second, interval, paired_test(right[first], right[second], *clusters))
            for (first, second), interval in zip(pairs, intervals, strict=True)
        )

    def worth(self, tool: str) -> ToolWorth:
        """What a tool is worth on these questions; raises `UsageError` where it was not asked."""
        routers = {name: self.strategies[name].routes for name in self.routers}
        return tool_worth(self.table, tool, routers)

    @cached_property
    def cost_quality(self) -> CostQuality | None:
        """The curve of the routers that were asked for, up to the cost of calling everything.

        None where no router was asked for, or nothing costs anything.
        """
        asked = [self.strategies[name] for name in self.routers]
        dearest = self.strategies[ALL].seconds
        direct = self.strategies[DIRECT]
        return cost_quality(direct, asked, self.bootstrap, dearest=dearest) if asked else None

    def by(self, column: str) -> dict[str, dict[str, tuple[float, int]]]:
        """Accuracy and number of questions by a column of the file, then by strategy."""
        values = groups_by(self.table.questions, column)
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
        from audiorouter.evaluation.comparison_json import evaluation_json

        return evaluation_json(self)

    def frame(self, library: FrameLibrary | None = None) -> Any:
        """The strategies as a data frame of pandas or polars, whichever is installed, pandas first.

        A row a strategy: accuracy and its interval (shares), calls a question, tool seconds …

        Raises:
            UsageError: neither is installed, or not the `library` that is asked for.
        """
        from audiorouter.evaluation.comparison_json import strategy_records

        return make_frame(strategy_records(self), library=library)

    @property
    def domain_column(self) -> str:
        """The column that tells their domain."""
        return domain_column(self.table.questions) or "domain"

    @property
    def category_column(self) -> str:
        """The column by which questions are told apart beside their domain."""
        return group_column(self.table.questions) or "category"

    def label(self, name: str) -> str:
        """A strategy's name as it is shown, with a sign that `legend` explains."""
        return f"{name}{_SIGNS.get(name, '')}"

    @property
    def legend(self) -> tuple[str, ...]:
        """What the signs at names of strategies mean, and a lacking interval."""
        return _MEANINGS

    @property
    def drawn(self) -> tuple[str, ...]:
        """What the intervals draw again: clips, and groups where the file tells enough of them."""
        return ("clip",) if self.bootstrap.skills is None else ("clip", self.category_column)

    @property
    def drawn_text(self) -> str:
        """The same in words, with why groups that the file tells are not drawn."""
        text = " × ".join(self.drawn)
        column = group_column(self.table.questions)
        if column is None or column in self.drawn:
            return text
        return f"{text} alone ({column}: fewer than {FEWEST_DRAWN}, or than two questions each)"


def evaluate_routers(
    source: OutcomeSource,
    questions: Sequence[Question],
    routers: Mapping[str, Router],
    tools: Mapping[str, Tool[Any]],
    *,
    training: Sequence[Question] | None = None,
    cost_weight: float = DEFAULT_COST_WEIGHT,
    encoder: SentenceEncoder | None = None,
) -> Evaluation:
    """Ask every question by every route that some strategy takes, and compare.

    `routers` work as in a batch, each with what it hears itself. A question that could not be
    answered by a route is wrong for the strategies that took it; one that was answered by no route
    is left out. From `training` questions the nearest neighbours and the linear routers learn.
    `cost_weight` is that of the reward by which they learn and regret is reckoned.

    Raises:
        UsageError: no question can be scored, or none was answered.
    """
    if not tools:
        raise UsageError(f"there is no usable tool to evaluate (`{to_type('tools', 'list')}`)")
    singles = [(ToolCall(name),) for name in tools]
    every = tuple(ToolCall(name) for name in tools)
    filled = source.fill(questions, [*singles, every])
    table = filled.table
    if not len(table):
        reasons = "".join(f"\n  {name}: {why}" for name, why in list(filled.problems.items())[:5])
        raise UsageError(f"no question was answered{reasons}")
    encoder = encoder or SentenceEncoder(keep=True)
    compared: dict[str, Router] = {
        DIRECT: FixedRouter(DIRECT, []),
        ALL: FixedRouter(ALL, list(tools)),
        BEST_SINGLE: FixedRouter(BEST_SINGLE, [call.tool for call in best_single(table)]),
        **untrained_baselines(tools, encoder),
    }
    if training is not None:
        compared |= _learned(source, training, tools, encoder, cost_weight)
    judge = _judge(table, cost_weight)
    scores = {name: _of_baseline(name, r, judge, source) for name, r in compared.items()}
    asked = {f"router {n}" if n in _NOT_ROUTERS else n: router for n, router in routers.items()}
    for name, router in asked.items():
        scores[name] = judge.score(name, *run_router(router, source, table))
    scores[CROSS_FITTED] = judge.score_columns(CROSS_FITTED, judge.cross_fitted)
    scores[ORACLE] = judge.score_columns(ORACLE, oracle_columns(table))
    return Evaluation(
        table=table,
        bootstrap=judge.bootstrap,
        strategies=scores,
        routers=tuple(asked),
        cost_weight=cost_weight,
        share_without_signal=table.share_without_signal(),
        contributions=shapley_values(table),
        problems=filled.problems,
    )


def untrained_baselines(
    tools: Mapping[str, Tool[Any]], encoder: SentenceEncoder
) -> dict[str, Router]:
    """The baselines that decide by the question, and learn from nothing."""
    routers: dict[str, Router] = {
        "random": RandomRouter(list(tools), 0),
        "rules": RulesRouter(list(tools)),
        NearestDescription.name: NearestDescription(tools, encoder),
    }
    for count in FIRST_TOOLS:
        if count == 1 or count < len(tools):
            routers[untrained_name(count)] = UntrainedPolicy(tools, encoder, count=count)
    return routers


def _learned(
    source: OutcomeSource,
    training: Sequence[Question],
    tools: Mapping[str, Tool[Any]],
    encoder: SentenceEncoder,
    cost_weight: float,
) -> dict[str, Router]:
    """The baselines that learn from training questions."""
    singles = [(ToolCall(name),) for name in tools]
    known = source.fill(training, singles).with_direct_answers().table
    if not len(known):
        raise UsageError("none of the training questions was answered without tools")
    rewards = relative_reward(known, cost_weight=cost_weight)
    linear = linear_routers(known, list(tools.values()), encoder, cost_weight=cost_weight)
    return {NearestNeighbours.name: NearestNeighbours(known, rewards, encoder), **linear}


def _judge(table: OutcomeTable, cost_weight: float) -> Judge:
    groups = groups_by(table.questions, group_column(table.questions))
    rewards = judged_reward(table, cost_weight=cost_weight)
    return Judge(
        table,
        Bootstrap(table.clips, drawn_groups(groups)),
        cross_fitted_columns(table, rewards, [group or "" for group in groups]),
        cost_weight,
    )


def _of_baseline(name: str, router: Router, judge: Judge, source: OutcomeSource) -> StrategyScore:
    """Score of a router that sees the questions as the table has them; none wants margins."""
    table = judge.table
    requests = table.requests
    taken = router.route(requests)
    routes = [tuple(dict.fromkeys(route.calls)) for route in taken]
    outcomes = source.ask(list(zip(table.questions, routes, strict=True)))
    estimates, reasons = checked_estimates(router, requests), [route.reason for route in taken]
    return judge.score(name, routes, outcomes, estimates, reasons)
