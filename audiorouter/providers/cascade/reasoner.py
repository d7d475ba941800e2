"""The embedded reasoner: YAMNet's tags for ears, SmolLM2-135M for a mind, both frozen.

A choice is scored by how much likelier what was heard makes it: its log-likelihood after the
findings, less its log-likelihood without them. The second term takes away what the language model
likes for reasons of its own (short, common, or echoing words); Holtzman et al., "Surface Form
Competition", EMNLP 2021, call it the domain-conditional PMI.

What is read last weighs most in so small a model. So findings are put in order of relevance, the
most relevant next to the question: the likelihood of the question after the finding (the query
likelihood of Ponte & Croft, "A Language Modeling Approach to Information Retrieval", SIGIR 1998).
"""

from __future__ import annotations

import json
import time
from collections import OrderedDict
from collections.abc import Container, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any, TypeVar

import numpy as np

from audiorouter.errors import ReasonerError, WeightsError
from audiorouter.providers.cascade import prompt
from audiorouter.providers.cascade.language_model import LanguageModel
from audiorouter.providers.interface import Answer, Request
from audiorouter.weights import locate

MAX_ANSWER_TOKENS = 24
_KEPT = 10_000
"""Priors, and relevances, that are kept in memory."""
_PROMPTS_AT_ONCE = 16
_LENGTH_RATIO = 1.4
"""Longest to shortest prompt that are read together."""

_Question = tuple[str, tuple[str, ...]]
_KeyT = TypeVar("_KeyT")


class CascadeMind:
    """The scoring itself, apart from what can be known without loading a model."""

    def __init__(self) -> None:
        self._priors: OrderedDict[_Question, list[float]] = OrderedDict()
        self._relevances: OrderedDict[tuple[str, str], float] = OrderedDict()

    @cached_property
    def _model(self) -> LanguageModel:
        try:
            return LanguageModel(locate("smollm2-135m"))
        except WeightsError as error:
            raise ReasonerError(str(error)) from None

    def answer(self, requests: Sequence[Request]) -> list[Answer]:
        """Answer each request."""
        started = time.perf_counter()
        asked, requests = requests, [_as_choice(r) if r.tools else r for r in requests]
        self._learn_relevances(requests)
        closed = [request for request in requests if request.choices]
        indices = iter(self._choose(closed))
        answers = [
            _chosen(request, next(indices)) if request.choices else self._complete(request)
            for request in requests
        ]
        share = (time.perf_counter() - started) / max(1, len(requests))
        return [
            Answer(_as_call(request, a.index)) if request.tools else replace(a, seconds=share)
            for request, a in zip(asked, answers, strict=True)
        ]

    def _complete(self, request: Request) -> Answer:
        text = self._model.complete(self._prompt(request), max_tokens=MAX_ANSWER_TOKENS)
        return Answer(text or "(no answer)")

    def _choose(self, requests: Sequence[Request]) -> list[list[float]]:
        """Score of each choice of each request: pointwise mutual information, in nats."""
        if not requests:
            return []
        self._learn_priors(requests)
        scored = self._score(
            [(self._prompt(request), _continuations(request)) for request in requests]
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
            scores = self._score(
                [(prompt.without_evidence(r), _continuations(r)) for r in unknown.values()]
            )
            self._priors.update(zip(unknown, scores, strict=True))
        _forget(self._priors, keep={_question(request) for request in requests})

    def _prompt(self, request: Request) -> str:
        query = prompt.as_query(request)
        findings = _findings(request)
        if len(findings) > 1:
            findings = sorted(findings, key=lambda line: self._relevances[line, query])
        heard = [prompt.evidence_line(evidence) for evidence in request.heard]
        return prompt.with_evidence(request, [*heard, *findings])

    def _learn_relevances(self, requests: Sequence[Request]) -> None:
        """Log-likelihood of the question after each finding, where there are several."""
        pairs = {
            (line, prompt.as_query(request)): None
            for request in requests
            for line in _findings(request)
            if len(_findings(request)) > 1
        }
        unknown = [pair for pair in pairs if pair not in self._relevances]
        scored = self._score([(line, [query]) for line, query in unknown])
        self._relevances.update(zip(unknown, (scores[0] for scores in scored), strict=True))
        _forget(self._relevances, keep=pairs)

    def _score(self, asked: Sequence[tuple[str, Sequence[str]]]) -> list[list[float]]:
        """Scores of the continuations of each prompt."""
        scores: dict[int, list[float]] = {}
        for some in _alike([len(text) for text, _ in asked]):
            found = self._model.score([asked[i][0] for i in some], [asked[i][1] for i in some])
            scores.update(zip(some, found, strict=True))
        return [scores[i] for i in range(len(asked))]


def _as_choice(request: Request) -> Request:
    """Which tool to call, as a choice of what they hear: so small a model writes no JSON."""
    described = [tool.description for tool in request.tools]
    return replace(request, choices=(*described, "Nothing else has to be known."), tools=())


def _as_call(request: Request, index: int | None) -> str:
    """The chosen call as the JSON list that larger models write."""
    chosen = [] if index is None else [tool.name for tool in request.tools[index : index + 1]]
    return json.dumps([{"tool": name, "arguments": {}} for name in chosen])


def _alike(lengths: Sequence[int]) -> list[list[int]]:
    """Positions in groups of about one length, so that little is spent on padding."""
    groups: list[list[int]] = []
    for position in sorted(range(len(lengths)), key=lengths.__getitem__):
        group = groups[-1] if groups else []
        fits = group and lengths[position] <= _LENGTH_RATIO * lengths[group[0]]
        if fits and len(group) < _PROMPTS_AT_ONCE:
            group.append(position)
        else:
            groups.append([position])
    return groups


def _forget(memory: OrderedDict[_KeyT, Any], *, keep: Container[_KeyT]) -> None:
    """Drop the oldest entries beyond `_KEPT`, but none of `keep`."""
    while len(memory) > _KEPT and next(iter(memory)) not in keep:
        memory.popitem(last=False)


def _findings(request: Request) -> list[str]:
    """The lines of the findings, each once: several tools may say the same."""
    return list(dict.fromkeys(prompt.evidence_line(evidence) for evidence in request.findings))


def _question(request: Request) -> _Question:
    return request.question, request.choices


def _continuations(request: Request) -> list[str]:
    return [prompt.continuation(choice) for choice in request.choices]


def _chosen(request: Request, scores: list[float]) -> Answer:
    exponents = np.exp(np.array(scores) - max(scores))
    probabilities = exponents / exponents.sum()
    index = int(np.argmax(scores))
    return Answer(request.choices[index], index, tuple(round(float(p), 6) for p in probabilities))
