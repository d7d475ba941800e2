"""What a trained router is, in words: for its page on the hub, and for who has it."""

from __future__ import annotations

from pathlib import Path

from audiorouter.routing.checkpoint import RouterCard, load_policy, read_card
from audiorouter.routing.language_model.checkpoint import (
    LanguageModelCard,
    check_adapter,
    is_language_model,
    read_language_model_card,
)
from audiorouter.text import counted

AnyCard = RouterCard | LanguageModelCard


def card_of_whole(folder: Path) -> AnyCard:
    """The card of the trained router in a folder, of either kind.

    Raises:
        UsageError: there is none, it is damaged, or the weights beside it are.
    """
    if is_language_model(folder):
        writes = read_language_model_card(folder)
        check_adapter(folder, writes)
        return writes
    card = read_card(folder)
    load_policy(folder, card)
    return card


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
