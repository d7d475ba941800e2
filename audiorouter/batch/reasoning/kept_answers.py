"""Answers as the store keeps them: under which key, and as which row."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from audiorouter.machine.source_code import with_source
from audiorouter.providers.interface import Answer, Evidence, Reasoner, Request
from audiorouter.store import StoredAnswer, cache_key, canonical_json


def answer_key(reasoner: Reasoner, request: Request, *, orders: int = 1) -> str:
    """Cache key of an answer: reasoner, clip, question, choices in order, and every finding.

    With more than one of `orders` it is the key of an average.
    """
    parts: dict[str, Any] = {
        "reasoner": with_source(reasoner.identity, type(reasoner)),
        "clip": request.audio_hash,
        "question": request.question,
        "choices": list(request.choices),
        "heard": _evidence(request.heard),
        "findings": _evidence(request.findings),
    }
    if request.tools:
        parts["tools"] = [tool.as_json() for tool in request.tools]
        parts["max_calls"] = request.max_calls
    if request.text_only:
        parts["text_only"] = True
    if orders > 1 and reasoner.order_matters and request.choices:
        parts["orders"] = orders
    return cache_key("answer", parts)


def answer_to_keep(key: str, reasoner: Reasoner, request: Request, answer: Answer) -> StoredAnswer:
    """The answer as the store keeps it."""
    probabilities = answer.probabilities
    confidence = None
    if probabilities is not None and answer.index is not None:
        confidence = probabilities[answer.index]
    return StoredAnswer(
        key=key,
        clip=request.part_of or request.audio_hash,
        question=request.question,
        choices=canonical_json(list(request.choices)),
        provider=reasoner.name,
        identity=reasoner.identity,
        findings=canonical_json(_evidence((*request.heard, *request.findings))),
        prediction=answer.text,
        prediction_index=answer.index,
        probabilities=None if probabilities is None else canonical_json(probabilities),
        confidence=confidence,
        seconds=answer.seconds,
        usage=None if answer.usage is None else canonical_json(dict(answer.usage)),
        remark=answer.remark,
    )


def asks_again(stored: StoredAnswer) -> bool:
    """Whether `retry_failed` asks again: words were kept that name no choice."""
    return stored.prediction_index is None and stored.choices != canonical_json([])


def restored(row: StoredAnswer) -> Answer:
    """The answer that the store has."""
    probabilities = None if row.probabilities is None else tuple(json.loads(row.probabilities))
    usage = None if row.usage is None else json.loads(row.usage)
    return Answer(
        row.prediction, row.prediction_index, probabilities, row.seconds, usage, row.remark
    )


def restored_if_whole(row: StoredAnswer) -> Answer | None:
    """The answer that the store has; None where what it says cannot be read."""
    try:
        return restored(row)
    except (ValueError, TypeError, RecursionError):
        return None


def _evidence(items: Sequence[Evidence]) -> list[list[str]]:
    return [[item.call.label, item.text] for item in items]
