"""What the policy sees: a question with its clip as vectors, and every tool as vectors.

Tools are described, never numbered: their description, domain and measured cost, and whether they
find arguments in the question, are all that the policy knows of them, so that it can score one that
was not there in training.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, NamedTuple

import torch

from audiorouter.routing.interface import RouteRequest
from audiorouter.sentence_encoder import DIMENSIONS, SentenceEncoder
from audiorouter.toolbox.costs import rate_of
from audiorouter.toolbox.interface import Domain, SpanArguments, Tool

FACTS = 4
"""Numbers of a clip and its question: length, level, margin, and whether that is known."""
STATE_SIZE = 3 * DIMENSIONS + FACTS
TOOL_SIDE = len(Domain) + 1
"""Numbers beside the description: domain, one of three, and cost."""
ARGUMENTS_NEARER = 0.1
"""By how much nearer a question is to a tool that finds arguments in it; chosen on training and
validation questions (docs/history.md)."""
_STRETCH = frozenset(SpanArguments.model_fields)


@dataclass(frozen=True)
class States:
    """`B` questions, and what joins them to `T` tools.

    `question`, `alone`, `choices` and `heard` are `(B, 384)`, `facts` `(B, 4)`. `question` is what
    is compared with tools and with other questions, `alone` and `choices` are its two sides, see
    `QuestionVectors`. `arguments` and `near` are `(B, T)`: see `find_arguments` and
    `ToolVectors.nearness`.
    """

    question: torch.Tensor
    alone: torch.Tensor
    choices: torch.Tensor
    heard: torch.Tensor
    facts: torch.Tensor
    arguments: torch.Tensor
    near: torch.Tensor

    @property
    def read(self) -> torch.Tensor:
        """All that a policy reads of them, `(B, STATE_SIZE)`."""
        return torch.cat([self.alone, self.choices, self.heard, self.facts], dim=-1)

    def __len__(self) -> int:
        return self.question.shape[0]

    def __getitem__(self, rows: torch.Tensor) -> States:
        return States(*(tensor[rows] for tensor in self._tensors))

    def to(self, device: torch.device) -> States:
        """The same on `device`."""
        return States(*(tensor.to(device) for tensor in self._tensors))

    @property
    def _tensors(self) -> list[torch.Tensor]:
        return [getattr(self, field.name) for field in fields(self)]


@dataclass(frozen=True)
class ToolVectors:
    """`T` tools: `said` `(T, P, 384)`, `whole` `(T, 384)` and `side` `(T, 4)`.

    `said` are a tool's description and the questions that it gives as examples, since questions are
    nearer to questions than to descriptions; where others say more, its description stands again.
    `whole` is their mean, and `side` the domain, one-hot, and the log cost.
    """

    said: torch.Tensor
    whole: torch.Tensor
    side: torch.Tensor

    def __len__(self) -> int:
        return self.side.shape[0]

    def to(self, device: torch.device) -> ToolVectors:
        """The same on `device`."""
        return ToolVectors(self.said.to(device), self.whole.to(device), self.side.to(device))

    def nearness(self, need: torch.Tensor, arguments: torch.Tensor) -> torch.Tensor:
        """How near questions, unit vectors `(B, 384)`, are to each tool, `(B, T)`.

        The mean of the cosine with the tool as a whole, which knows what it is about, and the
        largest one with anything it says, which knows a question by its wording; and
        `ARGUMENTS_NEARER` more where it finds arguments in the question, see `find_arguments`.
        """
        parts = (need @ self.said.flatten(0, 1).T).reshape(-1, *self.said.shape[:2])
        return (need @ self.whole.T + parts.max(dim=-1).values) / 2 + ARGUMENTS_NEARER * arguments


class QuestionVectors(NamedTuple):
    """`B` questions with their choices, each `(B, 384)`.

    `whole`, a unit vector, is the mean of `alone` and `choices`: read as one text the choices drown
    in a long question, and a short one in its choices, where either often says what to hear.
    `choices` of open questions are zeros.
    """

    whole: torch.Tensor
    alone: torch.Tensor
    choices: torch.Tensor


def question_vectors(requests: Sequence[RouteRequest], encoder: SentenceEncoder) -> QuestionVectors:
    """Vectors of questions and their choices."""
    questions = [request.question for request in requests]
    listed = [", ".join(request.choices) for request in requests]
    vectors = encoder.encode([*questions, *listed])
    alone, choices = vectors[: len(requests)], vectors[len(requests) :]
    return QuestionVectors(torch.nn.functional.normalize(alone + choices, dim=-1), alone, choices)


def find_arguments(requests: Sequence[RouteRequest], tools: Sequence[Tool[Any]]) -> torch.Tensor:
    """Which tools find arguments of their own in which questions, 1 or 0, `(B, T)`.

    A question with a word in quotes may be one for the tool that looks for words, whatever else it
    says. The stretch of the clip that it is about says nothing of that: most tools may hear a part.
    Only our own tools are asked: those of others would stand between every question and its route,
    whatever they do there, and some may find something in anything.
    """
    found = [
        [
            float(
                tool.is_built_in
                and not tool.arguments_named(request.question, request.choices).keys() <= _STRETCH
            )
            for tool in tools
        ]
        for request in requests
    ]
    return torch.tensor(found, dtype=torch.float32).reshape(len(requests), len(tools))


def without_clip(request: RouteRequest) -> RouteRequest:
    """The request with nothing heard and nothing known of its clip: zeros to a policy."""
    facts = replace(request.facts, duration=0.0, rms_dbfs=0.0)
    return replace(request, heard=(), facts=facts, margin=None)


def states(
    requests: Sequence[RouteRequest],
    tools: Sequence[Tool[Any]],
    vectors: ToolVectors,
    encoder: SentenceEncoder,
    *,
    margins: bool = False,
) -> States:
    """The requests as a policy sees them; one whose clip was not heard has zeros there.

    `vectors` are those of the tools. With `margins` the policy sees how sure the reasoner is of its
    direct answer, where known.
    """
    heard = [" ".join(evidence.text for evidence in request.heard) for request in requests]
    question = question_vectors(requests, encoder)
    arguments = find_arguments(requests, tools)
    return States(
        question=question.whole,
        alone=question.alone,
        choices=question.choices,
        heard=encoder.encode(heard),
        facts=torch.tensor(
            [
                [
                    math.log1p(request.facts.duration) / 3,
                    request.facts.rms_dbfs / 30,
                    *((request.margin, 1.0) if margins and request.margin is not None else (0, 0)),
                ]
                for request in requests
            ],
            dtype=torch.float32,
        ).reshape(-1, FACTS),
        arguments=arguments,
        near=vectors.nearness(question.whole, arguments),
    )


def tool_vectors(
    tools: Sequence[Tool[Any]], costs: Mapping[str, float], encoder: SentenceEncoder
) -> ToolVectors:
    """Vectors of tools; `costs` are seconds of computing a second of audio, by name."""
    domains = list(Domain)
    side = [
        [float(tool.domain is domain) for domain in domains]
        + [math.log10(max(1e-3, rate_of(tool.name, costs))) / 3]
        for tool in tools
    ]
    most = max((len(tool.examples) for tool in tools), default=0)
    encoder.learn(text for tool in tools for text in (*tool.examples, tool.description))
    sentences = [
        encoder.encode([*tool.examples, *[tool.description] * (1 + most - len(tool.examples))])
        for tool in tools
    ]
    return ToolVectors(
        said=torch.stack(sentences),
        whole=torch.stack([_whole(tool, encoder) for tool in tools]),
        side=torch.tensor(side, dtype=torch.float32).reshape(-1, TOOL_SIDE),
    )


def _whole(tool: Tool[Any], encoder: SentenceEncoder) -> torch.Tensor:
    """Unit vector `(384,)` of description and examples, of which both weigh as much."""
    vector = encoder.encode([tool.description])[0]
    if tool.examples:
        vector = vector + encoder.encode(list(tool.examples)).mean(dim=0)
    return torch.nn.functional.normalize(vector, dim=0)
