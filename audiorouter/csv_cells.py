"""Cells of CSV that a spreadsheet would run as formulas, written such that it shows them as text.

Excel, LibreOffice and Google Sheets take a cell for a formula that begins with =, +, - or @, and
a formula can send the sheet elsewhere (CWE-1236). An apostrophe before it is their sign for text.
Signed numbers, also with a unit, are no formulas and stay as they are.

Programs that know nothing of apostrophes may have the cells as they are (`batch --verbatim`); such
a file says so by a column more, since nobody could tell it from the other kind by its cells.
"""

from __future__ import annotations

import re
from collections.abc import Collection

ANSWERS_COLUMNS = frozenset({"prediction_index", "tool_seconds", "reason_seconds", "cached"})
"""Columns by which our answers files are known."""

VERBATIM_COLUMN = "verbatim_cells"
"""Column of an answers file whose cells are as they are."""

_UNSEEN = (
    r"\s\x00-\x1f\x7f-\xa0\xad\u034f\u115f\u1160\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    r"\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e0fff"
)
"""Characters that show as nothing; a spreadsheet may drop them."""
_FORMULA = re.compile(rf"'*[{_UNSEEN}]*[=+\-@＝＋－＠]|'*[\t\r\n]")
_OTHER_DELIMITERS = re.compile("[;\t\r]")
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


def needs_quotes(cell: str) -> bool:
    """Whether a cell that is not quoted ends where a reader has other delimiters than commas.

    LibreOffice takes semicolons and tabs as well; what follows one would be a cell that is not
    defused. A carriage return ends a line.

    >>> needs_quotes("a;=1+1"), needs_quotes("a, b")
    (True, False)
    """
    return _OTHER_DELIMITERS.search(cell) is not None


def are_answers(columns: Collection[str]) -> bool:
    """Whether these are columns of an answers file of ours."""
    return ANSWERS_COLUMNS.issubset(columns)


def are_defused(columns: Collection[str]) -> bool:
    """Whether these are columns of a CSV file whose cells `restored` reads."""
    return are_answers(columns) and VERBATIM_COLUMN not in columns
