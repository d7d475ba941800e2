"""What a trained router is, in words: for its page on the hub, and for who has it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from audiorouter.routing.checkpoint import RouterCard, read_card, read_weights
from audiorouter.routing.language_model.checkpoint import (
    LanguageModelCard,
    check_adapter,
    is_language_model,
    read_language_model_card,
)
from audiorouter.text import counted

if TYPE_CHECKING:
    AnyCard = RouterCard | LanguageModelCard


def card_of(folder: Path) -> AnyCard:
    """The card of the trained router in a folder, of either kind.

    Raises:
        UsageError: there is none, or it is damaged.
    """
    return read_language_model_card(folder) if is_language_model(folder) else read_card(folder)


def check_whole(folder: Path, card: AnyCard) -> None:
    """Raise `UsageError` where the weights beside a card are not those of its router."""
    if isinstance(card, LanguageModelCard):
        check_adapter(folder, card)
    else:
        read_weights(folder, card)


def card_facts(card: AnyCard) -> list[str]:
    """What it was trained with and how it did, a line each."""
    lines = [
        f"trained on {counted(card.questions.get('train', 0), 'question')} "
        f"(data {card.data_hash}, seed {card.seed})",
        f"reasoner: {card.reasoner}",
        f"chooses at most {counted(card.max_calls, 'call')} a question, "
        f"cost weight {card.cost_weight}",
    ]
    if unlabelled := card.questions.get("unlabelled", 0):
        lines.append(f"of {unlabelled:,} of the questions no right answer was known")
    if isinstance(card, LanguageModelCard):
        lines.append(f"an adapter over {card.base}")
    elif card.start is not None:
        lines.append(f"its training went on from {card.start}")
    if card.scores:
        scores = ", ".join(f"{name} {score:.1%}" for name, score in card.scores.items())
        scored = card.questions.get("scored")
        questions = "the questions" if scored is None else counted(scored, "question")
        lines.append(f"on {questions} that chose the epoch (not for comparisons): {scores}")
    return lines
