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

What does not bear on the question confuses so small a model. A `FEW` findings are read as they are:
whoever asked for no more has chosen them. Of more, one is read only where its cosine with the
question and its choices reaches `BEARS`, and of what is left the language model reads the
`SENTENCES` that are nearest to the question, the nearest last, since what is read last weighs most.
With `-P reads=all` it is spared nothing, as a model that is handed all findings.
"""

from __future__ import annotations

import json
import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from audiorouter.errors import ReasonerError, WeightsError
from audiorouter.providers.cascade import wording
from audiorouter.providers.cascade.tree_reader import TreeReader
from audiorouter.providers.cascade.weighing import (
    BEARS,
    FEW,
    LIKENESS_WEIGHT,
    PRIOR_WEIGHT,
    SENTENCES,
)
from audiorouter.providers.interface import Answer, Request
from audiorouter.sentence_encoder import SentenceEncoder
from audiorouter.weights import locate

MAX_ANSWER_TOKENS = 24
LONGEST = 8_000
"""Characters of a question and its longest choice, which take ten seconds. SmolLM2 would read four
times as many, for minutes, and without the findings, which stand in front."""
_KEPT = 10_000
"""Prompts whose scores are kept in memory: those without findings come again with every route."""

_Asked = tuple[str, tuple[str, ...]]
"""A prompt and its continuations."""


class CascadeModels:
    """The scoring itself, apart from what can be known without loading a model."""

    def __init__(self, *, selects: bool = True) -> None:
        self._selects = selects
        self._scored: OrderedDict[_Asked, list[float]] = OrderedDict()
        self._encoder = SentenceEncoder()

    @cached_property
    def _model(self) -> TreeReader:
        try:
            return TreeReader(locate("smollm2-135m"))
        except WeightsError as error:
            raise ReasonerError(str(error), lasting=True) from None

    def load(self) -> None:
        """Load the language model and the sentence encoder."""
        self._model  # noqa: B018 - loads it
        self._encoder.load()

    def answer(self, requests: Sequence[Request]) -> list[Answer | ReasonerError]:
        """Answer each request but those whose question is too long."""
        refused = [_too_long(request) for request in requests]
        read = [one for one, error in zip(requests, refused, strict=True) if error is None]
        answers = iter(self._answer(read))
        return [error or next(answers) for error in refused]

    def _answer(self, requests: Sequence[Request]) -> list[Answer]:
        started = time.perf_counter()
        asked, requests = requests, [_as_choice(r) if r.tools else r for r in requests]
        closed = [request for request in requests if request.choices]
        indices = iter(self._choose(closed))
        answers = [
            _chosen(request, next(indices)) if request.choices else self._complete(request)
            for request in requests
        ]
        share = (time.perf_counter() - started) / max(1, len(requests))
        calls = [
            Answer(_as_call(request, a.index)) if request.tools else a
            for request, a in zip(asked, answers, strict=True)
        ]
        return [replace(answer, seconds=share) for answer in calls]

    def _complete(self, request: Request) -> Answer:
        asked = wording.with_evidence(request.question, [*_heard(request), *self._bearing(request)])
        text = self._model.complete(asked, max_tokens=MAX_ANSWER_TOKENS)
        return Answer(text.split("\n")[0].strip() or "(no answer)")

    def _choose(self, requests: Sequence[Request]) -> list[list[float]]:
        """Score of each choice of each request, in nats; see the top of this module.

        What is read alike is weighed once: of many findings most do not bear on a question.
        """
        self._embed_findings(requests)
        read = [
            _Reading.of(request, self._bearing(request), selected=self._selects_among(request))
            for request in requests
        ]
        distinct = list(dict.fromkeys(read))
        scores = dict(zip(distinct, self._weigh(distinct), strict=True))
        return [scores[reading] for reading in read]

    def _weigh(self, readings: Sequence[_Reading]) -> list[list[float]]:
        """Score of each choice of each reading, in nats."""
        self._encoder.learn([text for reading in readings for text in reading.compared])
        prompts = [wording.with_evidence(r.question, self._evidence(r)) for r in readings]
        alone = [wording.without_evidence(r.question) for r in readings]
        choices = [r.continuations for r in readings]
        likely = self._score(
            [*zip(prompts, choices, strict=True), *zip(alone, choices, strict=True)]
        )
        return [
            (
                np.array(heard)
                - PRIOR_WEIGHT * np.array(prior)
                + LIKENESS_WEIGHT * self._likeness(reading)
            ).tolist()
            for reading, heard, prior in zip(
                readings, likely[: len(readings)], likely[len(readings) :], strict=True
            )
        ]

    def _embed_findings(self, requests: Sequence[Request]) -> None:
        """Embed all findings and what they are compared with, which is quicker than one by one."""
        found = [request for request in requests if self._selects_among(request)]
        lines = [wording.evidence_line(e) for request in found for e in request.findings]
        self._encoder.learn([*lines, *map(wording.as_query, found)])

    def _selects_among(self, request: Request) -> bool:
        """Whether it reads only those of the findings that bear on the question."""
        return self._selects and len(request.findings) > FEW

    def _bearing(self, request: Request) -> list[str]:
        """The findings that are read, each once: in their order, or the one that bears most last.

        An open question is given all of them.
        """
        lines = list(
            dict.fromkeys(wording.evidence_line(evidence) for evidence in request.findings)
        )
        if not lines or not self._selects_among(request):
            return lines
        asked = self._encoder.encode([wording.as_query(request)])[0]
        bears = (self._encoder.encode(lines) @ asked).tolist()
        ranked = sorted(zip(bears, lines, strict=True))
        if not request.choices:  # a question alone is too little to measure by
            return [line for _, line in ranked]
        return [line for how, line in ranked if how >= BEARS]

    def _evidence(self, reading: _Reading) -> list[str]:
        """What the language model reads: what was heard, and the sentences of the findings that
        are nearest to the question, as one line, nearest last.

        Where it did not select, the findings are the lines as they are.
        """
        if not reading.selected:
            return [*reading.heard, *reading.bearing]
        sentences = _sentences(reading.bearing)
        if not sentences:
            return [*reading.heard]
        asked = self._encoder.encode([reading.question])[0]
        near = (self._encoder.encode(sentences) @ asked).tolist()
        ranked = sorted(zip(near, sentences, strict=True))[-SENTENCES:]
        return [*reading.heard, " ".join(sentence for _, sentence in ranked)]

    def _likeness(self, reading: _Reading) -> NDArray[np.float64]:
        """How near each choice is to a sentence of what was heard, -1…1, `(choices,)`."""
        if not reading.sentences:
            return np.zeros(len(reading.choices))
        heard = self._encoder.encode(reading.sentences).T
        likeness = torch.zeros(len(reading.choices))
        for texts in (reading.choices, reading.claims):
            likeness += (self._encoder.encode(texts) @ heard).max(dim=1).values / 2
        return np.asarray(likeness.numpy(), dtype=np.float64)

    def _score(self, asked: Sequence[_Asked]) -> list[list[float]]:
        """Scores of the continuations of each prompt, each computed once."""
        unknown = [one for one in dict.fromkeys(asked) if one not in self._scored]
        if unknown:
            prompts, continuations = zip(*unknown, strict=True)
            scores = self._model.score(prompts, continuations)
            self._scored.update(zip(unknown, scores, strict=True))
        known = [self._scored[one] for one in asked]
        while len(self._scored) > _KEPT:
            self._scored.popitem(last=False)
        return known


class _Reading(NamedTuple):
    """All of a question with choices that scores depend on: lines of what was heard and found."""

    question: str
    choices: tuple[str, ...]
    heard: tuple[str, ...]
    bearing: tuple[str, ...]
    selected: bool
    """Whether `bearing` were selected among more."""

    @classmethod
    def of(cls, request: Request, bearing: Sequence[str], *, selected: bool) -> _Reading:
        """The request, of whose findings `bearing` are read."""
        heard = tuple(_heard(request))
        choices = tuple(map(wording.choice_line, request.choices))
        return cls(request.question, choices, heard, tuple(bearing), selected)

    @property
    def sentences(self) -> list[str]:
        """What choices are compared with: the findings, or else what was heard."""
        return _sentences(self.bearing or self.heard)

    @property
    def claims(self) -> list[str]:
        """Question and choice together."""
        return [f"{self.question} {choice}" for choice in self.choices]

    @property
    def continuations(self) -> tuple[str, ...]:
        """The choices as they follow a prompt."""
        return tuple(map(wording.continuation, self.choices))

    @property
    def compared(self) -> list[str]:
        """All texts of it that are compared with others."""
        if not self.sentences:
            return []
        return [self.question, *self.sentences, *self.choices, *self.claims]


def _too_long(request: Request) -> ReasonerError | None:
    """Why a question is not read."""
    size = len(request.question) + max(map(len, request.choices), default=0)
    if size <= LONGEST:
        return None
    return ReasonerError(
        f"question and longest choice have {size:,} characters, and cascade reads {LONGEST:,}: ask "
        "in fewer words, or another reasoner"
    )


def _as_choice(request: Request) -> Request:
    """Which tool to call, as a choice of what they hear: so small a model writes no JSON."""
    described = [tool.description for tool in request.tools]
    return replace(request, choices=(*described, "Nothing else has to be known."), tools=())


def _as_call(request: Request, index: int | None) -> str:
    """The chosen call as the JSON list that larger models write."""
    chosen = [] if index is None else [tool.name for tool in request.tools[index : index + 1]]
    return json.dumps([{"tool": name, "arguments": {}} for name in chosen])


def _sentences(lines: Sequence[str]) -> list[str]:
    """Their sentences, each once."""
    return list(dict.fromkeys(part for line in lines for part in wording.sentences(line)))


def _heard(request: Request) -> list[str]:
    """What it hears itself."""
    return [wording.evidence_line(evidence) for evidence in request.heard]


def _chosen(request: Request, scores: list[float]) -> Answer:
    exponents = np.exp(np.array(scores) - max(scores))
    probabilities = exponents / exponents.sum()
    index = int(np.argmax(scores))
    return Answer(request.choices[index], index, tuple(round(float(p), 6) for p in probabilities))
