"""What the policy sees: a question with its clip as vectors, and every tool as vectors.

Tools are described, never numbered: their description, domain and measured cost are all that the
policy knows of them, so that it can score one that was not there in training.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from audiorouter.routing.interface import RouteRequest
from audiorouter.sentences import DIMENSIONS, SentenceEncoder
from audiorouter.toolbox.interface import Domain, Tool

FACTS = 4
"""Numbers of a clip and its question: length, level, margin, and whether that is known."""
STATE_SIZE = 2 * DIMENSIONS + FACTS
TOOL_SIDE = len(Domain) + 1
"""Numbers beside the description: domain, one of three, and cost."""


@dataclass(frozen=True)
class States:
    """`B` questions: `question` `(B, 384)`, `heard` `(B, 384)`, `facts` `(B, 4)`."""

    question: torch.Tensor
    heard: torch.Tensor
    facts: torch.Tensor

    def __len__(self) -> int:
        return self.question.shape[0]

    def __getitem__(self, rows: torch.Tensor) -> States:
        return States(self.question[rows], self.heard[rows], self.facts[rows])

    def to(self, device: torch.device) -> States:
        """The same on `device`."""
        return States(self.question.to(device), self.heard.to(device), self.facts.to(device))


@dataclass(frozen=True)
class ToolVectors:
    """`T` tools: `description` `(T, 384)` and `side` `(T, 4)`, domain one-hot and log cost.

    A tool's description is the mean of what it says of itself and of the questions that it gives as
    examples: questions are nearer to questions than to descriptions.
    """

    description: torch.Tensor
    side: torch.Tensor

    def __len__(self) -> int:
        return self.description.shape[0]

    def to(self, device: torch.device) -> ToolVectors:
        """The same on `device`."""
        return ToolVectors(self.description.to(device), self.side.to(device))


def question_text(request: RouteRequest) -> str:
    """The question with its choices: they often say more than the question about what to hear."""
    return f"{request.question} ({', '.join(request.choices)})"


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
    """Vectors of tools; `costs` are seconds of computing a second of audio, by name.

    A tool that was never measured is taken to cost what the middle one costs.
    """
    known = sorted(costs.values())
    usual = known[len(known) // 2] if known else 0.1
    domains = list(Domain)
    side = [
        [float(tool.domain is domain) for domain in domains]
        + [math.log10(max(1e-3, costs.get(tool.name, usual))) / 3]
        for tool in tools
    ]
    return ToolVectors(
        description=torch.stack([_described(tool, encoder) for tool in tools]),
        side=torch.tensor(side, dtype=torch.float32).reshape(-1, TOOL_SIDE),
    )


def _described(tool: Tool[Any], encoder: SentenceEncoder) -> torch.Tensor:
    """Unit vector `(384,)` of a tool."""
    said = encoder.encode([tool.description])[0]
    if tool.examples:
        said = said + encoder.encode(list(tool.examples)).mean(dim=0)
    return torch.nn.functional.normalize(said, dim=0)
