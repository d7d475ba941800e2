"""From questions files to what the trainer and the evaluation need."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch

from audiorouter.errors import UsageError
from audiorouter.learning.asked_table import Tried
from audiorouter.learning.distributed import Processes
from audiorouter.learning.folds import clip_folds
from audiorouter.learning.objective import Groups, Split
from audiorouter.learning.outcome_source import OutcomeSource
from audiorouter.learning.outcome_table import Calls, Outcome, OutcomeTable
from audiorouter.learning.reward import relative_reward, route_reward
from audiorouter.learning.scorable import FEWEST, too_few, too_few_to_validate
from audiorouter.learning.shards import TableShard
from audiorouter.machine.called import to_type
from audiorouter.questions import Question
from audiorouter.routing.features import ToolVectors, states, tool_vectors, without_clip
from audiorouter.sentence_encoder import SentenceEncoder
from audiorouter.toolbox.interface import Tool, ToolCall


@dataclass(frozen=True)
class TrainingData:
    """The questions by every single call, with the tools in the order of the table's columns.

    Without `validation` questions each policy is validated on a part of the training ones.
    """

    tools: tuple[Tool[Any], ...]
    costs: Mapping[str, float]
    """Seconds of computing a second of audio, of each tool by itself."""
    all_cost: float
    """The same of all of them together, which share front ends; 1 where they cost nothing."""
    train: OutcomeTable
    validation: OutcomeTable | None
    problems: Mapping[str, Mapping[str, str]]
    """Why questions are left out, by their ids, of what is to `train` on and for `validation`."""
    front_ends: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    """What each front end takes of the costs of the tools."""

    def vectors(self, encoder: SentenceEncoder) -> ToolVectors:
        """The tools as the policy sees them."""
        return tool_vectors(self.tools, self.costs, encoder)

    def margins_known(self) -> int:
        """Of how many training questions it is known how sure the reasoner is."""
        return int((~np.isnan(self.train.margin)).sum())

    @property
    def validated(self) -> OutcomeTable:
        """The questions of which policies are validated on some or all."""
        return self.train if self.validation is None else self.validation

    def folds(self, count: int) -> list[tuple[torch.Tensor, torch.Tensor]]:
        """Rows of `train` and of `validated` for each of `count` policies.

        Without validation questions the clips are dealt into as many parts (at least two, at most
        as many as there are clips), and each policy is validated on one and trained on the others.
        """
        if self.validation is not None:
            return [(torch.arange(len(self.train)), torch.arange(len(self.validation)))] * count
        parts = min(max(2, count), len(set(self.train.clips)))
        places = torch.tensor(clip_folds(self.train.clips, parts))
        return [
            (torch.nonzero(places != part)[:, 0], torch.nonzero(places == part)[:, 0])
            for part in range(min(count, parts))
        ]

    def without_clips(self) -> TrainingData:
        """The same with nothing known of the clips, for a policy that reads questions alone."""
        return replace(
            self,
            train=_without_clips(self.train),
            validation=None if self.validation is None else _without_clips(self.validation),
        )

    def split(
        self,
        table: OutcomeTable,
        encoder: SentenceEncoder,
        *,
        cost_weight: float,
        see_margin: bool = False,
    ) -> Split:
        """The questions of a table with the rewards of single calls."""
        requests = table.requests_with_margins() if see_margin else table.requests
        return Split(
            states(requests, self.tools, self.vectors(encoder), encoder, margins=see_margin),
            torch.tensor(relative_reward(table, cost_weight=cost_weight), dtype=torch.float32),
        )

    def groups(
        self,
        table: OutcomeTable,
        routes: torch.Tensor,
        source: OutcomeSource,
        processes: Processes,
        *,
        cost_weight: float,
    ) -> tuple[Groups, int]:
        """Routes `(Q, G, K)` of a table's questions with their rewards; longer ones are asked.

        With it goes how many of those were not answered, which counts as wrong.
        """
        drawn = [[self.calls(route) for route in group] for group in routes.tolist()]
        wanted = [(row, calls) for row, group in enumerate(drawn) for calls in group]
        outcomes = self.outcomes(table, wanted, source, processes)

        def reward(row: int, calls: Calls) -> float:
            outcome = outcomes[row, calls]
            if not outcome.answered and calls in table.routes:
                return math.nan  # as in the first stage
            return route_reward(table, row, outcome, cost_weight=cost_weight)

        rewards = [[reward(row, calls) for calls in group] for row, group in enumerate(drawn)]
        unanswered = sum(
            not outcome.answered and calls not in table.routes
            for (_, calls), outcome in outcomes.items()
        )
        return Groups(routes, torch.tensor(rewards, dtype=torch.float32)), unanswered

    def calls(self, route: Sequence[int]) -> Calls:
        """The calls of a route that is given as tool positions, with -1 after its end."""
        return tuple(ToolCall(self.tools[tool].name) for tool in sorted(route) if tool >= 0)

    def outcomes(
        self,
        table: OutcomeTable,
        wanted: Sequence[tuple[int, Calls]],
        source: OutcomeSource,
        processes: Processes,
    ) -> dict[tuple[int, Calls], Outcome]:
        """Outcomes of rows of a table by routes; what it has not is asked for, once.

        Each process asks about its share of the clips.
        """
        in_table = {(row, calls): table.outcome(row, calls) for row, calls in wanted}
        missing = [place for place, outcome in in_table.items() if outcome is None]
        known = {place: outcome for place, outcome in in_table.items() if outcome is not None}

        def ask() -> dict[tuple[int, Calls], Outcome]:
            mine = [place for place in missing if processes.shard.takes(table.clips[place[0]])]
            outcomes = source.ask([(table.questions[row], calls) for row, calls in mine])
            return dict(zip(mine, outcomes, strict=True))

        for asked in processes.gather(ask):
            known |= asked
        return known


def _without_clips(table: OutcomeTable) -> OutcomeTable:
    requests = tuple(without_clip(request) for request in table.requests)
    return replace(table, requests=requests, margin=np.full(len(table), np.nan))


def prepare_training_data(
    source: OutcomeSource,
    questions: Sequence[Question],
    validation: Sequence[Question] | None,
    tools: Mapping[str, Tool[Any]],
    processes: Processes,
    *,
    tried: Tried | None = None,
) -> TrainingData:
    """Fill the tables, and say what the tools cost.

    Each process fills its shard; all of them end with the same data. Of single calls all are
    tried, or those that `tried` says.

    Raises:
        UsageError: there is no tool, or too little to learn from.
        ProcessError: a process could not fill its shard.
    """
    if not tools:
        raise UsageError(f"there is no usable tool to route to (`{to_type('tools', 'list')}`)")
    routes = [(ToolCall(name),) for name in tools]

    def with_costs(some: Sequence[Question]) -> TableShard:
        asked = processes.each(
            lambda: source.ask_table(some, routes, shard=processes.shard, tried=tried)
        )
        # Only now is every call made from which costs may be read, which one process does for all.
        source.costs = processes.decide(lambda: source.costs)
        shards = processes.gather(lambda: source.with_costs(asked))
        return TableShard.joined(shards).with_direct_answers()

    if validation is None:
        processes.each(lambda: _check_heard(source, questions))
    train = with_costs(questions)
    held = None if validation is None else with_costs(validation)
    problems = {"train": train.problems, "validation": {} if held is None else held.problems}
    table, validated = train.table, None if held is None else held.table
    clips = len(set(table.clips))
    if clips < (FEWEST if validated is None else 1):
        raise UsageError(too_few(clips, problems["train"]))
    if validated is not None and len(validated) < FEWEST:
        raise UsageError(too_few_to_validate(len(validated), problems["validation"]))
    costs = {name: source.costs.by_tool[name] for name in tools}
    together = source.costs.route_seconds([ToolCall(name) for name in tools], 1.0) or 1.0
    return TrainingData(
        tuple(tools.values()),
        {name: cost.rate for name, cost in costs.items()},
        together,
        table,
        validated,
        problems,
        {name: cost.shared for name, cost in costs.items()},
    )


def _check_heard(source: OutcomeSource, questions: Sequence[Question]) -> None:
    """Make sure that there are clips enough to learn from, before the reasoner is asked of any.

    Two files may hold one clip, which only hearing them tells.
    """
    clips, problems = source.clips_heard(questions)
    if len(clips) < FEWEST:
        raise UsageError(too_few(len(clips), problems))


def data_hash(table: OutcomeTable) -> str:
    """Short hash over the questions and right answers of a table."""
    digest = hashlib.sha256()
    for question, clip in zip(table.questions, table.clips, strict=True):
        digest.update(
            f"{clip}\n{question.text}\n{question.choices}\n{question.gold_index}".encode()
        )
    return digest.hexdigest()[:12]


def outcomes_hash(table: OutcomeTable) -> str:
    """Short hash over what came of the questions of a table."""
    digest = hashlib.sha256(repr(table.routes).encode())
    for values in (
        table.quality,
        table.correct,
        table.confidence,
        table.answered,
        table.tool_seconds,
        table.margin,
    ):
        digest.update(values.tobytes())
    return digest.hexdigest()[:12]
