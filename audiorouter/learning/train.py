"""Training a router from a questions file: in one process, or as each of many.

    accelerate launch -m audiorouter train QUESTIONS --clips DIR -o ROUTER_DIR
    torchrun --nproc-per-node 2 -m audiorouter train QUESTIONS --clips DIR -o ROUTER_DIR

Each process fills its share of the outcome table and tells it to the others, so that all of them
learn from the same one (`distributed`).
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from accelerate import Accelerator

from audiorouter.batch.progress import Shown, silent
from audiorouter.batch.reasoning.orders import idle_orders
from audiorouter.errors import UsageError
from audiorouter.learning.candidates import nearest_tools
from audiorouter.learning.distributed import Processes
from audiorouter.learning.existing_router import (
    STAYS,
    TRAINING_VERSION,
    check_router_folder,
    finished,
    made_by,
)
from audiorouter.learning.headroom import describe
from audiorouter.learning.objective import History
from audiorouter.learning.opening import open_outcome_source
from audiorouter.learning.outcome_source import OutcomeSource
from audiorouter.learning.request import Say, TrainRequest, read_for_training
from audiorouter.learning.stages import Stages, TrainedCommittee
from audiorouter.learning.starting_router import CardTools, StartingRouter, with_start
from audiorouter.learning.trainer import Report, make_accelerator
from audiorouter.learning.training_data import (
    TrainingData,
    data_hash,
    outcomes_hash,
    prepare_training_data,
)
from audiorouter.machine.files import check_folder, locked, make_folder
from audiorouter.plugins import Registry
from audiorouter.plugins.opening import usable_tools
from audiorouter.questions import Question
from audiorouter.routing.checkpoint import FORMAT, RouterCard, load_policy, save_router
from audiorouter.routing.learned import encoder_missing, listening_calls_among
from audiorouter.routing.policy import Committee
from audiorouter.sentence_encoder import SentenceEncoder
from audiorouter.text import counted

if TYPE_CHECKING:
    from audiorouter.learning.language_model.training import TrainedLanguageModel
    from audiorouter.routing.language_model.checkpoint import LanguageModelCard
    from audiorouter.toolbox.interface import Tool

_STATES = "training"
"""Folder beside a router of what a training that was killed goes on from."""
_NAME_OF_STATES = re.compile("[0-9a-f]{12}")


@dataclass(frozen=True)
class Trained:
    """A trained router and how it went: small policies, or a language model."""

    policy: Committee | None
    histories: list[History]
    """One a stage and member of the small policies."""
    data: TrainingData
    card: RouterCard | LanguageModelCard
    language_model: TrainedLanguageModel | None = None


def train(
    request: TrainRequest,
    *,
    registry: Registry | None = None,
    progress: Shown = silent,
    say: Say = lambda _line: None,
) -> Trained:
    """Fill the outcome table, train, and write the router into `request.output`.

    What is already known is taken from the store, and a training that was killed goes on.

    >>> train(TrainRequest("questions.csv", "clips", "my-router"))         # doctest: +SKIP
    >>> ask("a.wav", "Which animal?", router="my-router")                  # doctest: +SKIP

    Raises:
        UsageError: the files or options make no sense, there is too little to learn from,
            another training writes into the same folder, or its router is there.
        ProcessError: one of several processes failed.
    """
    folder = Path(request.output)
    check_folder(folder)
    base = None
    if request.language_model is not None:
        from audiorouter.learning.language_model.run import check_request

        base = check_request(request)
    if (missing := encoder_missing()) is not None:
        raise UsageError(missing)
    accelerator = make_accelerator(request.tracker, folder)
    processes = Processes(accelerator)
    if request.cluster is not None and accelerator.num_processes > 1:
        raise UsageError("--engine ray: train in one process; the cluster's machines answer")
    with processes, ExitStack() as opened:
        speaks = say if processes.is_main else _silently
        work = processes.each(lambda: _open(request, registry, opened, progress, speaks))
        request = work.request
        if request.tracker is not None:
            accelerator.init_trackers("audiorouter")
        processes.decide(lambda: opened.enter_context(_held(folder)))
        if base is not None and len(work.questions) < accelerator.num_processes:
            raise UsageError("there are more processes than questions to train on")
        encoder = SentenceEncoder()
        tried = None
        if (candidates := request.candidates_of(work.tools)) is not None:
            tried = nearest_tools(work.tools, encoder, candidates)
        elif request.candidates is not None:
            speaks(f"--candidates {request.candidates} changes nothing: there are no more tools")
        data = prepare_training_data(
            work.source, work.questions, work.validation, work.tools, processes, tried=tried
        )
        if request.text_only:
            data = data.without_clips()
        describe(data, speaks)
        if (idle := idle_orders(work.source.reasoner, request.engine.shuffle_choices)) is not None:
            speaks(idle)
        if (guessed := work.source.costs.guessed(work.tools)) is not None:
            speaks(guessed)
        if request.training != request.training.without_idle():
            speaks("--group-size changes nothing: it is for routes of several calls (--max-calls)")
        if request.training.see_margin and data.margins_known() == 0:
            speaks("--see-margin changes nothing: the reasoner does not say how sure it is")
            request = replace(request, training=replace(request.training, see_margin=False))
        if base is not None:
            from audiorouter.learning.language_model.run import run

            scratch = folder / _STATES / _name_of(request, data, work.start, encoder)
            trained, card = run(
                request, data, work.source, base, accelerator, processes, scratch,
                encoder=encoder, made_by=work.made_by, say=speaks,
            )  # fmt: skip
            processes.decide(lambda: _clear_states(folder))
            accelerator.end_training()
            return Trained(None, [], data, card, trained)
        return _train(request, data, work, encoder, accelerator, processes, speaks)


@contextmanager
def _held(folder: Path) -> Iterator[None]:
    """Keep other trainings out of a folder: they would remove each other's states.

    Raises:
        UsageError: another training has it.
    """

    def refuse() -> None:
        raise UsageError(
            f"{folder}: another training is writing there: wait for its end, or name another folder"
        )

    make_folder(folder)
    with locked(folder, waiting=refuse):
        yield


class _Work(NamedTuple):
    """What a process of a training works with."""

    request: TrainRequest
    source: OutcomeSource
    questions: tuple[Question, ...]
    validation: tuple[Question, ...] | None
    tools: Mapping[str, Tool[Any]]
    start: StartingRouter | None
    made_by: str
    """Of what is asked for, see `existing_router`."""


def _open(
    request: TrainRequest,
    registry: Registry | None,
    opened: ExitStack,
    progress: Shown,
    say: Say,
) -> _Work:
    engine = request.engine
    registry = registry or engine.load_registry()
    reasoner = engine.open_reasoner(registry)
    tools = usable_tools(registry, request.tools)
    request, start = with_start(request)
    questions, validation = read_for_training(request, registry, say)
    asked_for = made_by(request, reasoner.identity, questions, validation, tools, start)
    check_router_folder(Path(request.output), asked_for, replace=request.replace)
    source = open_outcome_source(
        request,
        registry,
        reasoner,
        listening_calls=listening_calls_among(usable_tools(registry)),
        unlabelled=request.unlabelled,
        progress=progress,
        say=say,
    )
    opened_source = opened.enter_context(source)
    return _Work(request, opened_source, questions, validation, tools, start, asked_for)


def _train(
    request: TrainRequest,
    data: TrainingData,
    work: _Work,
    encoder: SentenceEncoder,
    accelerator: Accelerator,
    processes: Processes,
    say: Say,
) -> Trained:
    source, folder = work.source, Path(request.output)
    trained_on = _name_of(request, data, work.start, encoder)
    if not request.replace:
        known = processes.decide(lambda: _finished(folder, trained_on))
        if known is not None:
            say(f"{folder}: {STAYS}")
            processes.decide(lambda: _clear_states(folder))
            accelerator.end_training()
            return Trained(known[0], [], data, known[1])
    trained = Stages(
        data,
        source,
        encoder,
        request.training,
        cost_weight=request.cost_weight,
        accelerator=accelerator,
        processes=processes,
        scratch=folder / _STATES / trained_on,
        start=work.start,
        report=partial(_reporter, accelerator, request.tracker, data, say),
        say=say,
    ).run()
    card = _card(request, data, trained, encoder, work, trained_on)
    processes.decide(lambda: _save(folder, trained.committee, card))
    accelerator.end_training()
    scores = ", ".join(f"{name} {score:.1%}" for name, score in card.scores.items())
    validated = (
        f"when validated on {counted(trained.scored, 'question')}: {scores}"
        if scores
        else "no right answer is known to judge it by, or to weigh costs by (`--cost-weight`)"
    )
    policies = "policy" if card.members == 1 else "policies"
    wanted = request.training.members
    few = ""
    if data.validation is None and card.members == len(set(data.train.clips)) < wanted:
        few = f" (not {wanted}: each leaves out a part of the clips)"
    say(f"{request.output}: {card.members} {policies}{few}; {validated}")
    return Trained(trained.committee, trained.histories, data, card)


def _finished(folder: Path, trained_on: str) -> tuple[Committee, RouterCard] | None:
    """The router of this very training, where it is in `folder`."""
    card = finished(folder, trained_on)
    return (load_policy(folder, card), card) if isinstance(card, RouterCard) else None


def _save(folder: Path, committee: Committee, card: RouterCard) -> None:
    """Write the router; the states that a killed training would go on from are needed no more."""
    save_router(folder, committee, card)
    _clear_states(folder)


def _clear_states(folder: Path) -> None:
    states = folder / _STATES
    for state in states.glob("*"):
        if _NAME_OF_STATES.fullmatch(state.name):  # what else may be there is not ours
            shutil.rmtree(state, ignore_errors=True)
    with suppress(OSError):
        states.rmdir()


def _card(
    request: TrainRequest,
    data: TrainingData,
    trained: TrainedCommittee,
    encoder: SentenceEncoder,
    work: _Work,
    trained_on: str,
) -> RouterCard:
    policy = trained.committee
    unlabelled = int((~data.train.labelled).sum())
    tools = CardTools(
        {tool.name: tool.identity for tool in data.tools},
        {name: round(cost, 5) for name, cost in data.costs.items()},
        {
            name: {front_end: round(cost, 5) for front_end, cost in shared.items()}
            for name, shared in data.front_ends.items()
            if shared
        },
    )
    if work.start is not None:
        tools = work.start.known_tools(tools, stayed=trained.stayed)
    return RouterCard(
        provider=request.engine.provider,
        reasoner=work.source.reasoner.identity,
        encoder=encoder.identity,
        tools=tools.identities,
        tool_costs=tools.costs,
        front_ends=tools.front_ends,
        max_calls=policy.max_calls,
        see_margin=request.training.see_margin,
        hidden=policy.hidden,
        members=len(policy.members),
        cost_weight=request.cost_weight,
        seed=request.training.seed,
        questions={
            "train": len(data.train),
            "validation": len(data.validation or ()),
            "scored": trained.scored,
            **({"unlabelled": unlabelled} if unlabelled else {}),
        },
        data_hash=data_hash(data.train),
        worth=trained.worth if work.start is None else work.start.with_all_cost(trained.worth),
        scores={name: round(score, 4) for name, score in trained.scores.items()},
        start=None if work.start is None else work.start.label,
        made_by=work.made_by,
        trained_on=trained_on,
    )


def _name_of(
    request: TrainRequest,
    data: TrainingData,
    start: StartingRouter | None,
    encoder: SentenceEncoder,
) -> str:
    """Folder of the states of this very training: another one must not go on from them."""
    from audiorouter.store import cache_key

    parts = {
        "format": FORMAT,
        "version": TRAINING_VERSION,
        "options": repr(request.language_model or request.training),
        "cost_weight": request.cost_weight,
        "text_only": request.text_only,
        "data": [data_hash(data.train), data_hash(data.validated)],
        "outcomes": [outcomes_hash(data.train), outcomes_hash(data.validated)],
        "tools": {tool.name: tool.identity for tool in data.tools},
        "start": None if start is None else start.label,
        "encoder": encoder.identity,
    }
    return cache_key("training", parts)[:12]


def _reporter(
    accelerator: Accelerator, tracker: str | None, data: TrainingData, say: Say, name: str
) -> Report:
    names = ["none", *(tool.name for tool in data.tools)]

    def report(epoch: int, history: History) -> None:
        shares = dict(zip(names, history.tool_share[-1], strict=True))
        if tracker is not None:
            values = {
                "reward/train": history.train_reward[-1],
                "reward/validation": history.validation_reward[-1],
                "entropy": history.entropy[-1],
            }
            values |= {f"share/{tool}": share for tool, share in shares.items()}
            named = {f"{name}/{key}": value for key, value in values.items()}
            accelerator.log(named, step=epoch)
        if epoch % 50 == 0:
            top = sorted(shares.items(), key=lambda item: -item[1])[:4]
            say(
                f"{name}, epoch {epoch}: "
                f"reward {history.train_reward[-1]:+.3f} train, "
                f"{history.validation_reward[-1]:+.3f} validation; entropy "
                f"{history.entropy[-1]:.2f}; " + ", ".join(f"{n} {s:.0%}" for n, s in top)
            )

    return report


def _silently(_line: str) -> None:
    return
