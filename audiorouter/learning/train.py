"""Training a router from a questions file: in one process, or as each of many.

    accelerate launch -m audiorouter train QUESTIONS --clips DIR -o ROUTER_DIR
    torchrun --nproc-per-node 2 -m audiorouter train QUESTIONS --clips DIR -o ROUTER_DIR

Each process fills its share of the outcome table and tells it to the others, so that all of them
learn from the same one (`distributed`).
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from accelerate import Accelerator

from audiorouter.batch.options import BatchOptions
from audiorouter.batch.orders import idle_orders
from audiorouter.batch.progress import Progress, silent
from audiorouter.errors import UsageError
from audiorouter.learning.distributed import Processes
from audiorouter.learning.objective import History, TrainingOptions
from audiorouter.learning.outcome_source import OutcomeSource
from audiorouter.learning.reward import DEFAULT_COST_WEIGHT
from audiorouter.learning.stages import Stages, TrainedCommittee
from audiorouter.learning.trainer import Report, make_accelerator
from audiorouter.learning.training_data import Study, data_hash, outcomes_hash, prepare_study
from audiorouter.machine.files import check_folder, locked, make_folder
from audiorouter.machine.paths import default_store_path
from audiorouter.plugins import Registry
from audiorouter.plugins.opening import open_reasoner, usable_tools
from audiorouter.questions import Question, read_questions
from audiorouter.routing.checkpoint import RouterCard, save_router
from audiorouter.routing.learned import encoder_missing, senses_among
from audiorouter.routing.policy import Committee
from audiorouter.sentence_encoder import SentenceEncoder
from audiorouter.store import Store

if TYPE_CHECKING:
    from audiorouter.toolbox.interface import Tool

Say = Callable[[str], None]


@dataclass(frozen=True)
class TrainRequest:
    """What to train on, and where the router goes."""

    questions: Path
    clips: Path
    output: Path
    validation: Path | None = None
    limit: int | None = None
    """Only the first so many training questions."""
    tools: str | None = None
    """Names of the only tools to route to, with commas; None means all usable ones."""
    cost_weight: float = DEFAULT_COST_WEIGHT
    training: TrainingOptions = field(default_factory=TrainingOptions)
    batch: BatchOptions = field(default_factory=BatchOptions)
    tracker: str | None = None
    """tensorboard, wandb or another tracker that accelerate knows."""


@dataclass(frozen=True)
class Trained:
    """A trained policy and how it went."""

    policy: Committee
    histories: list[History]
    """One a stage and member."""
    study: Study
    card: RouterCard


def train_router(
    request: TrainRequest,
    *,
    registry: Registry | None = None,
    progress: Callable[[int], Progress] = silent,
    say: Say = lambda _line: None,
) -> Trained:
    """Fill the outcome table, train, and write the router into `request.output`.

    What is already known is taken from the store, and a training that was killed goes on.

    Raises:
        UsageError: the files or options make no sense, there is too little to learn from, or
            another training writes into the same folder.
        ProcessError: one of several processes failed.
    """
    check_folder(request.output)
    if (missing := encoder_missing()) is not None:
        raise UsageError(missing)
    accelerator = make_accelerator(request.tracker, request.output)
    processes = Processes(accelerator)
    with processes, ExitStack() as opened:
        work = processes.each(lambda: _open(request, registry, opened, progress))
        processes.decide(lambda: opened.enter_context(_held(request.output)))
        study = prepare_study(work.source, work.questions, work.validation, work.tools, processes)
        speaks = say if processes.is_main else _silently
        describe(study, speaks)
        if (idle := idle_orders(work.source.reasoner, request.batch.shuffle_choices)) is not None:
            speaks(idle)
        if (guessed := work.source.costs.guessed(work.tools)) is not None:
            speaks(guessed)
        if request.training.see_margin and study.margins_known() == 0:
            speaks("--see-margin changes nothing: the reasoner does not say how sure it is")
            request = replace(request, training=replace(request.training, see_margin=False))
        return _train(request, study, work.source, accelerator, processes, speaks)


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

    source: OutcomeSource
    questions: tuple[Question, ...]
    validation: tuple[Question, ...] | None
    tools: Mapping[str, Tool[Any]]


def _open(
    request: TrainRequest,
    registry: Registry | None,
    opened: ExitStack,
    progress: Callable[[int], Progress],
) -> _Work:
    batch = request.batch
    registry = registry or batch.load_registry()
    reasoner = open_reasoner(registry, batch.provider, batch.provider_options)
    store = opened.enter_context(Store(batch.store or default_store_path()))
    senses = senses_among(usable_tools(registry))
    return _Work(
        OutcomeSource(registry, reasoner, store, batch, senses=senses, progress=progress),
        _questions(request, request.questions, registry)[: request.limit],
        None if request.validation is None else _questions(request, request.validation, registry),
        usable_tools(registry, request.tools),
    )


def describe(study: Study, say: Say) -> None:
    """Headroom first: what a perfect choice of one call would gain, and what none can change."""
    for name, table in (("train", study.train), ("validation", study.validation)):
        if table is None:
            continue
        direct, best = table.correct[:, 0].mean(), table.correct.any(axis=1).mean()
        say(
            f"{name}: {len(table)} questions; direct answer {direct:.1%}, best single call "
            f"in hindsight {best:.1%}; {table.share_without_signal():.1%} answered alike by all"
        )
        calls = table.answered[:, 1:]
        if unanswered := int((~calls).sum()):
            say(
                f"{name}: {unanswered} of {calls.size} answers to single calls could not be had; "
                "nothing is learned from those (train again to ask for them again)"
            )
    for question, why in list(study.problems.items())[:10]:
        say(f"left out: {question}: {why}")
    if len(study.problems) > 10:
        say(f"left out: {len(study.problems) - 10} more")
    if study.train.share_without_signal() == 1.0:
        say("no route changes any answer here: there is nothing to learn but to call no tool")


def _questions(request: TrainRequest, path: Path, registry: Registry) -> tuple[Question, ...]:
    outside = request.batch.allow_outside
    return read_questions(
        path, request.clips, allow_outside=outside, sources=registry.sources
    ).questions


def _train(
    request: TrainRequest,
    study: Study,
    source: OutcomeSource,
    accelerator: Accelerator,
    processes: Processes,
    say: Say,
) -> Trained:
    encoder = SentenceEncoder()
    if request.tracker is not None:
        accelerator.init_trackers("audiorouter")
    trained = Stages(
        study,
        source,
        encoder,
        request.training,
        cost_weight=request.cost_weight,
        accelerator=accelerator,
        processes=processes,
        scratch=request.output / "training" / _name_of(request, study),
        report=partial(_reporter, accelerator, request.tracker, study, say),
        say=say,
    ).run()
    card = _card(request, study, trained, encoder, source.reasoner.identity)
    processes.decide(lambda: _save(request.output, trained.committee, card))
    accelerator.end_training()
    scores = ", ".join(f"{name} {score:.1%}" for name, score in card.scores.items())
    say(f"{request.output}: {card.members} policies; when validated: {scores}")
    return Trained(trained.committee, trained.histories, study, card)


def _save(folder: Path, committee: Committee, card: RouterCard) -> None:
    """Write the router; the states that a killed training would go on from are needed no more."""
    save_router(folder, committee, card)
    shutil.rmtree(folder / "training", ignore_errors=True)


def _card(
    request: TrainRequest,
    study: Study,
    trained: TrainedCommittee,
    encoder: SentenceEncoder,
    reasoner: str,
) -> RouterCard:
    policy = trained.committee
    scores = {"direct": float(study.validated.correct[:, 0].mean())}
    if trained.right:
        scores["router"] = sum(trained.right) / len(trained.right)
    return RouterCard(
        provider=request.batch.provider,
        reasoner=reasoner,
        encoder=encoder.identity,
        tools={tool.name: tool.identity for tool in study.tools},
        tool_costs={name: round(cost, 5) for name, cost in study.costs.items()},
        max_calls=policy.max_calls,
        see_margin=request.training.see_margin,
        hidden=policy.hidden,
        members=len(policy.members),
        cost_weight=request.cost_weight,
        seed=request.training.seed,
        questions={"train": len(study.train), "validation": len(study.validation or ())},
        data_hash=data_hash(study.train),
        scores={name: round(score, 4) for name, score in scores.items()},
    )


def _name_of(request: TrainRequest, study: Study) -> str:
    """Folder of the states of this very training: another one must not go on from them."""
    from audiorouter.store import cache_key

    parts = {
        "options": repr(request.training),
        "cost_weight": request.cost_weight,
        "data": [data_hash(study.train), data_hash(study.validated)],
        "outcomes": [outcomes_hash(study.train), outcomes_hash(study.validated)],
        "tools": {tool.name: tool.identity for tool in study.tools},
    }
    return cache_key("training", parts)[:12]


def _reporter(
    accelerator: Accelerator, tracker: str | None, study: Study, say: Say, name: str
) -> Report:
    names = ["none", *(tool.name for tool in study.tools)]

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
