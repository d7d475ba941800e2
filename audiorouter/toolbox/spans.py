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
_NO_LENGTH = r"(?!\s+of\s+(?:the\s+|this\s+)?(?:\w+\s+)?(?:silence|quiet|pause|nothing)\b)"
"""Not followed by what a time is filled with: "after 3 seconds of silence" may be anywhere."""
_AFTER = re.compile(rf"\b(?:after|from)\s+{_NUMBER}{_UNIT}{_NO_LENGTH}", re.I)
_BEFORE = re.compile(rf"\b(?:before|until)\s+{_NUMBER}{_UNIT}{_NO_LENGTH}", re.I)


def span_in(question: str) -> Span:
    """The span that a question names; an open one where it names none.

    >>> span_in("What is said between 2 and 4.5 seconds?")
    Span(start=2.0, end=4.5)
    >>> span_in("Which note is played in the first 3 s?")
    Span(start=None, end=3.0)
    >>> span_in("How long does it last?")
    Span(start=None, end=None)
    >>> span_in("Which sound follows after 3 seconds of silence?")
    Span(start=None, end=None)
    >>> span_in("Which sound follows after 3 seconds of music?")
    Span(start=3.0, end=None)
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


class Parts(NamedTuple):
    """Two stretches that are compared, in s; a negative start counts from the end."""

    first: Span
    second: Span


_FIRST_AND = re.compile(
    rf"\bfirst\s+{_NUMBER}{_UNIT}.*\b(?:(last)\s+{_NUMBER}{_UNIT}|(rest|remain\w*)|(next|following))",
    re.I,
)
_BOTH_SIDES = re.compile(
    rf"\b(?:before and after|after and before|before or after)\s+{_NUMBER}{_UNIT}"
    rf"|\bafter\s+{_NUMBER}{_UNIT}.*\bbefore\b|\bbefore\s+{_NUMBER}{_UNIT}.*\bafter\b"
    rf"|\b(?:chang|differ|happen)\w*\b.*\bat\s+(?:about\s+)?{_NUMBER}{_UNIT}",
    re.I,
)


def parts_in(question: str) -> Parts | None:
    """The two stretches that a question compares; None where it names none by their times.

    >>> parts_in("What changes after 5 s, compared with before?").first.end
    5.0
    >>> parts_in("Is it louder between 0 and 2 s or between 6 and 8 s?").second
    Span(start=6.0, end=8.0)
    >>> parts_in("How do the first 3 seconds differ from the last 2 seconds?").second
    Span(start=-2.0, end=None)
    """
    between = [(float(m[1]), float(m[2])) for m in _BETWEEN.finditer(question)]
    if len(between) == 2 and all(start < end for start, end in between):
        return Parts(*(Span(start, end) for start, end in between))
    if (match := _FIRST_AND.search(question)) is not None:
        length = float(match[1])
        if match[2]:
            return Parts(Span(0.0, length), Span(-float(match[3]), None))
        return Parts(Span(0.0, length), Span(length, 2 * length if match[5] else None))
    if (match := _BOTH_SIDES.search(question)) is not None:
        time = float(next(group for group in match.groups() if group))
        return Parts(Span(0.0, time), Span(time, None)) if time else None
    return None


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
    r"(?:\bat\b|@)\s*(?:(?:about|around|exactly)\s+)?"
    rf"(?:(?:the\s+)?(?:time|mark|second)s?\s+)?{_NUMBER}"
    r"(?:\s*(?:s|secs?|seconds?)\b|-second\b)"
    r"(?!\s+(?:intervals?|before|after|of|long|per|from the end)\b)"
    rf"|(?<![\d:.]){_NUMBER}{_UNIT}"
    r"\s+(?:into\b|in(?=\s*(?:[^\w\s]|$|and\b))|from the (?:start|beginning)\b)",
    re.I,
)
_MINUTES = re.compile(r"\d\s*(?:min(?:ute)?s?)\b", re.I)
_AROUND = 0.5
"""Seconds before and after a moment in which it is listened to what sounds then."""


def moment_in(question: str) -> float | None:
    """The moment in s that a question names, the first of several; None where it counts minutes.

    >>> moment_in("Which chord sounds at 3.5 s?"), moment_in("What is the first chord?")
    (3.5, None)
    >>> moment_in("Who speaks 4 seconds in?"), moment_in("How many are 4 seconds in length?")
    (4.0, None)
    """
    moments = _moments(question)
    return moments[0] if moments else None


def around_moment(question: str) -> dict[str, float]:
    """The span, as arguments, in which to listen to what sounds at the one moment that is named.

    >>> around_moment("What is heard at 0.2 s?"), around_moment("At 2 s as at 8 s?")
    ({'end': 0.7}, {})
    """
    moments = _moments(question)
    if len(set(moments)) != 1:
        return {}
    start, end = max(0.0, moments[0] - _AROUND), moments[0] + _AROUND
    return {name: round(time, 3) for name, time in (("start", start), ("end", end)) if time}


def _moments(question: str) -> list[float]:
    if _MINUTES.search(question):
        return []
    return [float(match[1] or match[2]) for match in _MOMENT.finditer(question)]
