"""Any causal language model as the reasoner: it reads what tools found, and answers by letter.

A choice is as likely as the letter that names it, right after the question, the findings and the
beginning of the model's own turn; `--shuffle-choices` averages over orders of the choices.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple, Protocol

import numpy as np

from audiorouter.errors import ReasonerError
from audiorouter.providers.cascade.chat import Chat
from audiorouter.providers.cascade.fitting import fitted
from audiorouter.providers.cascade.language_model import Prompt
from audiorouter.providers.interface import Answer, Request
from audiorouter.providers.parsing import read_answer
from audiorouter.providers.prompt import labels, reader_parts

MAX_ANSWER_TOKENS = 128
Outcome = Answer | ReasonerError


class Engine(Protocol):
    """A loaded language model."""

    context: int
    """Tokens of a prompt and its answer that it takes."""
    chat: Chat

    def score(
        self, prompts: Sequence[Prompt], continuations: Sequence[Sequence[str]]
    ) -> list[list[float]]:
        """Log-probability of every continuation of every prompt."""

    def complete(self, prompt: str, *, max_tokens: int) -> str:
        """The greedy continuation of a prompt."""

    def count(self, text: str) -> int:
        """Tokens of a text."""


class _Asked(NamedTuple):
    """A request as it fits into the model, and what the row has to tell of that."""

    request: Request
    prompt: Prompt
    most_tokens: int
    """Of the answer."""
    remark: str | None


class LetterReader:
    """Puts questions to a language model, and reads its letters."""

    def __init__(self, engine: Engine):
        self._engine = engine
        self.remark = engine.chat.remark
        """What a user should know of how the model is asked."""

    def answer(self, requests: Sequence[Request]) -> list[Outcome]:
        """Answer each request; those with choices by letter, the others in words."""
        started = time.perf_counter()
        asked = [self._fitted(request) for request in requests]
        closed = [one for one in asked if isinstance(one, _Asked) and _by_letter(one.request)]
        scores = iter(
            self._engine.score(
                [one.prompt for one in closed], [labels(one.request.choices) for one in closed]
            )
        )
        answers = [
            one
            if isinstance(one, ReasonerError)
            else _chosen(one.request, next(scores))
            if _by_letter(one.request)
            else self._write(one)
            for one in asked
        ]
        share = (time.perf_counter() - started) / max(1, len(requests))
        return [
            replace(answer, seconds=share, remark=one.remark)
            if isinstance(answer, Answer) and isinstance(one, _Asked)
            else answer
            for one, answer in zip(asked, answers, strict=True)
        ]

    def _fitted(self, request: Request) -> _Asked | ReasonerError:
        """The request with no more of its findings than the model takes beside its answer."""
        most = min(MAX_ANSWER_TOKENS, self._engine.context // 4)
        try:
            if _by_letter(request):
                most = max(map(self._engine.count, labels(request.choices)))
            fits, remark = fitted(request, self._tokens, most=self._engine.context - most)
            return _Asked(fits, self._prompt(fits), most, remark)
        except ReasonerError as error:
            return error

    def _tokens(self, request: Request) -> int:
        return sum(map(self._engine.count, self._prompt(request)))

    def _prompt(self, request: Request) -> Prompt:
        """The chat; where its template changes the question, it is not known what is shared."""
        question, rest = reader_parts(request)
        chat = self._engine.chat.prompt(question + rest)
        if not question or question not in chat:
            return Prompt("", chat)
        end = chat.index(question) + len(question)
        return Prompt(chat[:end], chat[end:])

    def _write(self, asked: _Asked) -> Outcome:
        text = self._engine.complete("".join(asked.prompt), max_tokens=asked.most_tokens)
        try:
            return read_answer(text, asked.request)
        except ReasonerError as error:
            return error


def _by_letter(request: Request) -> bool:
    return bool(request.choices) and not request.tools


def _chosen(request: Request, scores: Sequence[float]) -> Answer:
    weights = np.exp(np.array(scores) - max(scores))
    index = int(np.argmax(scores))
    shares = tuple(round(float(p), 6) for p in weights / weights.sum())
    return Answer(request.choices[index], index, shares)
