"""Which rows of two sets of answers are about the same question.

Rows are one question's by what was asked: the clip, the question's words and its choices. Names of
files and ids may differ, so may the order of the choices. Of several that are alike those with the
same id go together, then the first with the first. Clips are the same by their audio; where one of
the two does not tell that (answers files do not), by the name that the questions file has for them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from audiorouter.batch.past.past_rows import PastRow

_KEYS = (
    ("clip", "question", "choices", "id"),
    ("clip", "question", "choices_in_any_order"),
    ("audio", "question", "choices", "id"),
    ("audio", "question", "choices_in_any_order"),
    ("audio", "question", "id"),
)
"""What has to be equal, one after the other; the last is for runs that kept no choices."""


@dataclass(frozen=True)
class Pairs:
    """The rows that ask the same, in the order of the first; and how many are on one side alone."""

    pairs: tuple[tuple[PastRow, PastRow], ...]
    others: tuple[PastRow | None, ...]
    """Of each row of the first that of the second, if there is one."""
    only_first: int
    only_second: int


def pair_rows(first: Sequence[PastRow], second: Sequence[PastRow]) -> Pairs:
    """Put the rows together that ask the same question of the same clip."""
    partner: dict[int, int] = {}
    taken: set[int] = set()
    for key in _KEYS:
        waiting: defaultdict[Hashable, list[int]] = defaultdict(list)
        for place, row in enumerate(second):
            if place not in taken and _tells(row, key):
                waiting[_values(row, key)].append(place)
        for place, row in enumerate(first):
            if place in partner or not _tells(row, key):
                continue
            there = waiting.get(_values(row, key), [])
            fits = next((other for other in there if not _differ(row, second[other])), None)
            if fits is not None:
                there.remove(fits)
                partner[place] = fits
                taken.add(fits)
    return Pairs(
        tuple((first[place], second[partner[place]]) for place in sorted(partner)),
        tuple(second[partner[p]] if p in partner else None for p in range(len(first))),
        len(first) - len(partner),
        len(second) - len(partner),
    )


def _tells(row: PastRow, key: Sequence[str]) -> bool:
    return all(getattr(row, name) is not None for name in key)


def _values(row: PastRow, key: Sequence[str]) -> Hashable:
    return tuple(getattr(row, name) for name in key)


def _differ(first: PastRow, second: PastRow) -> bool:
    """Whether both tell their audio or their choices, and these are not the same.

    So it is where a file was changed under its name.
    """
    pairs = ((first.clip, second.clip), (first.choices_in_any_order, second.choices_in_any_order))
    return any(a != b for a, b in pairs if a is not None and b is not None)
