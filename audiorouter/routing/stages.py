"""Training a committee in stages: single calls first, then routes of several.

The rewards of single calls all stand in the table. Of longer routes there are far too many, so a
few are drawn for each question from the committee that has learned single calls, and asked for in
one go, so that nothing has to be asked while the policies learn from them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from accelerate import Accelerator

from audiorouter.batch.outcomes import OutcomeSource
from audiorouter.routing.outcomes import OutcomeTable
from audiorouter.routing.policy import Committee, Policy
from audiorouter.routing.routes import draw_routes, greedy_routes
from audiorouter.routing.study import Study
from audiorouter.routing.trainer import Report, Trainer
from audiorouter.routing.training import Groups, History, Split, TrainingOptions
from audiorouter.sentences import SentenceEncoder


@dataclass(frozen=True)
class TrainedCommittee:
    """Policies with how each went, an entry for each stage, and how they did when validated."""

    committee: Committee
    histories: list[History]
    right: list[bool]
    """Whether each validation question was answered rightly by the route of its policy."""


class Stages:
    """Trains a committee on a study; every process of a distributed run makes the same calls."""

    def __init__(
        self,
        study: Study,
        source: OutcomeSource,
        encoder: SentenceEncoder,
        options: TrainingOptions,
        *,
        cost_weight: float,
        accelerator: Accelerator,
        scratch: Path,
        report: Callable[[str], Report],
    ):
        self._study = study
        self._source = source
        self._options = options
        self._cost_weight = cost_weight
        self._accelerator = accelerator
        self._scratch = scratch
        self._report = report
        self._tools = study.vectors(encoder)
        self._tables = (study.train, study.validated)
        self._splits = [
            study.split(table, encoder, cost_weight=cost_weight, see_margin=options.see_margin)
            for table in self._tables
        ]
        self._folds = study.folds(options.members)
        self._histories: list[History] = []

    def run(self) -> TrainedCommittee:
        """Train to the end. Where no route changes any answer, the committee calls no tool."""
        steps = self._options.max_calls
        if self._study.train.share_without_signal() == 1.0:
            return TrainedCommittee(Committee.silent(max_calls=steps), [], [])
        options = self._options
        policies = self._stage("single calls", [None] * len(self._folds), self._splits, options)
        if steps > 1:
            drawn = self._with_longer_routes(Committee(policies).eval())
            options = options.of_longer_routes()
            policies = self._stage("longer routes", policies, drawn, options)
        return TrainedCommittee(Committee(policies), self._histories, self._right(policies))

    def _stage(
        self,
        name: str,
        starts: Sequence[Policy | None],
        splits: Sequence[Split],
        options: TrainingOptions,
    ) -> list[Policy]:
        """Train each policy on its part of the questions."""
        policies = []
        train, validation = splits
        for number, ((seen, held), start) in enumerate(zip(self._folds, starts, strict=True)):
            policy, history = Trainer(
                train[seen],
                validation[held],
                self._tools,
                replace(options, seed=options.seed * 100 + number),
                start=start,
                accelerator=self._accelerator,
                scratch=self._scratch / name.replace(" ", "-") / str(number),
                report=self._report(f"{name}, policy {number + 1} of {len(starts)}"),
            ).run()
            policies.append(policy)
            self._histories.append(history)
        return policies

    def _with_longer_routes(self, committee: Committee) -> list[Split]:
        """The splits with routes that are drawn from a committee; the same in every process."""
        options, generator = self._options, torch.Generator().manual_seed(self._options.seed)
        found = []
        for table, split in zip(self._tables, self._splits, strict=True):
            with torch.no_grad():
                scores, _ = committee(split.states, self._tools)
            routes = draw_routes(scores, options.max_calls, options.group_size, generator)
            found.append(replace(split, groups=self._asked(table, routes)))
        return found

    def _asked(self, table: OutcomeTable, routes: torch.Tensor) -> Groups:
        """The routes with their rewards. Each process asks for its share; then all are known."""
        rank, processes = self._accelerator.process_index, self._accelerator.num_processes
        if processes > 1:
            share = torch.arange(len(table))[rank::processes]
            self._groups(table.of_questions(share.numpy()), routes[share])
            self._accelerator.wait_for_everyone()
        return self._groups(table, routes)

    def _groups(self, table: OutcomeTable, routes: torch.Tensor) -> Groups:
        return self._study.groups(table, routes, self._source, cost_weight=self._cost_weight)

    def _right(self, policies: Sequence[Policy]) -> list[bool]:
        table, split = self._tables[1], self._splits[1]
        wanted = []
        for policy, (_, held) in zip(policies, self._folds, strict=True):
            with torch.no_grad():
                routes = greedy_routes(*policy(split.states[held], self._tools))
            wanted += [
                (int(row), self._study.calls(route))
                for row, route in zip(held, routes.tolist(), strict=True)
            ]
        outcomes = self._study.outcomes(table, wanted, self._source)
        return [outcomes[place].correct for place in wanted]
