"""How one strategy did: how often it was right, and what its calls did to the answers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from audiorouter.evaluation.bootstrap import Bootstrap, Floats, Interval, Sums
from audiorouter.evaluation.calibration import Bin, expected_calibration_error, reliability
from audiorouter.evaluation.oracles import Columns
from audiorouter.evaluation.statistics import area_under_roc
from audiorouter.learning.outcome_table import Calls, Outcome, OutcomeTable
from audiorouter.learning.reward import route_reward
from audiorouter.routing.interface import HelpEstimate

WIDEST_SHARE = 2.0
"""An interval of a share of the headroom that is wider tells nothing."""


class Effects(NamedTuple):
    """What a strategy's calls did, against the direct answers and the cross-fitted oracle."""

    help: Interval
    """Share of the questions that are wrong without tools and right with its route."""
    harm: Interval
    """Share of the questions that are right without tools and wrong with its route."""
    abstention: Interval
    """Share of the questions that it has answered without any call."""
    waste: Interval | None
    """Share of its calls that were on routes which left the answer as right or wrong as it was."""
    regret: Interval
    """Mean reward of the cross-fitted oracle's route less that of its own."""
    headroom_closed: Interval | None
    """Its gain over the direct answer as a share of the cross-fitted oracle's; None where that one
    gains nothing in some draw, or the interval is wider than twice the headroom."""


class HelpQuality(NamedTuple):
    """How good a router's estimates are that a call mends a wrong answer (`HelpEstimate`)."""

    questions: int
    calibration_error: float
    """Mean distance of what it estimates and how often the call mended the answer, 0…1."""
    auroc: float | None
    """How likely a mended answer had the higher estimate, 0…1, 0.5 by chance."""
    bins: tuple[Bin, ...] = ()
    """How often the call mended the answer, by how likely that was thought."""


@dataclass(frozen=True)
class StrategyScore:
    """How one strategy did on `Q` questions; arrays are `(Q,)`.

    `confidence` is NaN where the reasoner gives none.
    """

    name: str
    clips: Sequence[str]
    """What was asked about, `Q` names."""
    routes: tuple[Calls, ...]
    correct: NDArray[np.bool_]
    confidence: Floats
    tool_seconds: Floats
    reward: Floats
    accuracy: Interval
    calibration_error: float | None
    """None where the reasoner gives no probabilities."""
    unanswered: int
    """Questions that the reasoner could not answer by this route: they count as wrong."""
    effects: Effects
    help_quality: HelpQuality | None = None
    """None for a router that estimates nothing."""
    reasons: tuple[str, ...] = ()
    """Why it took each route, in its own words; empty for oracles, which have none."""

    @property
    def reliability(self) -> tuple[Bin, ...]:
        """How often its answers are right, by how sure the reasoner is of them."""
        return reliability(self.confidence, self.correct, self.clips)

    @property
    def calls(self) -> float:
        """Mean calls a question."""
        return float(np.mean([len(route) for route in self.routes]))

    @property
    def seconds(self) -> float:
        """Mean seconds of tools a question."""
        return float(self.tool_seconds.mean())


@dataclass(frozen=True)
class Judge:
    """Scores strategies on the questions of a table; `cross_fitted` are that oracle's columns."""

    table: OutcomeTable
    bootstrap: Bootstrap
    cross_fitted: Columns
    cost_weight: float

    @cached_property
    def _reference(self) -> _Reference:
        outcomes = _outcomes_of(self.table, self.cross_fitted)
        correct = np.array([outcome.correct for outcome in outcomes], dtype=np.bool_)
        return _Reference(correct, self._rewards(outcomes))

    def score(
        self,
        name: str,
        routes: Sequence[Calls],
        outcomes: Sequence[Outcome],
        estimates: Sequence[HelpEstimate | None] | None = None,
        reasons: Sequence[str] = (),
    ) -> StrategyScore:
        """The score of a strategy that took `routes` with `outcomes`, one a question."""
        correct = np.array([outcome.correct for outcome in outcomes], dtype=np.bool_)
        given = [math.nan if o.confidence is None else o.confidence for o in outcomes]
        confidence = np.array(given, dtype=np.float64)
        rewards = self._rewards(outcomes)
        answered = np.array([outcome.answered for outcome in outcomes], dtype=np.bool_)
        calls = np.array([len(route) for route in routes])
        accuracy, effects = self._effects(correct, answered, calls, rewards)
        return StrategyScore(
            name=name,
            clips=self.table.clips,
            routes=tuple(routes),
            correct=correct,
            confidence=confidence,
            tool_seconds=np.array([o.tool_seconds for o in outcomes], dtype=np.float64),
            reward=rewards,
            accuracy=accuracy,
            calibration_error=expected_calibration_error(confidence, correct),
            unanswered=int((~answered).sum()),
            effects=effects,
            help_quality=None
            if estimates is None
            else self._help_quality(estimates, routes, correct),
            reasons=tuple(reasons),
        )

    def score_columns(self, name: str, columns: Columns) -> StrategyScore:
        """The score of the routes in these columns of the table."""
        routes = [self.table.routes[column] for column in columns]
        return self.score(name, routes, _outcomes_of(self.table, columns))

    def _rewards(self, outcomes: Sequence[Outcome]) -> Floats:
        weight = self.cost_weight
        return np.array(
            [route_reward(self.table, i, o, cost_weight=weight) for i, o in enumerate(outcomes)],
            dtype=np.float64,
        )

    def _effects(
        self,
        correct: NDArray[np.bool_],
        answered: NDArray[np.bool_],
        calls: NDArray[np.int64],
        rewards: Floats,
    ) -> tuple[Interval, Effects]:
        direct, reached = self.table.correct[:, 0], self._reference
        columns = (
            np.ones(len(correct)),
            correct,
            correct & ~direct,
            direct & ~correct,
            answered & (calls == 0),
            calls,
            calls * (correct == direct),
            reached.reward - rewards,
            correct.astype(float) - direct,
            reached.correct.astype(float) - direct,
        )
        sums = self.bootstrap.sums(np.column_stack(columns))
        accuracy, helped, harm, abstention = (sums.ratio(i, 0) for i in (1, 2, 3, 4))
        regret = sums.ratio(7, 0)
        # Sums over at least one question, as every table has.
        assert accuracy and helped and harm and abstention and regret
        return accuracy, Effects(
            help=helped,
            harm=harm,
            abstention=abstention,
            waste=sums.ratio(6, 5),
            regret=regret,
            headroom_closed=_share_closed(sums, 8, 9),
        )

    def _help_quality(
        self,
        estimates: Sequence[HelpEstimate | None],
        routes: Sequence[Calls],
        correct: NDArray[np.bool_],
    ) -> HelpQuality | None:
        """Over the questions of which it is known what the call makes of them."""
        known = []
        for row, (estimate, route) in enumerate(zip(estimates, routes, strict=True)):
            if estimate is None:
                continue
            outcome = self.table.outcome(row, estimate.calls)
            if outcome is not None or estimate.calls == route:
                right = correct[row] if outcome is None else outcome.correct
                mended = right and not self.table.correct[row, 0]
                known.append((estimate.probability, mended, self.table.clips[row]))
        if not known:
            return None
        probability = np.array([p for p, *_ in known], dtype=np.float64)
        helped = np.array([event for _, event, _ in known], dtype=np.bool_)
        clips = [clip for *_, clip in known]
        error = expected_calibration_error(probability, helped)
        assert error is not None  # estimates are numbers
        bins = reliability(probability, helped, clips)
        return HelpQuality(len(known), error, area_under_roc(probability, helped), bins)


def _share_closed(sums: Sums, gain: int, headroom: int) -> Interval | None:
    """A gain as a share of a headroom, where that is surely there; column 0 counts questions.

    A share of next to nothing is any number: then there is none to tell.
    """
    drawn = sums.drawn[sums.drawn[:, 0] > 0, headroom]
    if sums.whole[headroom] <= 0 or (drawn <= 0).any():
        return None
    closed = sums.ratio(gain, headroom)
    return None if closed is None or closed.high - closed.low > WIDEST_SHARE else closed


class _Reference(NamedTuple):
    """What the cross-fitted oracle reaches, question by question."""

    correct: NDArray[np.bool_]
    reward: Floats


def _outcomes_of(table: OutcomeTable, columns: Columns) -> list[Outcome]:
    """For each question the outcome in its column."""
    routes = [table.routes[column] for column in columns]
    outcomes = []
    for row, route in enumerate(routes):
        outcome = table.outcome(row, route)
        assert outcome is not None  # the route is one of the table's
        outcomes.append(outcome)
    return outcomes
