"""The outcome table: what the frozen reasoner makes of each question by each route."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from audiorouter.questions import Question
from audiorouter.toolbox.interface import ToolCall

if TYPE_CHECKING:
    from audiorouter.routing.interface import RouteRequest

Calls = tuple[ToolCall, ...]
"""The calls of a route; empty is the direct answer."""
Floats = NDArray[np.float64]
_Number = TypeVar("_Number", np.float64, np.bool_)


class Outcome(NamedTuple):
    """What the reasoner made of one question by one route.

    `quality` is the probability 0…1 that it gave the right choice (1 or 0 where it gives none; 0
    where no choice is known to be right), `confidence` the one that it gave its own choice,
    `tool_seconds` what the route costs (`toolbox.costs`), `margin` by how much its own choice is
    likelier than the next one. Confidence and margin are None where it gives no probabilities. What
    it could not answer is wrong; of what was not tried nothing is known.
    """

    quality: float
    correct: bool
    confidence: float | None
    tool_seconds: float
    margin: float | None = None
    answered: bool = True
    tried: bool = True

    @classmethod
    def unanswered(cls, tool_seconds: float) -> Outcome:
        """What there is where the reasoner failed after the route's calls were made."""
        return cls(0.0, correct=False, confidence=None, tool_seconds=tool_seconds, answered=False)

    @classmethod
    def untried(cls, tool_seconds: float) -> Outcome:
        """What there is where the reasoner was never asked."""
        return cls.unanswered(tool_seconds)._replace(tried=False)


class OutcomeRow(NamedTuple):
    """A question as a router gets it, by each route of a table."""

    question: Question
    request: RouteRequest
    outcomes: tuple[Outcome, ...]
    all_seconds: float
    """What a route of every tool that is a column by itself costs."""


@dataclass(frozen=True)
class OutcomeTable:
    """Outcomes of `Q` questions by `R` routes; the first route is always the direct answer.

    `quality`, `correct`, `confidence`, `tool_seconds`, `answered` and `tried` are `(Q, R)`, see
    `Outcome`; what is None there is NaN here.
    """

    questions: tuple[Question, ...]
    requests: tuple[RouteRequest, ...]
    """Each question as a router gets it."""
    clips: tuple[str, ...]
    """Hash of each question's clip."""
    routes: tuple[Calls, ...]
    quality: Floats
    correct: NDArray[np.bool_]
    confidence: Floats
    tool_seconds: Floats
    answered: NDArray[np.bool_]
    tried: NDArray[np.bool_]
    all_seconds: Floats
    """What a route of every tool that is a column by itself costs, `(Q,)`."""
    margin: Floats
    """Of each direct answer, `(Q,)`."""

    @classmethod
    def of_rows(cls, rows: Sequence[OutcomeRow], routes: Sequence[Calls]) -> OutcomeTable:
        """The table of questions that were asked by each of `routes`."""
        cells = [outcome for row in rows for outcome in row.outcomes]

        def matrix(values: Sequence[float | None], kind: type[_Number]) -> NDArray[_Number]:
            known = [math.nan if value is None else value for value in values]
            return np.array(known, dtype=kind).reshape(len(rows), len(routes))

        return cls(
            questions=tuple(row.question for row in rows),
            requests=tuple(row.request for row in rows),
            clips=tuple(row.request.facts.audio_hash for row in rows),
            routes=tuple(routes),
            quality=matrix([cell.quality for cell in cells], np.float64),
            correct=matrix([cell.correct for cell in cells], np.bool_),
            confidence=matrix([cell.confidence for cell in cells], np.float64),
            tool_seconds=matrix([cell.tool_seconds for cell in cells], np.float64),
            answered=matrix([cell.answered for cell in cells], np.bool_),
            tried=matrix([cell.tried for cell in cells], np.bool_),
            all_seconds=np.array([row.all_seconds for row in rows], dtype=np.float64),
            margin=matrix([cell.margin for cell in cells], np.float64)[:, 0],
        )

    def __len__(self) -> int:
        return len(self.questions)

    def outcome(self, row: int, route: Calls) -> Outcome | None:
        """The outcome of the question in `row` by `route`, None where the table has it not."""
        column = self._columns.get(route)
        if column is None or not self.tried[row, column]:
            return None
        return Outcome(
            float(self.quality[row, column]),
            bool(self.correct[row, column]),
            _known(self.confidence[row, column]),
            float(self.tool_seconds[row, column]),
            None if column else _known(self.margin[row]),
            bool(self.answered[row, column]),
        )

    @cached_property
    def _columns(self) -> dict[Calls, int]:
        return {route: column for column, route in enumerate(self.routes)}

    @cached_property
    def mean_all_seconds(self) -> float:
        """Mean seconds of calling each tool once, which shares front ends; 1 for none."""
        return float(self.all_seconds.mean()) or 1.0

    def requests_with_margins(self) -> list[RouteRequest]:
        """The requests as a router gets them that wants to know how sure the reasoner is."""
        return [
            replace(request, margin=_known(margin))
            for request, margin in zip(self.requests, self.margin, strict=True)
        ]

    def part(self, rows: Sequence[int]) -> OutcomeTable:
        """The table of the questions in these rows."""
        return replace(
            self,
            questions=tuple(self.questions[row] for row in rows),
            requests=tuple(self.requests[row] for row in rows),
            clips=tuple(self.clips[row] for row in rows),
            quality=self.quality[rows],
            correct=self.correct[rows],
            confidence=self.confidence[rows],
            tool_seconds=self.tool_seconds[rows],
            answered=self.answered[rows],
            tried=self.tried[rows],
            all_seconds=self.all_seconds[rows],
            margin=self.margin[rows],
        )

    @cached_property
    def labelled(self) -> NDArray[np.bool_]:
        """Which questions have a right answer, `(Q,)`."""
        return np.array([q.gold_index is not None for q in self.questions], dtype=np.bool_)

    @property
    def single_calls(self) -> tuple[Calls, ...]:
        """The routes of one call."""
        return tuple(route for route in self.routes if len(route) == 1)

    def share_without_signal(self) -> float:
        """Share of the questions that every route answers alike right or alike wrong, 0…1.

        Where no right answer is known, of those that every route leaves it equally sure of. A route
        by which a question could not be answered says nothing of it.
        """
        alike = (self.correct | ~self.answered).all(axis=1) | ~self.correct.any(axis=1)
        direct = self.confidence[:, :1]
        surer = np.where(np.isnan(self.confidence), direct, self.confidence) != direct
        same = np.where(self.labelled, alike, ~surer.any(axis=1))
        return float(same.mean()) if len(self) else 0.0


def _known(value: np.float64) -> float | None:
    return None if np.isnan(value) else float(value)
