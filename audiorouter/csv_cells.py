"""Cells of CSV that a spreadsheet would run as formulas, written such that it shows them as text.

Excel, LibreOffice and Google Sheets take a cell for a formula that begins with =, +, - or @, and
a formula can send the sheet elsewhere (CWE-1236). An apostrophe before it is their sign for text.
Signed numbers, also with a unit, are no formulas and stay as they are.
"""

from __future__ import annotations

import re
from collections.abc import Collection

ANSWERS_COLUMNS = frozenset({"prediction_index", "tool_seconds", "reason_seconds", "cached"})
"""Columns by which our answers files are known, whose cells `restored` reads."""

_FORMULA = re.compile(r"'*\s*[=+\-@＝＋－＠]|'*[\t\r\n]")
_NUMBER = re.compile(
    r" *[+-](\d+(,\d{3})*(\.\d*)?|\.\d+)(e[+-]?\d+)?( ?([^\W\d_]{1,9}|[%°]\w?))?\s*", re.IGNORECASE
)


def defused(cell: str) -> str:
    """The cell as it is written.

    >>> defused("=1+1"), defused("-5 dB"), defused("a=b")
    ("'=1+1", '-5 dB', 'a=b')
    """
    return f"'{cell}" if _FORMULA.match(cell) and not _NUMBER.fullmatch(cell) else cell


def restored(cell: str) -> str:
    """The cell that `defused` was given.

    >>> restored("'=1+1"), restored("'a'")
    ('=1+1', "'a'")
    """
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell


def are_answers(columns: Collection[str]) -> bool:
    """Whether these are columns of an answers file of ours, whose cells are defused."""
    return ANSWERS_COLUMNS.issubset(columns)
