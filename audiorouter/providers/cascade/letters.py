"""Any causal language model as the reasoner: it reads what tools found, and answers by letter.

A choice is as likely as the letter that names it, right after the question, the findings and the
beginning of the model's own turn; `--shuffle-choices` averages over orders of the choices.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

import numpy as np

from audiorouter.errors import ReasonerError
from audiorouter.providers.cascade.language_model import Prompt
from audiorouter.providers.interface import Answer, Request
from audiorouter.providers.parsing import read_answer
from audiorouter.providers.prompt import labels, reader_parts

MAX_ANSWER_TOKENS = 128
Outcome = Answer | ReasonerError


class Engine(Protocol):
    """A loaded language model."""

    def score(
        self, prompts: Sequence[Prompt], continuations: Sequence[Sequence[str]]
    ) -> list[list[float]]:
        """Log-probability of every continuation of every prompt."""

    def complete(self, prompt: str, *, max_tokens: int) -> str:
        """The greedy continuation of a prompt."""

    def chat(self, text: str) -> str:
        """The prompt of a chat in which a user says `text`."""


class LetterReader:
    """Puts questions to a language model, and reads its letters."""

    def __init__(self, engine: Engine):
        self._engine = engine

    def answer(self, requests: Sequence[Request]) -> list[Outcome]:
        """Answer each request; those with choices by letter, the others in words."""
        started = time.perf_counter()
        closed = [request for request in requests if request.choices and not request.tools]
        scores = iter(
            self._engine.score(
                [self._prompt(request) for request in closed],
                [labels(request.choices) for request in closed],
            )
        )
        answers = [
            _chosen(request, next(scores))
            if request.choices and not request.tools
            else self._write(request)
            for request in requests
        ]
        share = (time.perf_counter() - started) / max(1, len(requests))
        return [replace(a, seconds=share) if isinstance(a, Answer) else a for a in answers]

    def _prompt(self, request: Request) -> Prompt:
        question, rest = reader_parts(request)
        chat = self._engine.chat(question + rest)
        end = chat.index(question) + len(question)
        return Prompt(chat[:end], chat[end:])

    def _write(self, request: Request) -> Outcome:
        prompt = self._engine.chat("".join(reader_parts(request)))
        text = self._engine.complete(prompt, max_tokens=MAX_ANSWER_TOKENS)
        try:
            return read_answer(text, request)
        except ReasonerError as error:
            return error


def _chosen(request: Request, scores: Sequence[float]) -> Answer:
    weights = np.exp(np.array(scores) - max(scores))
    index = int(np.argmax(scores))
    shares = tuple(round(float(p), 6) for p in weights / weights.sum())
    return Answer(request.choices[index], index, shares)
