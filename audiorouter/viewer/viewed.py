"""Answers, or two sets held against each other, as the page asks for them: an index, then parts."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from audiorouter.batch.past.pairing import pair_rows
from audiorouter.batch.past.past_rows import PastRow, asked_of
from audiorouter.viewer.rows import COLUMNS, OTHER_COLUMNS, Values, listed
from audiorouter.viewer.viewed_answers import ViewedAnswers

PART_SIZE = 100
"""Rows that are loaded at once."""


class Viewed:
    """What the page is told of answers; with `other`, what that one made of the same questions."""

    def __init__(self, first: ViewedAnswers, other: ViewedAnswers | None = None):
        self._first = first
        self._other = other
        self._sides = [first] if other is None else [first, other]

    @property
    def _rows(self) -> Sequence[PastRow]:
        return self._first.rows

    @cached_property
    def _others(self) -> Sequence[PastRow | None]:
        """Of each row the one of the other side, if there is one."""
        if self._other is None:
            return [None] * len(self._rows)
        return pair_rows(self._rows, asked_of(self._other.rows)).others

    @cached_property
    def _heard(self) -> list[tuple[str, ViewedAnswers] | None]:
        """By what each row's clip is asked for, and of whom: the side that may know where it is."""
        asked_for = []
        for row, other in zip(self._rows, self._others, strict=True):
            asked = [(self._first, row)]
            if self._other is not None and other is not None:
                asked.append((self._other, other))
            named = [(clip, side) for side, each in asked if (clip := side.clip(each)) is not None]
            with_sound = [pair for pair in named if pair[1].has_sound]
            asked_for.append(next(iter([*with_sound, *named]), None))
        return asked_for

    @cached_property
    def _clips(self) -> dict[str, ViewedAnswers]:
        return dict(pair for pair in self._heard if pair is not None)

    @property
    def parts(self) -> int:
        """How many there are."""
        return -(-len(self._rows) // PART_SIZE)

    def index(self) -> Values:
        """What the list, its filters and the head of the page show."""
        compared = self._other is not None
        return {
            "title": self._first.title,
            "version": self._first.version,
            "kind": "run",
            "runs": [side.head for side in self._sides],
            "part_size": PART_SIZE,
            "columns": [*COLUMNS, *(OTHER_COLUMNS if compared else ())],
            "rows": [
                listed(row, other, compared=compared)
                for row, other in zip(self._rows, self._others, strict=True)
            ],
            "notes": self._notes(),
        }

    def part(self, number: int) -> list[Values]:
        """The rows of a part, with all that is known of them; none beyond the last part."""
        chosen = slice(number * PART_SIZE, (number + 1) * PART_SIZE)
        rows = self._first.shown(self._rows[chosen])
        others = self._others[chosen]
        there = [other for other in others if other is not None]
        known = iter(() if self._other is None else self._other.shown(there))
        for row, other, heard in zip(rows, others, self._heard[chosen], strict=True):
            row["other"] = None if other is None else next(known)
            row["clip"] = None if heard is None else heard[0]
        return rows

    def clips(self) -> list[str]:
        """By what its clips are asked for, each once, in order."""
        return list(self._clips)

    def sound(self, clip: str) -> Values:
        """A clip as the page plays it, or why there is nothing to hear."""
        return self._clips[clip].sound(clip)

    def _notes(self) -> list[str]:
        notes = [note for side in self._sides for note in side.notes]
        if self._other is not None and (alone := sum(other is None for other in self._others)):
            first = self._first.name
            notes.append(
                f"{alone} of the questions of {first} were not asked in {self._other.name}."
            )
        return list(dict.fromkeys(notes))
