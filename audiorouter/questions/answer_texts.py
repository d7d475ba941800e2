"""The right answers that stand in a cell, each as a text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from audiorouter.questions.cell_values import RowError, text_of
from audiorouter.questions.cells import nested_value
from audiorouter.questions.choices import TEXT_KEYS, Choices, mark_of, plain

_WORDS_IN_BRACKETS = re.compile(r"\s*(?:\[[^\W\d_][^\]\[{},'\"]*\]|\{[^\W\d_][^{}\[\],:'\"]*\})")
"""What begins a text, and no list or object: [laughs]."""


def answer_texts(name: str, value: Any, choices: Choices) -> Iterator[str]:
    """All right answers in a value, of which any counts.

    They are one text, texts with `|` between, a list of texts or of objects, or
    `{"text": [...]}`. Objects that are marked as wrong are none.

    Raises:
        RowError: it is an object without a text.
    """
    names_a_choice = map(plain, (*choices.written, *choices.texts))
    if isinstance(value, str) and plain(value) not in names_a_choice:
        nested = _listed(name, value)
        value = _separated(value) if nested is None else nested
    if isinstance(value, dict):
        value = _text_in(name, value)
    if isinstance(value, list):
        right = [item for item in value if not (isinstance(item, dict) and mark_of(item) is False)]
        texts = (_text_in(name, item) if isinstance(item, dict) else item for item in right)
        yield from dict.fromkeys(text for item in texts if (text := text_of(name, item)))
    elif text := text_of(name, value):
        yield text


def _listed(name: str, text: str) -> Any:
    """The list or object in a text; None where it is none, though words in brackets begin it."""
    if text.strip()[:1] not in "[{":
        return None
    try:
        return nested_value(name, text)
    except RowError:
        if _WORDS_IN_BRACKETS.match(text):
            return None
        raise


def may_be_marks(answers: Sequence[str], value: Any, choices: Choices) -> bool:
    """Whether it may be `[0, 1, 0]`, a mark for each choice, rather than several answers."""
    if isinstance(value, str):
        try:
            value = nested_value("", value)
        except RowError:
            return False
    return (
        isinstance(value, list)
        and len(value) == choices.listed
        and {str(item).casefold() for item in value} <= {"0", "1", "0.0", "1.0", "true", "false"}
        and not {plain(answer) for answer in answers} <= {plain(text) for text in choices.written}
    )


def _separated(text: str) -> str | list[str]:
    """Texts between `|`; a chart of chords, which begins or ends with one, is a single text."""
    parts = [part.strip() for part in text.split("|")]
    return parts if len(parts) > 1 and all(parts) else text


def _text_in(name: str, value: Mapping[str, Any]) -> Any:
    keys = {key.casefold(): key for key in value}
    key = next((key for key in TEXT_KEYS if key in keys), None)
    if key is None:
        raise RowError(f"{name}: expected text, not an object")
    return value[keys[key]]
