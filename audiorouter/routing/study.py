"""From questions files to what the trainer and the evaluation need."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from audiorouter.batch.outcomes import EVERYTHING, OutcomeSource, Share
from audiorouter.errors import UsageError
from audiorouter.questions import Question
from audiorouter.routing.features import ToolVectors, states, tool_vectors
from audiorouter.routing.outcomes import OutcomeTable
from audiorouter.routing.reward import relative_reward, route_reward
from audiorouter.routing.training import Split
from audiorouter.sentences import SentenceEncoder
from audiorouter.store import Store
from audiorouter.toolbox.interface import Tool, ToolCall


@dataclass(frozen=True)
class Study:
    """The questions by every single call, with the tools in the order of the table's columns.

    Without `validation` questions each policy is validated on a part of the training ones.
    """

    tools: tuple[Tool[Any], ...]
    costs: Mapping[str, float]
    train: OutcomeTable
    validation: OutcomeTable | None
    problems: Mapping[str, str]

    def vectors(self, encoder: SentenceEncoder) -> ToolVectors:
        """The tools as the policy sees them."""
        return tool_vectors(self.tools, self.costs, encoder)

    def folds(self, count: int) -> list[tuple[OutcomeTable, OutcomeTable]]:
        """Training and validation questions of each of `count` policies.

        Without validation questions the clips are dealt into as many parts (at least two, at most
        as many as there are clips), and each policy is validated on one and trained on the others.
        """
        if self.validation is not None:
            return [(self.train, self.validation)] * count
        drawn = sorted(set(self.train.clips), key=lambda c: zlib.crc32(f"fold {c}".encode()))
        parts = min(max(2, count), len(drawn))
        part_of = {clip: number % parts for number, clip in enumerate(drawn)}
        places = np.array([part_of[clip] for clip in self.train.clips])
        return [
            (
                self.train.of_questions(np.flatnonzero(places != part)),
                self.train.of_questions(np.flatnonzero(places == part)),
            )
            for part in range(min(count, parts))
        ]

    def split(
        self,
        table: OutcomeTable,
        encoder: SentenceEncoder,
        *,
        cost_weight: float,
        see_margin: bool = False,
        source: OutcomeSource | None = None,
    ) -> Split:
        """A table with its rewards; with a `source` longer routes can be asked for as well."""
        rewards = relative_reward(table, cost_weight=cost_weight)

        def of_routes(rows: Sequence[int], routes: Sequence[Sequence[int]]) -> torch.Tensor:
            assert source is not None
            asked = [
                (table.questions[row], tuple(ToolCall(self.tools[i].name) for i in route))
                for row, route in zip(rows, routes, strict=True)
            ]
            gained = [
                route_reward(table, row, outcome, cost_weight=cost_weight)
                for row, outcome in zip(rows, source.ask(asked), strict=True)
            ]
            return torch.tensor(gained, dtype=torch.float32)

        return Split(
            states(table.requests, encoder, margins=see_margin),
            torch.tensor(rewards, dtype=torch.float32),
            None if source is None else of_routes,
        )


def prepare_study(
    source: OutcomeSource,
    questions: Sequence[Question],
    validation: Sequence[Question] | None,
    tools: Mapping[str, Tool[Any]],
    store: Store,
    *,
    share: Share = EVERYTHING,
) -> Study:
    """Fill the tables, and take from `store` what the tools cost on this machine.

    Raises:
        UsageError: there is no tool, or too little to learn from.
    """
    if not tools:
        raise UsageError("there is no usable tool to route to (`audiorouter tools list`)")
    routes = [(ToolCall(name),) for name in tools]
    filled = source.fill(questions, routes, share=share)
    problems = dict(filled.problems)
    held = None
    if validation is not None:
        other = source.fill(validation, routes, share=share)
        held, problems = other.table, problems | dict(other.problems)
    clips = len(set(filled.table.clips))
    if share.processes == 1 and (clips < 2 or len(held or filled.table) < 2):
        raise UsageError(f"questions about {clips} clips are too few to learn from")
    rates = store.seconds_by_tool()
    costs = {name: rates[name] for name in tools if name in rates}
    return Study(tuple(tools.values()), costs, filled.table, held, problems)


def data_hash(table: OutcomeTable) -> str:
    """Short hash over the questions and right answers of a table."""
    digest = hashlib.sha256()
    for question, clip in zip(table.questions, table.clips, strict=True):
        digest.update(
            f"{clip}\n{question.text}\n{question.choices}\n{question.gold_index}".encode()
        )
    return digest.hexdigest()[:12]
