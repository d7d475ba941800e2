"""What a cell of a questions file holds: nothing, a text, or what cannot be used."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_NO_VALUE = frozenset({"nan", "NaN", "<NA>", "NaT", "#N/A"})
"""What pandas and spreadsheets write into a cell in which nothing is."""
_SHEET_ERRORS = frozenset(
    {"#NAME?", "#REF!", "#VALUE!", "#DIV/0!", "#NUM!", "#NULL!", "#ERROR!", "#SPILL!", "#CALC!"}
    | {"#WERT!", "#BEZUG!", "#NV", "#ZAHL!", "#NOM?", "#VALEUR!", "Err:502", "Err:508", "Err:509"}
)


class RowError(ValueError):
    """Why a row, or a part of one, cannot be used."""


def present(value: Any) -> bool:
    """Whether there is anything: not for null, blank text, and lists and objects of nothing.

    >>> present(0), present(None), present(" "), present([None, ""]), present("NaN")
    (True, False, False, False, False)
    """
    return has_content(value) and not says_nothing(value)


def says_nothing(value: Any) -> bool:
    """Whether it is a text that tables write where nothing is, such as `nan`."""
    return isinstance(value, str) and value.strip() in _NO_VALUE


def text_of(what: str, value: Any) -> str:
    """A value as text without space around it; nothing is the empty text.

    Raises:
        RowError: it is a list or an object, or what a spreadsheet shows for a mistake in it.
    """
    if isinstance(value, list | dict):
        kind = "a list" if isinstance(value, list) else "an object"
        raise RowError(f"{what}: expected text, not {kind}")
    if isinstance(value, bool):
        return str(value).lower()
    text = str(value).strip() if has_content(value) else ""
    if text in _SHEET_ERRORS:
        raise RowError(f"{what}: {text} is a spreadsheet's error; correct it there")
    return text


def choice_letter(index: int) -> str:
    """Letter of a choice: A … Z, AA, AB …

    >>> choice_letter(0), choice_letter(27)
    ('A', 'AB')
    """
    letters = ""
    index += 1
    while index:
        index, remainder = divmod(index - 1, 26)
        letters = chr(ord("A") + remainder) + letters
    return letters


def has_content(value: Any) -> bool:
    """Whether there is anything, of which a text says that there is none or not."""
    if isinstance(value, str):
        return bool(value.strip())
    if isinstance(value, Mapping):
        return any(map(has_content, value.values()))
    if isinstance(value, list | tuple):
        return any(map(has_content, value))
    return value is not None and value == value  # NaN is not
