"""How near a question is to those of training, by which what a policy learned counts.

What was learned of some questions misleads on others. With kinds of question held out of training,
routers were worse than untrained ones where no question of training was near, and better where one
was (docs/history.md).
"""

from __future__ import annotations

import torch

MOST = 1024
"""Questions of training that a router keeps."""
STRANGE, FAMILIAR = 0.45, 0.65
"""Cosines with the nearest question of training up to which nothing that was learned counts, and
from which on all of it does; of the encoder all-MiniLM-L6-v2."""


def spread(questions: torch.Tensor, *, most: int = MOST) -> torch.Tensor:
    """Those of the unit vectors `(N, D)` that stand for all, `(K, D)`, at most `most`.

    One after the other the one that is farthest from those before it (Gonzalez, "Clustering to
    minimize the maximum intercluster distance", 1985); what is there twice is taken once.
    """
    if not len(questions):
        return questions
    chosen = [0]
    nearest = questions @ questions[0]
    while len(chosen) < most:
        farthest = int(nearest.argmin())
        if nearest[farthest] > 1 - 1e-4:
            break
        chosen.append(farthest)
        nearest = torch.maximum(nearest, questions @ questions[farthest])
    return questions[chosen]


def familiarity(questions: torch.Tensor, known: torch.Tensor) -> torch.Tensor:
    """How much counts what was learned, 0…1, `(B, 1)`, of unit vectors `(B, D)`.

    `known` `(K, D)` are those of questions of training, at least one.
    """
    nearest = (questions @ known.T).amax(dim=-1, keepdim=True)
    return ((nearest - STRANGE) / (FAMILIAR - STRANGE)).clamp(0.0, 1.0)
