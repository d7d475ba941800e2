"""A training of a language model from its request to the router in its folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from audiorouter.errors import UsageError
from audiorouter.learning.distributed import Processes
from audiorouter.learning.existing_router import STAYS, finished
from audiorouter.learning.language_model.states import STATES_FORM
from audiorouter.learning.language_model.training import (
    LanguageModelTraining,
    TrainedLanguageModel,
)
from audiorouter.learning.outcome_source import OutcomeSource
from audiorouter.learning.request import Say, TrainRequest
from audiorouter.learning.training_data import TrainingData, data_hash
from audiorouter.machine.files import make_folder, write_file
from audiorouter.routing.language_model.base import Base, check_base, locate_base, needs
from audiorouter.routing.language_model.checkpoint import LanguageModelCard, save_language_model
from audiorouter.routing.language_model.prompt import VERSION
from audiorouter.sentence_encoder import SentenceEncoder
from audiorouter.store import cache_key

if TYPE_CHECKING:
    from accelerate import Accelerator

LOG_FILE = "training.jsonl"
"""Beside a router: what was logged in GRPO, a line a step."""


def check_request(request: TrainRequest) -> Base:
    """Find the base model, before any work.

    Raises:
        UsageError: it is not there, something has to be installed, or an option makes no sense.
    """
    assert request.language_model is not None
    needs("peft", "trl", "llguidance", "datasets")
    if request.unlabelled:
        raise UsageError("--unlabelled: a language model learns from right answers only")
    if request.text_only:
        raise UsageError("a twin that is told nothing of the clips is a small policy's")
    base = locate_base(request.language_model.base, request.language_model.revision)
    check_base(base)
    return base


def run(
    request: TrainRequest,
    data: TrainingData,
    source: OutcomeSource,
    base: Base,
    accelerator: Accelerator,
    processes: Processes,
    scratch: Path,
    *,
    encoder: SentenceEncoder,
    made_by: str,
    say: Say,
) -> tuple[TrainedLanguageModel | None, LanguageModelCard]:
    """Train, and write the router into `request.output`; nothing where it is there already."""
    options = request.language_model
    assert options is not None
    folder = Path(request.output)
    # Another model, prompt or number of processes cannot go on from these states.
    goes_on = {
        "base": base.fingerprint,
        "prompt": VERSION,
        "form": STATES_FORM,
        "processes": accelerator.num_processes,
    }
    asked = {"training": scratch.name, "base": base.fingerprint, "prompt": VERSION}
    trained_on = cache_key("language model router", asked)[:12]
    if not request.replace:
        known = processes.decide(lambda: finished(folder, trained_on))
        if isinstance(known, LanguageModelCard):
            say(f"{folder}: {STAYS}")
            return None, known
    scratch = scratch / cache_key("language model training", goes_on)[:12]
    processes.decide(lambda: make_folder(scratch))
    trained = LanguageModelTraining(
        data, source, base, options,
        candidates=request.candidates, cost_weight=request.cost_weight,
        accelerator=accelerator, processes=processes, scratch=scratch,
        encoder=encoder, say=say,
    ).run()  # fmt: skip
    best = trained.best
    card = LanguageModelCard(
        base=_named(options.base),
        base_revision=base.revision,
        base_fingerprint=base.fingerprint,
        prompt=VERSION,
        tool_detail=options.tool_detail,
        candidates=request.candidates,
        rank=options.rank,
        layers=options.layers,
        max_calls=options.max_calls,
        provider=request.engine.provider,
        reasoner=source.reasoner.identity,
        encoder=SentenceEncoder.identity,
        tools={tool.name: tool.identity for tool in data.tools},
        cost_weight=request.cost_weight,
        seed=options.seed,
        questions={"train": len(trained.learned_from), "validation": len(trained.validated_on)},
        data_hash=data_hash(data.train),
        scores={
            "direct": round(float(trained.validated_on.correct[:, 0].mean()), 4),
            "router": round(best.accuracy, 4),
            "reward": round(best.reward, 4),
            "readable": round(best.readable, 4),
        },
        made_by=made_by,
        trained_on=trained_on,
    )
    processes.decide(lambda: _save(folder, trained, card))
    say(f"{folder}: reward {best.reward:+.3f}, {best.accuracy:.1%} right when validated")
    return trained, card


def _named(base: str) -> str:
    """The base as it can be found from anywhere."""
    path = Path(base).expanduser()
    return str(path.absolute()) if path.exists() else base


def _save(folder: Path, trained: TrainedLanguageModel, card: LanguageModelCard) -> None:
    lines = [json.dumps(entry) for entry in trained.log]
    make_folder(folder)
    write_file(folder / LOG_FILE, "".join(line + "\n" for line in lines))
    save_language_model(folder, trained.adapter, card)
