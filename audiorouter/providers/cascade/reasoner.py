"""The embedded reasoner: it hears YAMNet's tags, reads by SmolLM2-135M and MiniLM, all frozen.

A choice is scored by two readers of what was heard, neither of which was trained for this:

- The language model tells how much likelier what was heard makes the choice: its log-likelihood
  after the findings, less `PRIOR_WEIGHT` of its log-likelihood without them, which takes away what
  the model likes for reasons of its own (short, common, or echoing words; the domain-conditional
  PMI of Holtzman et al., "Surface Form Competition", EMNLP 2021).
- The sentence encoder tells how near the choice is to what was heard (Reimers & Gurevych,
  "Sentence-BERT", EMNLP 2019): the largest cosine of the choice, and of question and choice
  together, with a sentence of it, `LIKENESS_WEIGHT` nats a unit of their mean. The choice alone
  does not tell "The first sound is a cat." from "The last sound is a cat.".

What does not bear on the question confuses so small a model. So a finding is read only where its
cosine with the question and its choices reaches `BEARS`, and of what is left the language model
reads the `SENTENCES` that are nearest to the question, the nearest last, since what is read last
weighs most. With `-P reads=all` it is spared nothing, as a model that is handed all findings.
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
import torch
from numpy.typing import NDArray

from audiorouter.errors import ReasonerError, WeightsError
from audiorouter.providers.cascade import wording
from audiorouter.providers.cascade.language_model import LanguageModel
from audiorouter.providers.cascade.weighing import (
    BEARS,
    LIKENESS_WEIGHT,
    PRIOR_WEIGHT,
    SENTENCES,
)
from audiorouter.providers.interface import Answer, Request
from audiorouter.sentence_encoder import SentenceEncoder
from audiorouter.weights import locate

MAX_ANSWER_TOKENS = 24
_KEPT = 10_000
"""Priors that are kept in memory."""
_PROMPTS_AT_ONCE = 16
_LENGTH_RATIO = 1.4
"""Longest to shortest prompt that are read together."""

_Question = tuple[str, tuple[str, ...]]
_KeyT = TypeVar("_KeyT")


class CascadeModels:
    """The scoring itself, apart from what can be known without loading a model."""

    def __init__(self, *, selects: bool = True) -> None:
        self._selects = selects
        self._priors: OrderedDict[_Question, list[float]] = OrderedDict()
        self._encoder = SentenceEncoder()

    @cached_property
    def _model(self) -> LanguageModel:
        try:
            return LanguageModel(str(locate("smollm2-135m")))
        except WeightsError as error:
            raise ReasonerError(str(error)) from None

    def answer(self, requests: Sequence[Request]) -> list[Answer]:
        """Answer each request."""
        started = time.perf_counter()
        asked, requests = requests, [_as_choice(r) if r.tools else r for r in requests]
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
        asked = wording.with_evidence(request, [*_heard(request), *self._bearing(request)])
        text = self._model.complete(asked, max_tokens=MAX_ANSWER_TOKENS)
        return Answer(text.split("\n")[0].strip() or "(no answer)")

    def _choose(self, requests: Sequence[Request]) -> list[list[float]]:
        """Score of each choice of each request, in nats; see the top of this module."""
        if not requests:
            return []
        self._learn_priors(requests)
        bearing = [self._bearing(request) for request in requests]
        likely = self._score(
            [
                (
                    wording.with_evidence(r, [*_heard(r), *self._nearest(r, lines)]),
                    _continuations(r),
                )
                for r, lines in zip(requests, bearing, strict=True)
            ]
        )
        scores = []
        for request, lines, heard in zip(requests, bearing, likely, strict=True):
            prior = np.array(self._priors[_question(request)])
            likeness = self._likeness(request, lines or _heard(request))
            scores.append(
                (np.array(heard) - PRIOR_WEIGHT * prior + LIKENESS_WEIGHT * likeness).tolist()
            )
        return scores

    def _bearing(self, request: Request) -> list[str]:
        """The findings that bear on the question, each once, the one that bears most last.

        An open question is given all of them, and so is a reader that does not select, in their
        order.
        """
        lines = list(
            dict.fromkeys(wording.evidence_line(evidence) for evidence in request.findings)
        )
        if not lines or not self._selects:
            return lines
        asked = self._encoder.encode([wording.as_query(request)])[0]
        bears = (self._encoder.encode(lines) @ asked).tolist()
        ranked = sorted(zip(bears, lines, strict=True))
        if not request.choices:  # a question alone is too little to measure by
            return [line for _, line in ranked]
        return [line for how, line in ranked if how >= BEARS]

    def _nearest(self, request: Request, lines: Sequence[str]) -> list[str]:
        """The sentences of `lines` that are nearest to the question, as one line, nearest last.

        Without selecting they are the lines as they are.
        """
        if not self._selects:
            return list(lines)
        sentences = _sentences(lines)
        if not sentences:
            return []
        asked = self._encoder.encode([request.question])[0]
        near = (self._encoder.encode(sentences) @ asked).tolist()
        ranked = sorted(zip(near, sentences, strict=True))[-SENTENCES:]
        return [" ".join(sentence for _, sentence in ranked)]

    def _likeness(self, request: Request, lines: Sequence[str]) -> NDArray[np.float64]:
        """How near each choice is to a sentence of `lines`, -1…1, `(choices,)`."""
        sentences = _sentences(lines)
        if not sentences:
            return np.zeros(len(request.choices))
        heard = self._encoder.encode(sentences).T
        likeness = torch.zeros(len(request.choices))
        for texts in (request.choices, [f"{request.question} {c}" for c in request.choices]):
            likeness += (self._encoder.encode(texts) @ heard).max(dim=1).values / 2
        return np.asarray(likeness.numpy(), dtype=np.float64)

    def _learn_priors(self, requests: Sequence[Request]) -> None:
        unknown = {_question(r): r for r in requests if _question(r) not in self._priors}
        if unknown:
            scores = self._score(
                [(wording.without_evidence(r), _continuations(r)) for r in unknown.values()]
            )
            self._priors.update(zip(unknown, scores, strict=True))
        _forget(self._priors, keep={_question(request) for request in requests})

    def _score(self, asked: Sequence[tuple[str, Sequence[str]]]) -> list[list[float]]:
        """Scores of the continuations of each prompt; what is asked twice is computed once."""
        keys = [(text, tuple(continuations)) for text, continuations in asked]
        distinct = list(dict.fromkeys(keys))
        scores: dict[tuple[str, tuple[str, ...]], list[float]] = {}
        for some in _alike([len(text) for text, _ in distinct]):
            batch = [distinct[i] for i in some]
            scored = self._model.score([text for text, _ in batch], [texts for _, texts in batch])
            scores.update(zip(batch, scored, strict=True))
        return [scores[key] for key in keys]


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


def _sentences(lines: Sequence[str]) -> list[str]:
    """Their sentences, each once."""
    return list(dict.fromkeys(part for line in lines for part in wording.sentences(line)))


def _heard(request: Request) -> list[str]:
    """What it hears itself."""
    return [wording.evidence_line(evidence) for evidence in request.heard]


def _question(request: Request) -> _Question:
    return request.question, request.choices


def _continuations(request: Request) -> list[str]:
    return [wording.continuation(choice) for choice in request.choices]


def _chosen(request: Request, scores: list[float]) -> Answer:
    exponents = np.exp(np.array(scores) - max(scores))
    probabilities = exponents / exponents.sum()
    index = int(np.argmax(scores))
    return Answer(request.choices[index], index, tuple(round(float(p), 6) for p in probabilities))
