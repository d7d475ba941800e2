"""Time spans that a question names, such as "in the first 3 seconds" or "between 2 and 5 s"."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from audiorouter.toolbox.times import NUMBER, TIME, number_of, seconds_of


class Span(NamedTuple):
    """A stretch of a clip in s; None where it is open, a negative start counts from the end."""

    start: float | None = None
    end: float | None = None


# What is counted from another sound, or how long it lasts, is nowhere in particular.
_OF_NOTHING = r"(?!\s+of\s+(?:the\s+|this\s+)?(?:\w+\s+)?(?:silence|quiet|pause|nothing)\b)"
"""Not followed by what a time is filled with: "after 3 seconds of silence" may be anywhere."""
_ELSEWHERE = (
    r"(?!\s+(?:after|before|following|that follow|later|apart|long|between|from the end)\b)"
)
"""Not followed by what it is counted from: "the first 3 seconds after the bell"."""
_LEAD = r"(?:in|during|within|over|throughout)\s+(?:the|its)(?:\s+(?:very|whole|entire))?"
_MARK = r"(?:[- ]mark\b)?"
_LENGTH = "".join(
    rf"(?<!\b{word} )" for word in ("duration", "length", "last", "lasts", "lasting", "takes")
)
"""Not preceded by what says that a length follows: "lasts between 2 and 3 seconds"."""
_RANGE = re.compile(
    rf"{_LENGTH}(?:\b(?:between|from|during|within|in|at|over)\s+(?:the\s+)?|[(\[])({TIME}|{NUMBER}){_MARK}"
    rf"\s*(?:and|to|until|till|through|-|–|—)\s*(?:the\s+)?({TIME}){_MARK}"
    r"(?!\s+(?:after|before|later|apart|long|each)\b)",
    re.I,
)
_FIRST = re.compile(
    rf"\b{_LEAD}\s+(?:first|opening|initial)\s+({TIME}|seconds?\b|minute\b){_ELSEWHERE}{_OF_NOTHING}",
    re.I,
)
_LAST = re.compile(
    rf"\b{_LEAD}\s+(?:last|final|closing)\s+({TIME}|second\b|minute\b){_ELSEWHERE}{_OF_NOTHING}",
    re.I,
)
_SIDE = r"\s+(?:about\s+|around\s+|exactly\s+)?(?:the\s+)?(?:first\s+)?"
_AFTER = re.compile(rf"\b(?:after|from){_SIDE}({TIME}){_MARK}{_ELSEWHERE}{_OF_NOTHING}", re.I)
_BEFORE = re.compile(rf"\b(?:before|until|till|prior to){_SIDE}({TIME}){_MARK}{_OF_NOTHING}", re.I)


def span_in(question: str) -> Span:
    """The span that a question names; an open one where it names none, or two that it compares.

    >>> span_in("What is said between 2 and 4.5 seconds?")
    Span(start=2.0, end=4.5)
    >>> span_in("Which note is played in the first three seconds?")
    Span(start=None, end=3.0)
    >>> span_in("Who speaks from 0:05 to 0:12?"), span_in("Who speaks in the last 5 s?")
    (Span(start=5.0, end=12.0), Span(start=-5.0, end=None))
    >>> span_in("How long does it last?"), span_in("Is it louder before or after 5 s?")
    (Span(start=None, end=None), Span(start=None, end=None))
    >>> span_in("Which sound follows after 3 seconds of silence?")
    Span(start=None, end=None)
    >>> span_in("Which sound follows after 3 seconds of music?")
    Span(start=3.0, end=None)
    """
    named = {m[0].casefold() for span in (_RANGE, _FIRST, _LAST) for m in span.finditer(question)}
    if len(named) > 1 or parts_in(question) is not None:
        return Span()
    if (match := _RANGE.search(question)) is not None:
        start, end = _range(match)
        return Span(start or None, end) if start < end else Span()
    if (match := _FIRST.search(question)) is not None:
        return Span(None, _length(match[1]) or None)
    if (match := _LAST.search(question)) is not None:
        return Span(-_length(match[1]) or None, None)
    after, before = _AFTER.search(question), _BEFORE.search(question)
    start_s = seconds_of(after[1]) if after else None
    end_s = seconds_of(before[1]) if before else None
    if start_s is not None and end_s is not None and start_s >= end_s:
        return Span()
    return Span(start_s or None, end_s or None)


def _range(match: re.Match[str]) -> tuple[float, float]:
    """Both times of a match of `_RANGE`; a number without a unit has that of the other time."""
    end = seconds_of(match[2])
    if re.fullmatch(NUMBER, match[1], re.I) is None:
        return seconds_of(match[1]), end
    minutes = re.search("min", match[2], re.I) is not None
    return number_of(match[1]) * (60 if minutes else 1), end


def _length(text: str) -> float:
    """The seconds of a time, or of "second" and "minute" without a number."""
    if re.fullmatch(TIME, text, re.I) is None:
        return 60.0 if text.lower() == "minute" else 1.0
    return seconds_of(text)


class Parts(NamedTuple):
    """Two stretches that are compared, in s; a negative start counts from the end."""

    first: Span
    second: Span


_FIRST_AND = re.compile(
    rf"\bfirst\s+({TIME}).{{0,200}}\b(?:last\s+({TIME})|(rest|remain\w*)|(next|following))",
    re.I | re.S,
)
_BOTH_SIDES = re.compile(
    rf"\b(?:before and after|after and before|before or after){_SIDE}({TIME})"
    rf"|\bafter{_SIDE}({TIME}).{{0,200}}\bbefore\b|\bbefore{_SIDE}({TIME}).{{0,200}}\bafter\b"
    rf"|\b(?:chang|differ|happen)\w*\b.{{0,200}}\bat\s+(?:about\s+|around\s+)?(?:the\s+)?({TIME})",
    re.I | re.S,
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
    between = [_range(match) for match in _RANGE.finditer(question)]
    if len(between) == 2 and all(start < end for start, end in between):
        return Parts(*(Span(start, end) for start, end in between))
    if (match := _FIRST_AND.search(question)) is not None:
        length = seconds_of(match[1])
        if match[2]:
            return Parts(Span(0.0, length), Span(-seconds_of(match[2]), None))
        return Parts(Span(0.0, length), Span(length, 2 * length if match[4] else None))
    if (match := _BOTH_SIDES.search(question)) is not None:
        time = seconds_of(next(group for group in match.groups() if group))
        return Parts(Span(0.0, time), Span(time, None)) if time else None
    return None


def stretch_of(arguments: Mapping[str, Any], duration: float) -> tuple[float, float]:
    """Start and end in s of what a call with these arguments hears of a clip of `duration` s.

    >>> stretch_of({"start": 2.0}, 10.0), stretch_of({"end": 60.0}, 10.0), stretch_of({}, 10.0)
    ((2.0, 10.0), (0.0, 10.0), (0.0, 10.0))
    >>> stretch_of({"start": -3.0}, 10.0), stretch_of({"start": -3.0}, 2.0)
    ((7.0, 10.0), (0.0, 2.0))
    """
    start, end = arguments.get("start"), arguments.get("end")
    first = float(start) if isinstance(start, int | float) else 0.0
    first = max(0.0, duration + first) if first < 0 else min(first, duration)
    last = min(float(end), duration) if isinstance(end, int | float) else duration
    return first, max(first, last)


_MOMENT = re.compile(
    r"(?:(?:\bat\b|@|\btimestamp\b)\s*(?:(?:about|around|exactly)\s+)?(?:t\s*=\s*)?"
    rf"(?:the\s+)?(?:(?:time|mark)\s+)?|\bt\s*=\s*)({TIME})"
    r"(?!\s+(?:intervals?|before|after|later|apart|each|of|long|per|from the end)\b)"
    r"|(?:\bat\b|@)\s*(?:(?:about|around|exactly)\s+)?(?:the\s+)?(?:time\s+|mark\s+)?"
    rf"seconds?\s+({NUMBER})"
    rf"|({TIME})(?:[- ]mark\b|\s+(?:into\b|in(?=\s*(?:[^\w\s]|$|and\b))"
    r"|from the (?:start|beginning)\b))",
    re.I,
)
_AROUND = 0.5
"""Seconds before and after a moment in which it is listened to what sounds then."""


def moment_in(question: str) -> float | None:
    """The moment in s that a question names, the first of several.

    >>> moment_in("Which chord sounds at 3.5 s?"), moment_in("What is the first chord?")
    (3.5, None)
    >>> moment_in("Who speaks 4 seconds in?"), moment_in("How many are 4 seconds in length?")
    (4.0, None)
    >>> moment_in("Who speaks at 1:05?"), moment_in("Who speaks at 01:05?")
    (None, 65.0)
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
    for span in (_RANGE, _FIRST, _LAST, _AFTER, _BEFORE):
        question = span.sub(" ", question)
    return [
        number_of(match[2]) if match[2] else seconds_of(match[1] or match[3])
        for match in _MOMENT.finditer(question)
    ]
