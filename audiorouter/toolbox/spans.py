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


_CLIP = (
    r"(?:clip|audio|recording|file|sound|extract|excerpt|track|sample|snippet|segment|song|piece"
    r"|music|performance|passage|video)\b"
)
_OF_ANOTHER = (
    rf"(?!\s+of\b(?!\s+(?:(?:the|this|that|your|our|its)\s+)?(?:whole\s+|entire\s+)?{_CLIP}))"
)
"""Not followed by what a time is filled with: "after 3 seconds of silence" may be anywhere."""
_ELSEWHERE = (
    r"(?!\s+(?:after|before|following|that follow|later|apart|long|between|from the end|once|when"
    r"|while|without|pause|silence|gap|break|countdown|delay|intervals?|in (?:duration|length)"
    r"|per)\b)"
)
"""Not followed by what it is counted from, or how long it is: "the first 3 s after the bell"."""
_LEAD = r"(?:in|during|within|over|throughout)\s+(?:the|its)(?:\s+(?:very|whole|entire))?"
_ONE = r"(?:second|minute)\b(?=\s*(?:[^\w\s]|$|of\b|wh\w+|is\b|are\b|do\b|does\b))"
_MARK = r"(?:[- ]mark\b)?"
_RANGE = re.compile(
    rf"(?:\b(?:between|from|during|within|in|at|over)\s+(?:the\s+)?|[(\[])({TIME}|{NUMBER}){_MARK}"
    r"\s*(?:and|to|until|till|through|up to|-|–|—)\s*(?:the\s+)?"
    rf"({TIME}|\d{{1,2}}:[0-5]\d(?![\d:]|\s*[ap]\.?m\b)){_MARK}"
    rf"{_ELSEWHERE}{_OF_ANOTHER}(?!\s+each\b)",
    re.A | re.I,
)
_FIRST = re.compile(
    rf"\b{_LEAD}\s+(?:first|opening|initial)\s+({TIME}|{_ONE}){_ELSEWHERE}{_OF_ANOTHER}",
    re.A | re.I,
)
_LAST = re.compile(
    rf"\b{_LEAD}\s+(?:last|final|closing)\s+({TIME}|{_ONE}){_ELSEWHERE}{_OF_ANOTHER}", re.A | re.I
)
_SIDE = r"\s+(?:about\s+|around\s+|exactly\s+)?(?:the\s+)?(?:first\s+)?"
_NO_RANGE = r"(?!.{0,20}\b(?:to|until|till)\b|\s*[-–—−~→])"
_AFTER = re.compile(
    rf"\b(?:after{_SIDE}({TIME})|from{_SIDE}({TIME}){_NO_RANGE}){_MARK}{_ELSEWHERE}{_OF_ANOTHER}",
    re.A | re.I,
)
_BEFORE = re.compile(
    rf"\b(?:before|until|till|prior to){_SIDE}({TIME}){_MARK}{_ELSEWHERE}{_OF_ANOTHER}", re.A | re.I
)
_NO_PLACE = re.compile(
    r"\b(?:how long|how many (?:seconds|minutes)|duration|lengths?|lasts|lasting|(?<!the )last"
    r"|takes|delays?|pauses?|gaps?|intervals?|periods?|rt60|reverb\w*|except|outside|besides"
    r"|apart from|ignoring|excluding|other than|not (?:in|during)|at (?:least|most))\b",
    re.A | re.I,
)
"""Where one of these stands before it, a time is a length, or what is not to be heard."""
_TOLD = re.compile(r"[.!]\s+\S")
"""After the time: what is asked comes in a sentence of its own."""
_OR = re.compile(r"\s+or\b", re.I)
_HEAR = re.compile(r"\s*(?:please\s+)?(?:listen|consider|focus|take|look|hear|attend)\b", re.I)
"""Unless the first one says where to listen."""


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
    """
    question = " ".join(question.split())
    named = [match for span in (_RANGE, _FIRST, _LAST) for match in span.finditer(question)]
    named = list({match[0].casefold(): match for match in named}.values())
    sides = [match for span in (_AFTER, _BEFORE) if (match := span.search(question)) is not None]
    if len(named) > 1 or not all(_is_place(match) for match in (named or sides)):
        return Span()
    if parts_in(question) is not None:
        return Span()
    if not named:
        return _one_sided(question)
    match = named[0]
    if match.re is _FIRST:
        return Span(None, _length(match[1]) or None)
    if match.re is _LAST:
        return Span(-_length(match[1]) or None, None)
    start, end = _range(match)
    return Span(start or None, end) if start < end else Span()


def _one_sided(question: str) -> Span:
    after, before = _AFTER.search(question), _BEFORE.search(question)
    start = seconds_of(after[1] or after[2]) if after else None
    end = seconds_of(before[1]) if before else None
    if start is not None and end is not None and start >= end:
        return Span()
    return Span(start or None, end or None)


def _is_place(match: re.Match[str]) -> bool:
    """Whether what is asked lies there: not for what is told before the question, or one of two."""
    text = match.string
    if _is_length(match) or _OR.match(text, match.end()) is not None:
        return False
    return _TOLD.search(text, match.end()) is None or _HEAR.match(text) is not None


def _is_length(match: re.Match[str]) -> bool:
    """Whether the time is a length, or one that is left out."""
    return _NO_PLACE.search(match.string, 0, match.start()) is not None


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


_COMPARES = re.compile(
    r"\b(?:than|differ\w*|compar\w*|chang\w*|versus|vs|same|similar|alike|contrast\w*|against)\b",
    re.A | re.I,
)
_FIRST_AND = re.compile(
    rf"\bfirst\s+({TIME}).{{0,200}}\b(?:last\s+({TIME})|(rest|remaind\w+|remaining)\b"
    rf"|(next|following)\b(?:\s+({TIME}))?)",
    re.A | re.I,
)
_THAN = r".{0,200}\b(?:than|and|or|from|versus|compared (?:with|to))\s+(?:it (?:is|was)\s+)?"
_END = r"\b(?=\s*(?:[^\w\s]|$|it\b))"
_BOTH_SIDES = re.compile(
    rf"\b(?:before (?:and|or|than) after|after (?:and|or|than) before){_SIDE}({TIME})"
    rf"|\bafter{_SIDE}({TIME}){_THAN}before{_END}|\bbefore{_SIDE}({TIME}){_THAN}after{_END}"
    rf"|\b(?:chang|differ)\w*\b.{{0,200}}\b(?:at|after|before){_SIDE}({TIME})",
    re.A | re.I,
)
_LETTERED = re.compile(r"\([A-D]\)")


def parts_in(question: str) -> Parts | None:
    """The two stretches that a question compares; None where it names none by their times.

    >>> parts_in("What changes after 5 s, compared with before?").first.end
    5.0
    >>> parts_in("Is it louder between 0 and 2 s or between 6 and 8 s?").second
    Span(start=6.0, end=8.0)
    >>> parts_in("How do the first 3 seconds differ from the last 2 seconds?").second
    Span(start=-2.0, end=None)
    """
    question = " ".join(question.split())
    ranges = [] if _LETTERED.search(question) else [*_RANGE.finditer(question)]
    between = [_range(match) for match in ranges if not _is_length(match)]
    if len(between) == 2 and all(start < end for start, end in between):
        return Parts(*(Span(start, end) for start, end in between))
    if _COMPARES.search(question) and (match := _FIRST_AND.search(question)) is not None:
        length = seconds_of(match[1])
        if match[2]:
            return Parts(Span(0.0, length), Span(-seconds_of(match[2]), None))
        after = (seconds_of(match[5]) if match[5] else length) if match[4] else None
        return Parts(Span(0.0, length), Span(length, None if after is None else length + after))
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
    r"(?!\s+(?:intervals?|before|after|later|apart|each|of|long|per|from the end|segments?|windows?"
    r"|clips?|chunks?|in (?:length|duration))\b)"
    r"|(?:\bat\b|@)\s*(?:(?:about|around|exactly)\s+)?(?:the\s+)?(?:time\s+|mark\s+)?"
    r"seconds?\s+(\d+(?:\.\d+)?)(?!\s*(?:[-–.\d]|to\b|o'clock))"
    rf"|({TIME})(?:[- ]mark\b|\s+(?:into(?=\s*(?:[^\w\s]|$|it\b"
    rf"|(?:the|this|that|your|our)\s+{_CLIP}))"
    r"|in(?=\s*(?:[^\w\s]|$|and\b))|from the (?:start|beginning)\b))",
    re.A | re.I,
)
_ELSE = re.compile(
    r"\b(?:next|again|besides|else|more|same|follow\w*|after\w*|before)\b", re.A | re.I
)
"""Words of a question that asks for something else than what sounds at a moment."""
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
    if len(set(moments)) != 1 or _ELSE.search(question):
        return {}
    start, end = max(0.0, moments[0] - _AROUND), moments[0] + _AROUND
    return {name: round(time, 3) for name, time in (("start", start), ("end", end)) if time}


def _moments(question: str) -> list[float]:
    question = " ".join(question.split())
    for span in (_RANGE, _FIRST, _LAST, _AFTER, _BEFORE):
        question = span.sub(" ", question)
    return [
        number_of(match[2]) if match[2] else seconds_of(match[1] or match[3])
        for match in _MOMENT.finditer(question)
    ]
