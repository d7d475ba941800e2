"""A column that is called like right answers and holds the choices, as quizzes often have it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from audiorouter.questions.cell_values import RowError, present, text_of
from audiorouter.questions.choice_labels import label_in
from audiorouter.questions.choices import Choices, choice_columns, plain, read_choices
from audiorouter.questions.columns import Columns


def with_listed_answers(rows: Sequence[Mapping[str, Any]], columns: Columns) -> Columns:
    """The columns, with that one of the answers among the choices which can be nothing else.

    It lists texts of which another column gives the letter or the number in every row, or calls
    them by letters, or marks them as right and wrong. A list of texts by itself, or beside one of
    them, may as well be what several people answered.
    """
    if any(choice_columns(row, columns) for row in rows):
        return columns
    for name in columns.answers:
        if not any(
            isinstance(row.get(name), list | dict) or _is_list(row.get(name)) for row in rows
        ):
            continue
        others = tuple(other for other in columns.answers if other != name)
        moved = replace(columns, listed=(name,), answers=others)
        if _can_be_choices_alone(name, others, rows, moved):
            return moved
    return columns


def _can_be_choices_alone(
    name: str, others: Sequence[str], rows: Iterable[Mapping[str, Any]], moved: Columns
) -> bool:
    """Whether every row lists several choices there, and it is seen that these are no answers."""
    lettered, pointing = True, set(others)
    try:
        for row in rows:
            if present(row.get(name)):
                choices = read_choices(row, moved)
                if len(choices.texts) < 2:
                    return False
                lettered = lettered and (_lettered(row[name]) or bool(choices.marked))
                pointing = {other for other in pointing if _points(row.get(other), choices)}
    except RowError:
        return False
    return lettered or bool(pointing)


def _is_list(value: Any) -> bool:
    return isinstance(value, str) and value.strip()[:1] in ("[", "{")


def _lettered(value: Any) -> bool:
    """Whether it is an object of texts by letters."""
    return isinstance(value, dict) and all(len(key) == 1 and key.isalpha() for key in value)


def _points(value: Any, choices: Choices) -> bool:
    """Whether it can be the letter or the number of a choice, and is no choice's text."""
    try:
        text = text_of("", value)
    except RowError:
        return False
    label = label_in(text.removesuffix(".0"))
    if label is None or plain(text) in map(plain, choices.texts):
        return False
    return label in choices.labels or (label.isdigit() and int(label) <= choices.listed)
