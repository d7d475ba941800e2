"""The embedded reasoner: YAMNet's tags for ears, SmolLM2-135M for a mind, both frozen.

A choice is scored by how much likelier what was heard makes it: its log-likelihood after the
findings, less its log-likelihood without them. The second term takes away what the language model
likes for reasons of its own (short, common, or echoing words); Holtzman et al., "Surface Form
Competition", EMNLP 2021, call it the domain-conditional PMI.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Sequence
from functools import cached_property

import numpy as np

from audiorouter.errors import ReasonerError, WeightsError
from audiorouter.providers.cascade import prompt
from audiorouter.providers.cascade.language_model import LanguageModel
from audiorouter.providers.interface import Answer, Request
from audiorouter.weights import locate

MAX_ANSWER_TOKENS = 24
_PRIORS_KEPT = 10_000

_Question = tuple[str, tuple[str, ...]]


class CascadeMind:
    """The scoring itself, apart from what can be known without loading a model."""

    def __init__(self) -> None:
        self._priors: OrderedDict[_Question, list[float]] = OrderedDict()

    @cached_property
    def _model(self) -> LanguageModel:
        try:
            return LanguageModel(locate("smollm2-135m"))
        except WeightsError as error:
            raise ReasonerError(str(error)) from None

    def answer(self, requests: Sequence[Request]) -> list[Answer]:
        """Answer each request."""
        started = time.perf_counter()
        closed = [request for request in requests if request.choices]
        indices = iter(self._choose(closed))
        answers = [
            _chosen(request, next(indices)) if request.choices else self._complete(request)
            for request in requests
        ]
        share = (time.perf_counter() - started) / max(1, len(requests))
        return [Answer(a.text, a.index, a.probabilities, share) for a in answers]

    def _complete(self, request: Request) -> Answer:
        text = self._model.complete(prompt.with_evidence(request), max_tokens=MAX_ANSWER_TOKENS)
        return Answer(text or "(no answer)")

    def _choose(self, requests: Sequence[Request]) -> list[list[float]]:
        """Score of each choice of each request: pointwise mutual information, in nats."""
        if not requests:
            return []
        self._learn_priors(requests)
        scored = self._model.score(
            [prompt.with_evidence(request) for request in requests],
            [_continuations(request) for request in requests],
        )
        return [
            [
                heard - prior
                for heard, prior in zip(scores, self._priors[_question(request)], strict=True)
            ]
            for request, scores in zip(requests, scored, strict=True)
        ]

    def _learn_priors(self, requests: Sequence[Request]) -> None:
        unknown = {_question(r): r for r in requests if _question(r) not in self._priors}
        if unknown:
            scores = self._model.score(
                [prompt.without_evidence(request) for request in unknown.values()],
                [_continuations(request) for request in unknown.values()],
            )
            self._priors.update(zip(unknown, scores, strict=True))
        wanted = {_question(request) for request in requests}
        while len(self._priors) > _PRIORS_KEPT and next(iter(self._priors)) not in wanted:
            self._priors.popitem(last=False)


def _question(request: Request) -> _Question:
    return request.question, request.choices


def _continuations(request: Request) -> list[str]:
    return [prompt.continuation(choice) for choice in request.choices]


def _chosen(request: Request, scores: list[float]) -> Answer:
    exponents = np.exp(np.array(scores) - max(scores))
    probabilities = exponents / exponents.sum()
    index = int(np.argmax(scores))
    return Answer(request.choices[index], index, tuple(round(float(p), 6) for p in probabilities))
