"""Whether a training may write into a folder: a router there is replaced only where that is meant.

A card says what its training was asked for, so that the same command goes on where it was, and any
other one is told. It says as well what it was trained on: where nothing of that has changed, the
router stays. Trained anew it would differ in the last bits, and what it decided be decided again.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from audiorouter.errors import UsageError
from audiorouter.machine.files import check_file
from audiorouter.routing.checkpoint import (
    CARD_FILE,
    WEIGHTS_FILE,
    RouterCard,
    read_card,
    read_weights,
)
from audiorouter.routing.language_model.checkpoint import (
    ADAPTER_FILE,
    LanguageModelCard,
    check_adapter,
    is_language_model,
    read_language_model_card,
)
from audiorouter.store import cache_key

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from audiorouter.learning.request import TrainRequest
    from audiorouter.learning.starting_router import StartingRouter
    from audiorouter.questions import Question
    from audiorouter.toolbox.interface import Tool

Card = RouterCard | LanguageModelCard
TRAINING_VERSION = 1
"""To be raised where the same data and options come to train another router."""
STAYS = "holds the router of this very training, which stays; --replace trains it anew"


def made_by(
    request: TrainRequest,
    reasoner: str,
    questions: Sequence[Question],
    validation: Sequence[Question] | None,
    tools: Mapping[str, Tool[Any]],
    start: StartingRouter | None,
) -> str:
    """Short hash of all that a training is asked for, as known before it asks anything.

    `reasoner` is an identity. Clips count by their names.
    """

    from audiorouter.routing.shortlist import RANKING

    def said(some: Sequence[Question]) -> list[Any]:
        return [[q.audio, q.text, q.choices, q.gold_indices] for q in some]

    candidates = request.candidates_of(tools)
    parts = {
        "version": TRAINING_VERSION,
        "reasoner": reasoner,
        "orders": request.engine.shuffle_choices,
        "questions": said(questions),
        "validation": None if validation is None else said(validation),
        "tools": {name: tool.identity for name, tool in tools.items()},
        "options": repr(request.training.without_idle()),
        "cost_weight": request.cost_weight,
        "candidates": None if candidates is None else [candidates, RANKING],
        "text_only": request.text_only,
    }
    if request.unlabelled:
        parts["unlabelled"] = True
    if start is not None:
        parts["start"] = start.label
    if request.language_model is not None:
        parts["language model"] = repr(request.language_model)
    return cache_key("training request", parts)[:12]


def check_router_folder(folder: Path, asked_for: str, *, replace: bool) -> None:
    """Make sure that a router can be written into `folder`, and takes no other one's place.

    Raises:
        UsageError: a router of another training is there, or its files cannot be written.
    """
    card = folder / CARD_FILE
    if card.exists() and not replace and _made_by(folder) != asked_for:
        raise UsageError(
            f"{folder}: holds a router already, of another training than this one (other "
            "questions, tools, reasoner, options or version): name another folder, or replace it "
            "with --replace"
        )
    if folder.is_dir():
        check_file(card)
        for weights in (WEIGHTS_FILE, ADAPTER_FILE):
            check_file(folder / weights)


def finished(folder: Path, trained_on: str) -> Card | None:
    """The card of the router in `folder` where it was trained on the very same, and is whole."""
    card = _card_in(folder)
    if card is None or card.trained_on != trained_on:
        return None
    try:
        if isinstance(card, RouterCard):
            read_weights(folder, card)
        else:
            check_adapter(folder, card)
    except UsageError:
        return None  # it is written again
    return card


def _made_by(folder: Path) -> str | None:
    card = _card_in(folder)
    return None if card is None else card.made_by


def _card_in(folder: Path) -> Card | None:
    try:
        if is_language_model(folder):
            return read_language_model_card(folder)
        return read_card(folder)
    except UsageError:
        return None  # whatever it is, it is not what would be written
