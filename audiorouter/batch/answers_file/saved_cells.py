"""Cells of an answers file as values: of JSON and parquet, or as CSV has them.

What is not as `answer_files` writes it raises `ValueError`, which quotes it.
"""

from __future__ import annotations

import contextlib
import json
import math
import re
from collections.abc import Mapping
from typing import Any

from audiorouter.batch.past.past_rows import labels
from audiorouter.text import encodable

_DECIMAL_COMMA = re.compile(r"([+-]?\d+),(\d+(?:[eE][+-]?\d+)?)")
"""A number as spreadsheets of many countries save it."""
_LONGEST_QUOTE = 100
"""Characters of a cell in what is said of it."""
_LARGEST = 1e15
"""Number that a cell may hold: sums of fewer stay finite."""
_TRUTH = {"true": True, "false": False, "": None}
"""How CSV, and spreadsheets that saved it again, write whether an answer is right."""


def text(cell: Any) -> str:
    """A text; none is empty."""
    return "" if cell is None else encodable(str(cell)).strip()


def text_or_none(cell: Any) -> str | None:
    """A text, if there is any."""
    return text(cell) or None


def as_it_stands(cell: Any) -> str | None:
    """A text with the spaces around it, if there is any."""
    return encodable(cell) or None if isinstance(cell, str) else text_or_none(cell)


def texts(cell: Any) -> list[str]:
    """A text, or a list of them, which in CSV stands as JSON."""
    if cell in (None, ""):
        return []
    if isinstance(cell, str) and cell.startswith("["):
        with contextlib.suppress(ValueError):
            cell = json.loads(cell)
    return list(map(text, cell)) if isinstance(cell, list) else [text(cell)]


def number(cell: Any, column: str = "") -> float | None:
    """A number, also with a decimal comma."""
    written = _with_point(text(cell)) if isinstance(cell, str) else cell
    if written in (None, "", "null"):
        return None
    try:
        value = math.nan if isinstance(written, bool) else float(written)
    except OverflowError:
        value = math.inf
    except (ValueError, TypeError):
        value = math.nan
    if not abs(value) <= _LARGEST:
        why = "no number" if math.isnan(value) else "too large"
        raise ValueError(f"{_named(column)}{_quoted(cell)} is {why}")
    return value


def whole_number(cell: Any) -> int | None:
    """A whole number; tables make floats of a column in which some are missing."""
    value = number(cell)
    if value is not None and not value.is_integer():
        raise ValueError(f"{_quoted(cell)} is no whole number")
    return None if value is None else int(value)


def share(cell: Any) -> float | None:
    """A number from 0 to 1."""
    value = number(cell)
    if value is not None and not 0 <= value <= 1:
        raise ValueError(f"{_quoted(cell)} is not from 0 to 1")
    return value


def index(cell: Any, count: int) -> int | None:
    """The place of one of `count` choices."""
    value = whole_number(cell)
    if value is not None and not 0 <= value < count:
        raise ValueError(f"{_quoted(cell)} is the place of none of {count} choices")
    return value


def truth(cell: Any, column: str = "") -> bool | None:
    """True, false, or nothing."""
    if cell is None or isinstance(cell, bool):
        return cell
    folded = str(cell).strip().casefold()
    if folded not in _TRUTH:
        raise ValueError(f"{_named(column)}{_quoted(cell)} is neither true nor false")
    return _TRUTH[folded]


def calls(cell: Any) -> tuple[str, ...]:
    """The calls of a route in words; a data frame has them so already."""
    try:
        value = _json(cell)
    except ValueError as error:
        raise ValueError(f"route: {error}") from None
    route = [] if value is None else value
    if isinstance(route, list) and route and all(isinstance(call, str) for call in route):
        return tuple(map(text, route))
    if not isinstance(route, list) or not all(map(_is_call, route)):
        raise ValueError(
            f"route: {_quoted(cell)} is no list of calls, "
            '{"tool": "tempo", "arguments": {}} each'
        )
    return labels(route)


def probabilities(cell: Any, count: int) -> list[float] | None:
    """One number from 0 to 1 for each of `count` choices."""
    value = _json(cell)
    if value is None:
        return None
    shares = [share(number) for number in value] if isinstance(value, list) else []
    if len(shares) != count or None in shares:
        raise ValueError(f"{_quoted(cell)} is no list of {count} probabilities")
    return [number for number in shares if number is not None]


def findings(cell: Any) -> list[dict[str, Any]] | None:
    """What each call found, see `Row.extra_fields`."""
    value = _json(cell)
    if value is None:
        return None
    if not isinstance(value, list) or not all(
        isinstance(finding, Mapping) and isinstance(finding.get("call"), str) for finding in value
    ):
        raise ValueError(f'{_quoted(cell)} is no list of findings, {{"call": …, "text": …}} each')
    return [
        {
            "call": text(finding["call"]),
            "text": text_or_none(finding.get("text")),
            "confidence": share(finding.get("confidence")),
            "error": text_or_none(finding.get("error")),
        }
        for finding in value
    ]


def _json(cell: Any) -> Any:
    """The value of a cell, which in CSV stands as JSON."""
    if not isinstance(cell, str):
        return cell
    try:
        return json.loads(cell.strip() or "null")
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{_quoted(cell)} is no JSON ({error})") from None


def _is_call(value: Any) -> bool:
    return (
        isinstance(value, Mapping)
        and isinstance(value.get("tool"), str)
        and isinstance(value.get("arguments"), Mapping)
    )


def _with_point(written: str) -> str:
    match = _DECIMAL_COMMA.fullmatch(written)
    return written if match is None else ".".join(match.groups())


def _named(column: str) -> str:
    return f"{column}: " if column else ""


def _quoted(cell: Any) -> str:
    shown = repr(cell)
    return shown if len(shown) <= _LONGEST_QUOTE else f"{shown[:_LONGEST_QUOTE]} …"
