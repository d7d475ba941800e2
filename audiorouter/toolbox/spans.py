"""Time spans that a question names, such as "in the first 3 seconds" or "between 2 and 5 s"."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

_NUMBER = r"(\d+(?:\.\d+)?)"
_UNIT = r"\s*(?:s|secs?|seconds?)\b"


class Span(NamedTuple):
    """A stretch of a clip in s; None where it is open."""

    start: float | None = None
    end: float | None = None


_BETWEEN = re.compile(
    rf"\b(?:between|from)\s+{_NUMBER}(?:{_UNIT})?\s*(?:and|to|until|-|–)\s*{_NUMBER}{_UNIT}", re.I
)
_FIRST = re.compile(rf"\b(?:in|during|within) the first\s+{_NUMBER}{_UNIT}", re.I)
_AFTER = re.compile(rf"\b(?:after|from)\s+{_NUMBER}{_UNIT}", re.I)
_BEFORE = re.compile(rf"\b(?:before|until)\s+{_NUMBER}{_UNIT}", re.I)


def span_in(question: str) -> Span:
    """The span that a question names; an open one where it names none.

    >>> span_in("What is said between 2 and 4.5 seconds?")
    Span(start=2.0, end=4.5)
    >>> span_in("Which note is played in the first 3 s?")
    Span(start=None, end=3.0)
    >>> span_in("How long does it last?")
    Span(start=None, end=None)
    """
    if (match := _BETWEEN.search(question)) is not None:
        start, end = float(match[1]), float(match[2])
        return Span(start or None, end) if start < end else Span()
    if (match := _FIRST.search(question)) is not None:
        return Span(None, float(match[1]) or None)
    after, before = _AFTER.search(question), _BEFORE.search(question)
    start_s = float(after[1]) if after else None
    end_s = float(before[1]) if before else None
    if start_s is not None and end_s is not None and start_s >= end_s:
        return Span()
    return Span(start_s or None, end_s or None)


def stretch_of(arguments: Mapping[str, Any], duration: float) -> tuple[float, float]:
    """Start and end in s of what a call with these arguments hears of a clip of `duration` s.

    >>> stretch_of({"start": 2.0}, 10.0), stretch_of({"end": 60.0}, 10.0), stretch_of({}, 10.0)
    ((2.0, 10.0), (0.0, 10.0), (0.0, 10.0))
    """
    start, end = arguments.get("start"), arguments.get("end")
    first = min(float(start), duration) if isinstance(start, int | float) else 0.0
    last = min(float(end), duration) if isinstance(end, int | float) else duration
    return first, max(first, last)


_MOMENT = re.compile(
    rf"\bat\s+(?:about\s+|around\s+)?(?:(?:the\s+)?(?:time|mark|second)s?\s+)?{_NUMBER}"
    r"(?:\s*(?:s|secs?|seconds?)\b|-second\b)",
    re.I,
)


def moment_in(question: str) -> float | None:
    """The moment in s that a question names.

    >>> moment_in("Which chord sounds at 3.5 s?"), moment_in("What is the first chord?")
    (3.5, None)
    """
    match = _MOMENT.search(question)
    return None if match is None else float(match[1])
