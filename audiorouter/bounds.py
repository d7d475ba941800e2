"""Which numbers options take: the same on the command line, in a file of settings and from Python.

The command line shows them; whoever makes options checks them, before the work: also what no
range of the command line refuses (NaN), and what never comes by it.
"""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Integral, Real

from audiorouter.errors import UsageError


@dataclass(frozen=True)
class Bounds:
    """The least and the largest number that an option takes; `whole` ones only, or any."""

    least: float
    most: float
    whole: bool = True

    def check(self, name: str, value: object) -> None:
        """Make sure that a value is a number within them; None stands for an option not given.

        Raises:
            UsageError: it is not; the message names the option.
        """
        fits = isinstance(value, Real) and value <= self.most and not value < self.least
        if value is None or (fits and (not self.whole or isinstance(value, Integral))):
            return
        kind = "a whole number" if self.whole else "a number"
        raise UsageError(
            f"{name} is {value!r}, and takes {kind} from {self.least:.15g} to {self.most:.15g}"
        )


def _any(least: float, most: float) -> Bounds:
    return Bounds(least, most, whole=False)


COUNT = Bounds(1, 1_000_000_000)
"""How many of something there is, such as the first N questions."""
ORDERS = Bounds(1, 24)
WORKERS = Bounds(1, 1_000)
SECONDS = _any(0.1, 10_000_000)
"""How long something may take, in s: at most some months."""
MEMORY = _any(0.25, 1_000_000)
"""In GiB; what is more than a machine has limits nothing."""
MONEY = _any(0, 1_000_000_000_000)
"""In whatever money prices are given in."""
CALLS = Bounds(1, 8)
MEMBERS = Bounds(1, 20)
EPOCHS = Bounds(1, 1_000_000)
PASSES = Bounds(0, 1_000_000)
"""Epochs of a part of a training that may be left out."""
RANK = Bounds(1, 1024)
"""Of an adapter."""
LAYERS = Bounds(1, 10_000)
GROUP = Bounds(2, 10_000)
RATE = _any(0, 1)
"""Step size of AdamW: each step moves a weight by about as much."""
WEIGHT = _any(0, 1_000_000)
"""Of a part of what is trained for, or of costs, against right answers."""
SEED = Bounds(0, 2**32 - 1)
DAYS = Bounds(0, 1_000_000)

_BY_NAME = {
    "shuffle_choices": ORDERS,
    "workers": WORKERS,
    "batch_size": COUNT,
    "timeout": SECONDS,
    "answer_timeout": SECONDS,
    "memory": MEMORY,
    "limit": COUNT,
    "max_calls": CALLS,
    "cost_weight": WEIGHT,
    "max_cost": MONEY,
    "max_requests": COUNT,
    "max_seconds": SECONDS,
    "candidates": COUNT,
    "members": MEMBERS,
    "epochs": EPOCHS,
    "warm_epochs": PASSES,
    "rank": RANK,
    "layers": LAYERS,
    "questions_a_step": COUNT,
    "warm_learning_rate": RATE,
    "learning_rate": RATE,
    "weight_decay": WEIGHT,
    "entropy_weight": WEIGHT,
    "kl_weight": WEIGHT,
    "group_size": GROUP,
    "heard_dropout": RATE,
    "choices_dropout": RATE,
    "patience": Bounds(1, 1_000_000),
    "seed": SEED,
}


def check_numbers(options: object, **own: Bounds) -> None:
    """Make sure that the numbers of a dataclass of options, by their names, are within bounds.

    `own` are bounds of theirs that are not as elsewhere.

    Raises:
        UsageError: one is not; the message names it.
    """
    known = _BY_NAME | own
    for name, value in vars(options).items():
        if name in known:
            known[name].check(name, value)
