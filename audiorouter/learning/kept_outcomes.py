"""Outcomes as the store keeps them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from audiorouter.batch.requests import margin_of
from audiorouter.learning.outcome_table import Outcome
from audiorouter.store import StoredOutcome, canonical_json

if TYPE_CHECKING:
    from audiorouter.batch.rows import Row
    from audiorouter.questions import Question


def outcome_to_keep(key: str, row: Row, reasoner: str) -> StoredOutcome:
    """What came of a row that was answered, under its key; `reasoner` is a name."""
    assert row.answer is not None and row.answer_key is not None and row.clip is not None
    probabilities = row.answer.probabilities
    return StoredOutcome(
        key=key,
        clip=row.clip,
        question=row.question.text,
        choices=canonical_json(list(row.question.choices)),
        provider=reasoner,
        route=canonical_json(row.calls),
        prediction_index=row.answer.index,
        probabilities=None if probabilities is None else canonical_json(probabilities),
        tool_seconds=row.tool_seconds,
        reason_seconds=row.answer.seconds,
        answer_key=row.answer_key,
    )


def outcome_of(stored: StoredOutcome | None, question: Question, seconds: float) -> Outcome:
    """What was kept, judged by the right answer; `seconds` are what the route costs.

    None stands for a reasoner that failed. Where no answer is known to be right, none is.
    """
    if stored is None:
        return Outcome.unanswered(seconds)
    gold = question.gold_indices
    index = stored.prediction_index
    right = index is not None and index in gold
    if stored.probabilities is None:
        return Outcome(float(right), right, None, seconds)
    probabilities = json.loads(stored.probabilities)
    return Outcome(
        quality=float(sum(probabilities[index] for index in gold)),
        correct=right,
        confidence=None if index is None else float(probabilities[index]),
        tool_seconds=seconds,
        margin=margin_of(probabilities),
    )
