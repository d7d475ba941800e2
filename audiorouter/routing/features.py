"""What the policy sees: a question with its clip as vectors, and every tool as vectors.

Tools are described, never numbered: their description, domain and measured cost are all that the
policy knows of them, so that it can score one that was not there in training.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch

from audiorouter.routing.interface import RouteRequest
from audiorouter.sentence_encoder import DIMENSIONS, SentenceEncoder
from audiorouter.toolbox.costs import rate_of
from audiorouter.toolbox.interface import Domain, Tool

FACTS = 4
"""Numbers of a clip and its question: length, level, margin, and whether that is known."""
STATE_SIZE = 2 * DIMENSIONS + FACTS
TOOL_SIDE = len(Domain) + 1
"""Numbers beside the description: domain, one of three, and cost."""


@dataclass(frozen=True)
class States:
    """`B` questions: `question` `(B, 384)`, `heard` `(B, 384)`, `facts` `(B, 4)`.

    `near` `(B, T)` is how near each question is to each tool, where that was worked out before.
    """

    question: torch.Tensor
    heard: torch.Tensor
    facts: torch.Tensor
    near: torch.Tensor | None = None

    def __len__(self) -> int:
        return self.question.shape[0]

    def __getitem__(self, rows: torch.Tensor) -> States:
        near = None if self.near is None else self.near[rows]
        return States(self.question[rows], self.heard[rows], self.facts[rows], near)

    def to(self, device: torch.device) -> States:
        """The same on `device`."""
        near = None if self.near is None else self.near.to(device)
        return States(self.question.to(device), self.heard.to(device), self.facts.to(device), near)


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

    def nearness(self, need: torch.Tensor) -> torch.Tensor:
        """How near unit vectors `(B, 384)` are to each tool, -1…1, `(B, T)`.

        The mean of the cosine with the tool as a whole, which knows what it is about, and the
        largest one with anything it says, which knows a question by its wording.
        """
        parts = (need @ self.said.flatten(0, 1).T).reshape(-1, *self.said.shape[:2])
        return (need @ self.whole.T + parts.max(dim=-1).values) / 2


def question_text(request: RouteRequest) -> str:
    """The question with its choices: they often say more than the question about what to hear."""
    return f"{request.question} ({', '.join(request.choices)})"


def without_clip(request: RouteRequest) -> RouteRequest:
    """The request with nothing heard and nothing known of its clip: zeros to a policy."""
    facts = replace(request.facts, duration=0.0, rms_dbfs=0.0)
    return replace(request, heard=(), facts=facts, margin=None)


def states(
    requests: Sequence[RouteRequest], encoder: SentenceEncoder, *, margins: bool = False
) -> States:
    """Vectors of the requests; one whose clip was not heard has zeros there.

    With `margins` the policy sees how sure the reasoner is of its direct answer, where known.
    """
    heard = [" ".join(evidence.text for evidence in request.heard) for request in requests]
    return States(
        question=encoder.encode([question_text(request) for request in requests]),
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
