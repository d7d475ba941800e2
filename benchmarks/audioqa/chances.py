"""Values left to chance, but evenly."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TypeVar

from audioqa.facts import Value

T = TypeVar("T")


def in_turn(values: Iterable[T], rng: random.Random) -> Iterator[T]:
    """The values without end, each as often as the others, in an order left to chance."""
    kept = list(values)
    while kept:
        yield from rng.sample(kept, len(kept))


def evenly(values: Iterable[T], count: int, rng: random.Random) -> list[T]:
    """The first `count` of the values `in_turn`."""
    return list(islice(in_turn(values, rng), count))


def others(
    rng: random.Random,
    answer: Value,
    heard: Sequence[Value],
    known: Sequence[Value],
    count: int = 3,
) -> list[Value]:
    """Wrong choices: what is heard elsewhere in the clip is always one, others are by chance.

    Without the former, to know what is in the clip would be enough, whichever part is asked for.
    """
    chosen = {value.identity: value for value in heard if value.identity != answer.identity}
    rest = [value for value in known if value.identity not in {*chosen, answer.identity}]
    kept = list(chosen.values())
    if len(kept) > count:
        kept = rng.sample(kept, count)
    return kept + rng.sample(rest, min(len(rest), count - len(kept)))
