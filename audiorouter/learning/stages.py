"""Training a committee in stages: single calls first, then routes of several.

The rewards of single calls all stand in the table. Of longer routes there are far too many, so a
few are drawn for each question from the committee that has learned single calls, and asked for in
one go, so that nothing has to be asked while the policies learn from them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from accelerate import Accelerator

from audiorouter.learning.distributed import Processes
from audiorouter.learning.expectations import fit_worth
from audiorouter.learning.objective import (
    SMALLEST_GAIN,
    History,
    Split,
    TrainingOptions,
    reward_of,
)
from audiorouter.learning.outcome_source import OutcomeSource
from audiorouter.learning.outcome_table import Calls
from audiorouter.learning.starting_router import StartingRouter
from audiorouter.learning.trainer import Report, Trainer
from audiorouter.learning.training_data import TrainingData
from audiorouter.routing.familiarity import spread
from audiorouter.routing.policy import Committee, Policy
from audiorouter.routing.routes import draw_routes, greedy_routes, signs_of
from audiorouter.routing.worth import Signs, Worth
from audiorouter.sentence_encoder import SentenceEncoder


@dataclass(frozen=True)
class TrainedCommittee:
    """Policies with how each went, an entry for each stage, and how they did when validated."""

    committee: Committee
    histories: list[History]
    scores: Mapping[str, float]
    """Shares 0…1 of the validation questions that were answered rightly, `direct` and by the
    `router`; of those whose right answers are known."""
    scored: int
    """How many those are."""
    worth: Worth | None = None
    """What became of first calls; None where there were none to make, or nobody knows."""
    stayed: bool = False
    """Whether it is as it started, since it became no better."""


class Stages:
    """Trains a committee; every process of a distributed run makes the same calls."""

    def __init__(
        self,
        data: TrainingData,
        source: OutcomeSource,
        encoder: SentenceEncoder,
        options: TrainingOptions,
        *,
        cost_weight: float,
        accelerator: Accelerator,
        processes: Processes,
        scratch: Path,
        report: Callable[[str], Report],
        say: Callable[[str], None],
        start: StartingRouter | None = None,
    ):
        self._data = data
        self._start = start
        self._source = source
        self._options = options
        self._cost_weight = cost_weight
        self._accelerator = accelerator
        self._processes = processes
        self._scratch = scratch
        self._report = report
        self._say = say
        self._tools = data.vectors(encoder)
        self._tables = (data.train, data.validated)
        self._splits = [
            data.split(table, encoder, cost_weight=cost_weight, see_margin=options.see_margin)
            for table in self._tables
        ]
        folds = data.folds(options.members)
        # A router that is trained further keeps its policies, also where clips are fewer.
        count = len(folds) if start is None else len(start.policies)
        self._folds = [folds[number % len(folds)] for number in range(count)]
        self._histories: list[History] = []

    def run(self) -> TrainedCommittee:
        """Train to the end. Where no route changes any answer, the committee calls no tool."""
        steps = self._options.max_calls
        if self._data.train.share_without_signal() == 1.0 and self._start is None:
            rows = [row for _, held in self._folds for row in self._labelled(held)]
            scores, scored = self._scores([(row, ()) for row in rows])
            return TrainedCommittee(Committee.silent(max_calls=steps), [], scores, scored)
        options = self._options
        splits = self._splits
        policies = self._stage("single calls", self._starts, splits, options)
        if steps > 1:
            splits = self._with_longer_routes(Committee(policies).eval())
            options = options.of_longer_routes()
            policies = self._stage("longer routes", policies, splits, options)
        routers = self._routers_of(policies)
        if self._start is not None and not self._gains(routers, splits[1]):
            self._say("it became no better than it was: the router stays as it started")
            before = self._processes.decide(lambda: self._chosen(self._routers_before))
            committee = Committee(self._start.policies, self._start.known)
            worth = self._start.card.worth
            return TrainedCommittee(
                committee, self._histories, *self._scores(before), worth, stayed=True
            )
        scores, scored = self._scores(self._processes.decide(lambda: self._chosen(routers)))
        committee = Committee(policies, self._standing_for(self._splits[0].states.question))
        return TrainedCommittee(committee, self._histories, scores, scored, self._worth(routers))

    def _gains(self, routers: Sequence[Committee], validation: Split) -> bool:
        """Whether routers are better than those that they started from, where validated."""

        questions = [len(held) for _, held in self._folds]

        def reward(some: Sequence[Committee]) -> float:
            held_out = [validation[held] for _, held in self._folds]
            with torch.no_grad():
                rewards = [
                    reward_of(split, *router(split.states, self._tools)).item()
                    for router, split in zip(some, held_out, strict=True)
                ]
            return float(np.average(rewards, weights=questions))

        return self._processes.decide(
            lambda: reward(routers) > reward(self._routers_before) + SMALLEST_GAIN
        )

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
        before: Sequence[Committee | None] = self._routers_before or [None] * len(starts)
        parts = zip(self._folds, starts, before, strict=True)
        for number, ((seen, held), start, held_to) in enumerate(parts):
            policy, history = Trainer(
                train[seen],
                validation[held],
                self._tools,
                options,
                seed=options.seed * 100 + number,
                start=start,
                held_to=held_to,
                accelerator=self._accelerator,
                scratch=self._scratch / name.replace(" ", "-") / str(number),
                report=self._report(f"{name}, policy {number + 1} of {len(starts)}"),
            ).run()
            policies.append(policy)
            self._histories.append(history)
        return policies

    def _with_longer_routes(self, committee: Committee) -> list[Split]:
        """The splits with routes that are drawn from a committee, by the main process for all.

        Without questions for validation both are of the same ones, which get one group each.
        """
        options, generator = self._options, torch.Generator().manual_seed(self._options.seed)
        same = self._data.validation is None
        parts = list(zip(self._tables, self._splits, strict=True))[: 1 if same else 2]

        def draw() -> list[torch.Tensor]:
            with torch.no_grad():
                scored = [committee(split.states, self._tools)[0] for _, split in parts]
            return [
                draw_routes(s, options.max_calls, options.group_size, generator) for s in scored
            ]

        longer = []
        drawn = self._processes.decide(draw)
        for (table, split), routes in zip(parts, drawn, strict=True):
            groups, unanswered = self._data.groups(
                table, routes, self._source, self._processes, cost_weight=self._cost_weight
            )
            if unanswered:
                self._say(
                    f"{unanswered} answers to routes of several calls could not be had; those "
                    "routes count as wrong (train again to ask for them again)"
                )
            longer.append(replace(split, groups=groups))
        return longer * 2 if same else longer

    def _scores(self, chosen: Sequence[tuple[int, Calls]]) -> tuple[dict[str, float], int]:
        """How often validation questions are answered rightly, directly and by chosen routes.

        With it goes how many they are. One for which several policies chose counts once.
        """
        if not chosen:
            return {}, 0
        wanted = [*chosen, *((row, ()) for row, _ in chosen)]
        outcomes = self._data.outcomes(self._tables[1], wanted, self._source, self._processes)
        times = Counter(row for row, _ in chosen)
        shares = [1 / times[row] for row, _ in chosen]
        direct = [outcomes[row, ()].correct for row, _ in chosen]
        routed = [outcomes[place].correct for place in chosen]
        return {
            "direct": float(np.average(direct, weights=shares)),
            "router": float(np.average(routed, weights=shares)),
        }, len(times)

    def _worth(self, routers: Sequence[Committee]) -> Worth | None:
        """What became of the first calls of each validation question, by its policy's ranking.

        None where too few were answered, or have a right answer.
        """
        table = self._tables[1]
        firsts = self._processes.decide(lambda: self._first_calls(routers))
        before = None if self._start is None else self._start.card.worth
        if not firsts:
            return before
        wanted = [(row, calls) for row, _, prefixes in firsts for calls in ((), *prefixes)]
        outcomes = self._data.outcomes(table, wanted, self._source, self._processes)
        became = [[outcomes[row, c] for c in ((), *calls)] for row, _, calls in firsts]
        right = np.array(
            [[float(o.correct) if o.answered else np.nan for o in some] for some in became]
        )
        if lacking := int(np.isnan(right).any(axis=1).sum()):
            self._say(
                f"{lacking} of {len(firsts)} held-out questions do not say what all calls are "
                "worth: some were not answered"
            )
        signs = [signs for _, signs, _ in firsts]
        asked = [row for row, _, _ in firsts]
        return fit_worth(signs, right, all_cost=self._data.all_cost, asked=asked, before=before)

    def _first_calls(
        self, routers: Sequence[Committee]
    ) -> list[tuple[int, Signs, tuple[Calls, ...]]]:
        """Row of each validation question, what the decision tells, and its first calls."""
        requests = self._tables[1].requests
        steps = min(self._options.max_calls, len(self._data.tools))
        firsts = []
        for router, (_, held) in zip(routers, self._folds, strict=True):
            rows = self._labelled(held)
            scores, stop = self._held_out(router, rows)
            ranked = scores.topk(steps, dim=-1).indices.tolist()
            signs = signs_of(scores, stop, [len(requests[row].choices) for row in rows])
            for row, told, ranking in zip(rows, signs, ranked, strict=True):
                prefixes = tuple(self._data.calls(ranking[: k + 1]) for k in range(steps))
                firsts.append((row, told, prefixes))
        return firsts

    def _chosen(self, routers: Sequence[Committee]) -> list[tuple[int, Calls]]:
        """Row and route of each validation question, by the router that is validated on it."""
        chosen = []
        for router, (_, held) in zip(routers, self._folds, strict=True):
            rows = self._labelled(held)
            routes = greedy_routes(*self._held_out(router, rows))
            chosen += [
                (row, self._data.calls(route))
                for row, route in zip(rows, routes.tolist(), strict=True)
            ]
        return chosen

    def _labelled(self, held: torch.Tensor) -> list[int]:
        """The rows of validation questions whose right answers are known."""
        labelled = self._tables[1].labelled
        return [row for row in held.tolist() if labelled[row]]

    def _held_out(
        self, router: Committee, rows: Sequence[int]
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Logits of validation questions."""
        states = self._splits[1].states[torch.tensor(rows, dtype=torch.long)]
        with torch.no_grad():
            scores, stop = router(states, self._tools)
        return scores, stop

    @cached_property
    def _starts(self) -> Sequence[Policy | None]:
        """What each policy was before this training."""
        return [None] * len(self._folds) if self._start is None else self._start.policies

    def _routers_of(self, policies: Sequence[Policy]) -> list[Committee]:
        """A router of each policy alone."""
        pairs = zip(policies, self._known, strict=True)
        return [Committee([policy], known).eval() for policy, known in pairs]

    @cached_property
    def _routers_before(self) -> list[Committee]:
        """The same of the policies that each started from, to which they are held."""
        if self._start is None:
            return []
        return [Committee([policy], self._start.known).eval() for policy in self._start.policies]

    @cached_property
    def _known(self) -> list[torch.Tensor | None]:
        """Of each policy, questions that stand for those it was trained on."""
        questions = self._splits[0].states.question
        if self._data.validation is not None:  # all policies were trained on all of them
            return [self._standing_for(questions)] * len(self._folds)
        return [self._standing_for(questions[seen]) for seen, _ in self._folds]

    def _standing_for(self, questions: torch.Tensor) -> torch.Tensor | None:
        """Of these questions, and of those of a training before; None where all are known."""
        return spread(questions) if self._start is None else self._start.with_known(questions)
