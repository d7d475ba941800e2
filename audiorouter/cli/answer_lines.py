"""Answers line by line: what `batch` and `runs show` have in common."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from audiorouter.cli.table import Column, Kind, Table, marked

MARKS = {True: "right", False: "wrong", None: ""}


MOST_CALLS = 4
"""As many calls of a route are named in a table; --json and files have all."""


def shown_calls(calls: Sequence[str], *, none: str = "") -> str:
    """The calls of a route in a cell: of many the first, and how many there are besides.

    >>> shown_calls(["tempo", "key"]), shown_calls(list("abcdefg")), shown_calls([], none="none")
    ('tempo, key', 'a, b, c and 4 more', 'none')
    """
    if len(calls) <= MOST_CALLS:
        return ", ".join(calls) or none
    named = MOST_CALLS - 1
    return f"{', '.join(calls[:named])} and {len(calls) - named} more"


class AnswerLine(NamedTuple):
    """What is shown of a question that was asked."""

    asked: tuple[str, str, str]
    """Its id, its clip and its words."""
    answer: str
    correct: bool | None
    right_answer: str
    """Shown where the answer is wrong."""
    calls: str
    more: Sequence[str] = ()


def table_of_answers(lines: Sequence[AnswerLine], fields: Sequence[str] = ()) -> Table:
    """One row a question; where answers are wrong, the right ones stand beside them."""
    any_wrong = any(line.correct is False for line in lines)
    return Table(
        [
            Column("id", Kind.NAME),
            Column("clip", Kind.NAME),
            Column("question"),
            Column("answer"),
            Column("result", Kind.NAME, marked),
            *([Column("right answer")] if any_wrong else []),
            Column("tools"),
            *map(Column, fields),
        ],
        [
            [
                *line.asked,
                line.answer,
                MARKS[line.correct],
                *([line.right_answer if line.correct is False else ""] if any_wrong else []),
                line.calls,
                *line.more,
            ]
            for line in lines
        ],
    )
