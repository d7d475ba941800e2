"""Seeds of what is drawn in training: they follow from where it is, not from what was drawn before.

So a training that goes on after a kill draws what it would have drawn.
"""

from __future__ import annotations


def seed_of(seed: int, number: int, rank: int = 0) -> int:
    """Seed of an epoch or a step by its number, in the process of that rank.

    `seed` is that of the training, at most 2**39.
    """
    return (seed * 10_007 + number) * 1_009 + rank
