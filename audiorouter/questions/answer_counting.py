"""Where the numbers in a column of right answers count from, and whether letters are meant.

A number says nothing of where it counts from. That is read off the file: a 0 somewhere means
from 0, a number as large as there are choices means from 1. Where neither is there, and the column
is not called an index, or both are, the rows are not scored, and say so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from audiorouter.questions.answer_texts import answer_texts, may_be_marks
from audiorouter.questions.cell_values import RowError, present
from audiorouter.questions.choice_labels import label_in
from audiorouter.questions.choice_matches import label_of, names_only, with_text
from audiorouter.questions.choice_words import NUMBER, has_number
from audiorouter.questions.choices import Choices
from audiorouter.questions.columns import says_choice, says_index


@dataclass(frozen=True)
class Counting:
    """How the numbers in a column of answers are meant."""

    base: int | None = None
    """Where they count from; None where that is not known."""
    seen: bool = False
    """Whether some number can be nothing but a place among the choices."""
    by_name: bool = False
    """Whether the column says by its name that it holds numbers of choices."""
    over_labels: bool = False
    """Whether they count though the choices have numbers for labels: there is a 0 among them."""
    texts: bool = False
    """Whether an answer that is the text of a choice is meant so, as in answers files of ours."""
    letters: bool = False
    """Whether some answer can be nothing but a letter, and none nothing but a text."""
    mixed: bool = False
    """Whether there are answers of both kinds."""
    plainly: bool = False
    """Whether some number or letter is no word of a choice, so that it can only name one."""


def count_from(
    name: str, rows: Sequence[Mapping[str, Any]], choices: Sequence[Choices]
) -> Counting:
    """Where the numbers in a column count from, read off all of its rows."""
    by_name, chooses = says_index(name), says_choice(name)
    there = zero = end = named_0 = places = names = chosen = values = False
    digits = True
    for answer, listed in _numbers(name, rows, choices):
        number, there = int(float(answer)), True
        place = listed.may_be_place(number)
        digits = digits and listed.numbered
        named_0 = named_0 or "0" in listed.labels
        zero = zero or number == 0
        end = end or number == listed.places[-1] + 1
        places = places or place
        names = names or names_only(answer, listed, chooses=False)
        chosen = chosen or names_only(answer, listed, chooses=True)
        values = values or (not place and has_number(answer, listed.texts))
    # Where one can be nothing but a place, so are others that are words of choices as well. So are
    # those in a column that is called like choices, unless one is a value alone: 90 of 90 BPM.
    if not (by_name or names or (chooses and chosen and not values)):
        return Counting()
    if there and digits and not by_name:
        # Choices that are called 1, 2, 3 are meant by these numbers, unless there is a 0; then
        # they count from 0, unless there is a 3 as well.
        if not (end if named_0 else zero):
            return Counting(seen=True)
        return Counting(None if named_0 or end else 0, True, over_labels=True)
    if zero and end:
        return Counting(None, True, by_name)
    if zero or end:
        return Counting(0 if zero else 1, True, by_name)
    return Counting(0 if by_name else None, places, by_name)


def with_letters(
    counting: Counting,
    name: str,
    rows: Iterable[Mapping[str, Any]],
    choices: Iterable[Choices],
) -> Counting:
    """Whether answers are letters, by those that are no choice's text, or no choice's letter."""
    letters = texts = plainly = False
    for row, listed in zip(rows, choices, strict=True):
        if listed.texts and present(row.get(name)) and isinstance(row[name], str):
            answer = row[name].strip()
            by_label = label_of(label_in(answer), listed) in listed.labels
            by_text = bool(with_text(answer, listed))
            letters |= by_label and not by_text
            texts |= by_text and not by_label
            plainly |= by_label and names_only(answer, listed, chooses=says_choice(name))
    return replace(
        counting,
        letters=letters and not texts,
        mixed=letters and texts,
        plainly=plainly or counting.seen,
    )


def _numbers(
    name: str, rows: Iterable[Mapping[str, Any]], choices: Iterable[Choices]
) -> Iterator[tuple[str, Choices]]:
    """The numbers in a column that can be places among the choices."""
    for row, listed in zip(rows, choices, strict=True):
        if not listed.texts or not present(row.get(name)):
            continue
        try:
            answers = list(answer_texts(name, row[name], listed))
        except RowError:
            continue
        if may_be_marks(answers, row[name], listed):
            continue
        for answer in answers:
            if NUMBER.fullmatch(answer) and (says_index(name) or not with_text(answer, listed)):
                yield answer, listed
