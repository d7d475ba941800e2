"""What reasoners give and what hooks make of requests, checked."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Any

from pydantic import Field

from audiorouter.border import crossing, foreign
from audiorouter.border.values import (
    Given,
    Index,
    JsonObject,
    Probability,
    Seconds,
    Text,
    Usage,
    checked,
    checked_part,
)
from audiorouter.errors import HookError, ReasonerError
from audiorouter.providers.interface import Answer, Evidence, Reasoner, Request
from audiorouter.providers.prices import Prices
from audiorouter.toolbox.interface import ToolCall

MAX_CHOICES = 10_000
"""Probabilities of one answer."""


class _Answer(Given):
    text: Text
    index: Index | None = None
    probabilities: Annotated[tuple[Probability, ...], Field(max_length=MAX_CHOICES)] | None = None
    seconds: Seconds = 0.0
    usage: Usage | None = None
    remark: Text | None = None


class _Call(Given):
    tool: Text
    arguments: JsonObject


class _Evidence(Given):
    call: _Call
    text: Text


class _Prepared(Given):
    question: Text
    findings: tuple[_Evidence, ...]
    heard: tuple[_Evidence, ...]


class _Reasoner(Given):
    name: Text = Field(min_length=1)
    identity: Text = Field(min_length=1)
    listening_calls: tuple[ToolCall, ...]
    batch_size: int = Field(strict=True, ge=1)
    order_matters: bool = Field(strict=True)
    in_flight: int = Field(default=1, strict=True, ge=1)
    counts_tokens: bool = Field(strict=True)
    sends_audio: bool = Field(strict=True)
    most_tokens: int | None = Field(strict=True, ge=1)
    prices: Prices | None


def checked_answer(given: object, request: Request, *, whose: str) -> Answer:
    """The answer with plain numbers.

    Raises:
        ReasonerError: it is no answer, or none to this question: a choice that there is not,
            another number of probabilities than of choices, a number that is none, no words; or
            it is such an error itself.
    """
    if isinstance(given, ReasonerError):
        raise foreign(whose, given, ReasonerError)
    if not isinstance(given, Answer):
        raise ReasonerError(f"{whose} gave {type(given).__name__} instead of an Answer")
    answer = checked(_Answer, given, whose=whose, kind=ReasonerError)
    if answer.index is None and not answer.text.strip() and not request.tools:
        raise ReasonerError(f"{whose} gave an empty answer")
    if request.tools or not request.choices:
        return Answer(answer.text, None, None, answer.seconds, answer.usage or None, answer.remark)
    size = len(request.choices)
    if answer.index is not None and answer.index >= size:
        raise ReasonerError(f"{whose} gave the choice number {answer.index} of {size}")
    if answer.probabilities is not None and len(answer.probabilities) != size:
        raise ReasonerError(
            f"{whose} gave {len(answer.probabilities)} probabilities of {size} choices"
        )
    return Answer(**vars(answer) | {"usage": answer.usage or None})


def checked_answers(given: Any, requests: Sequence[Request], *, whose: str) -> list[object]:
    """What was given to each request, as far as there is one for each.

    Raises:
        ReasonerError: there are fewer or more, or it is no list.
    """
    if not isinstance(given, list | tuple) or len(given) != len(requests):
        count = f"{len(given)} answers" if isinstance(given, list | tuple) else type(given).__name__
        raise ReasonerError(f"{whose} gave {count} to {len(requests)} questions")
    return list(given)


def checked_reasoner(given: object, name: str) -> Reasoner:
    """What a provider opened for `name`.

    Raises:
        UsageError: it is no reasoner, or lacks what a batch must know of it.
    """
    whose = f"the reasoner {name}"
    return checked_part(given, _Reasoner, Reasoner, whose=whose)  # type: ignore[type-abstract]


def checked_request(given: object, request: Request, *, whose: str) -> Request:
    """The request with the question and the findings of the one that a hook made of it.

    Raises:
        HookError: it is no request, or something else of it was changed: answers are positions
            among the choices, and are kept under the clip.
    """
    if not isinstance(given, Request):
        raise HookError(f"{whose} gave {type(given).__name__} instead of a Request")
    with crossing(whose, HookError):  # comparing it runs code that may not be ours
        if given.choices != request.choices:
            raise HookError(f"{whose} changed the choices")
        changeable = replace(
            given, question=request.question, findings=request.findings, heard=request.heard
        )
        if changeable != request:
            raise HookError(f"{whose} changed more than the question and the findings")
    prepared = checked(_Prepared, given, whose=whose, kind=HookError)
    return replace(
        request,
        question=prepared.question,
        findings=tuple(map(_evidence, prepared.findings)),
        heard=tuple(map(_evidence, prepared.heard)),
    )


def _evidence(item: _Evidence) -> Evidence:
    return Evidence(ToolCall(item.call.tool, json.loads(item.call.arguments)), item.text)
