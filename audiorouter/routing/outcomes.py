"""The outcome table: what the frozen reasoner makes of each question by each route."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from audiorouter.questions import Question
from audiorouter.toolbox.interface import ToolCall

if TYPE_CHECKING:
    from audiorouter.routing.interface import RouteRequest

Calls = tuple[ToolCall, ...]
"""The calls of a route; empty is the direct answer."""
Floats = NDArray[np.float64]


class Outcome(NamedTuple):
    """What the reasoner made of one question by one route.

    `quality` is the probability 0…1 that it gave the right choice (1 or 0 where it gives none),
    `confidence` the one that it gave its own choice, `tool_seconds` what the route costs
    (`toolbox.costs`), `margin` by how much its own choice is likelier than the next one.
    """

    quality: float
    correct: bool
    confidence: float
    tool_seconds: float
    margin: float = 1.0


@dataclass(frozen=True)
class OutcomeTable:
    """Outcomes of `Q` questions by `R` routes; the first route is always the direct answer.

    `quality`, `correct`, `confidence` and `tool_seconds` are `(Q, R)`, see `Outcome`.
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
    all_seconds: Floats
    """What a route of every tool that is a column by itself costs, `(Q,)`."""
    margin: Floats
    """Of each direct answer, `(Q,)`."""

    def __len__(self) -> int:
        return len(self.questions)

    def of_questions(self, positions: Sequence[int] | NDArray[np.int64]) -> OutcomeTable:
        """The rows at `positions`."""
        rows = np.asarray(positions, dtype=np.int64)
        return replace(
            self,
            questions=tuple(self.questions[i] for i in rows),
            requests=tuple(self.requests[i] for i in rows),
            clips=tuple(self.clips[i] for i in rows),
            quality=self.quality[rows],
            correct=self.correct[rows],
            tool_seconds=self.tool_seconds[rows],
            all_seconds=self.all_seconds[rows],
            confidence=self.confidence[rows],
            margin=self.margin[rows],
        )

    def of_routes(self, routes: Sequence[Calls]) -> OutcomeTable:
        """The columns of `routes`, the direct answer first; each must be in the table."""
        wanted = [(), *(route for route in routes if route)]
        columns = [self.routes.index(route) for route in wanted]
        return replace(
            self,
            routes=tuple(wanted),
            quality=self.quality[:, columns],
            correct=self.correct[:, columns],
            tool_seconds=self.tool_seconds[:, columns],
            confidence=self.confidence[:, columns],
        )

    def outcome(self, row: int, route: Calls) -> Outcome | None:
        """The outcome of the question in `row` by `route`, None where the table has it not."""
        if route not in self.routes:
            return None
        column = self.routes.index(route)
        return Outcome(
            float(self.quality[row, column]),
            bool(self.correct[row, column]),
            float(self.confidence[row, column]),
            float(self.tool_seconds[row, column]),
        )

    @property
    def single_calls(self) -> tuple[Calls, ...]:
        """The routes of one call."""
        return tuple(route for route in self.routes if len(route) == 1)

    def share_without_signal(self) -> float:
        """Share of the questions that every route answers alike right or alike wrong, 0…1."""
        same = self.correct.all(axis=1) | ~self.correct.any(axis=1)
        return float(same.mean()) if len(self) else 0.0
