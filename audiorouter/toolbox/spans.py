"""Time spans that a question names, such as "in the first 3 seconds" or "between 2 and 5 s"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from audiorouter.toolbox.times import NUMBER, TIME, number_of, seconds_of


class Span(NamedTuple):
    """A stretch of a clip in s; None where it is open, a negative start counts from the end."""

    start: float | None = None
    end: float | None = None


_CLIP = (
    r"(?:clip|audio|recording|file|sound|extract|excerpt|track|sample|snippet|segment|song|piece"
    r"|music|performance|passage|video)\b(?!['’]s)"
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
_SIDE = r"\s+(?:about\s+|around\s+|exactly\s+)?(?:the\s+)?"
_NO_RANGE = r"(?!.{0,20}\b(?:to|until|till)\b|\s*[-–—−~→])"
_AFTER = re.compile(
    rf"\b(?:after{_SIDE}(?:first\s+)?({TIME})|from{_SIDE}({TIME}){_NO_RANGE}){_MARK}{_ELSEWHERE}{_OF_ANOTHER}",
    re.A | re.I,
)
_BEFORE = re.compile(
    rf"\b(?:before|until|till|prior to){_SIDE}({TIME}){_MARK}{_ELSEWHERE}{_OF_ANOTHER}", re.A | re.I
)
_NO_PLACE = re.compile(
    r"\b(?:how long|how many (?:seconds|minutes)|duration|lengths?|lasts|lasting|(?<!the )last"
    r"|takes?|delays?|pauses?|gaps?|intervals?|periods?|rt60|reverb\w*|spaced|at (?:least|most)"
    r"|when|starts?|begins?|onset|stops?|ends?|finish\w*|(?:after|before) (?:the|an?|that|this)"
    r"|except|outside|besides|apart from|ignoring|disregarding|excluding|other than)\b"
    r"|\b(?:not|but)\s*$",
    re.A | re.I,
)
"""Where one of these stands before it, a time is a length, that of another sound or of the answer,
or one that is left out."""
_ANOTHER_TIME = re.compile(
    r"\b(?:again|next|then|follows?|followed|respon\w+|repl(?:y|ies|ied)|reacts?|returns?"
    r"|given that)\b",
    re.A | re.I,
)
"""Words of a question that asks for what comes at another time than the one it names."""
_TOLD = re.compile(r"[.!]\s+\S|[,;:]\s+(?:and\s+)?(?:wh\w+|how)\b", re.I)
"""After the time: what is asked comes in a sentence of its own."""
_HEAR = re.compile(r"\s*(?:please\s+)?(?:listen|consider|focus|take|look|hear|attend)\b", re.I)
"""Unless the first one says where to listen."""
_COMPARES = re.compile(
    r"\b(?:than|differ\w*|compar\w*|chang\w*|versus|vs|same|similar|alike|contrast\w*|against)\b",
    re.A | re.I,
)
_LETTERED = re.compile(r"\([A-D]\)")
"""What the choices are called that stand in the question itself."""
_OR = re.compile(r"\s+or\b", re.I)


@lru_cache(maxsize=256)
def span_in(question: str) -> Span:
    """The one span that a question is about.

    It is open where none is named, where several are or one is compared with something, and where
    the time may be a length or that of another sound: a tool that hears all is not misled.

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
    if any(other.search(question) for other in (_COMPARES, _LETTERED, _ANOTHER_TIME)):
        return Span()
    if parts_in(question) is not None:
        return Span()
    spans = [*_ranges(question), *_FIRST.finditer(question), *_LAST.finditer(question)]
    after, before = [*_AFTER.finditer(question)], [*_BEFORE.finditer(question)]
    found = spans or [*after, *before]
    if max(len(spans), len(after), len(before)) > 1 or not all(map(_is_place, found)):
        return Span()
    if spans:
        start, end = _bounds(spans[0])
    else:
        start = seconds_of(after[0][1] or after[0][2]) if after else None
        end = seconds_of(before[0][1]) if before else None
    if start is not None and end is not None and start >= end:
        return Span()
    return Span(start or None, end or None)


def _is_place(match: re.Match[str]) -> bool:
    """Whether it is asked what sounds then: not a length, what was told, or one of two times."""
    text = match.string
    if _is_no_place(match) or _OR.match(text, match.end()) is not None:
        return False
    told = _TOLD.search(text, match.end())
    return told is None or (told[0][0] in ",;:" and not match.start()) or bool(_HEAR.match(text))


def _is_no_place(match: re.Match[str]) -> bool:
    return _NO_PLACE.search(match.string, 0, match.start()) is not None


def _ranges(question: str) -> Iterator[re.Match[str]]:
    """The ranges that are named; "at 3 s and 5 s" are two moments."""
    for match in _RANGE.finditer(question):
        if " and " not in match[0].lower() or match[0].lower().startswith("between"):
            yield match


def _bounds(match: re.Match[str]) -> tuple[float | None, float | None]:
    """Start and end of a match of `_RANGE`, `_FIRST` or `_LAST`."""
    if match.re is _FIRST:
        return None, _length(match[1])
    if match.re is _LAST:
        return -_length(match[1]), None
    return _range(match)


def _range(match: re.Match[str]) -> tuple[float, float]:
    """Both times of a match of `_RANGE`; a number without a unit has that of the other time."""
    end = seconds_of(match[2])
    if re.fullmatch(NUMBER, match[1], re.A | re.I) is None:
        return seconds_of(match[1]), end
    minutes = re.search("min", match[2], re.I) is not None
    return number_of(match[1]) * (60 if minutes else 1), end


def _length(text: str) -> float:
    """The seconds of a time, or of "second" and "minute" without a number."""
    if re.fullmatch(TIME, text, re.A | re.I) is None:
        return 60.0 if text.lower() == "minute" else 1.0
    return seconds_of(text)


class Parts(NamedTuple):
    """Two stretches that are compared, in s; a negative start counts from the end."""

    first: Span
    second: Span


_FIRST_AND = re.compile(
    rf"\bfirst\s+({TIME}).{{0,200}}\b(?:last\s+({TIME})|(rest|remaind\w+|remaining)\b"
    rf"|(next|following)\b(?:\s+({TIME}))?)",
    re.A | re.I,
)
_THAN = r".{0,200}\b(?:than|and|or|from|versus|compared (?:with|to))\s+(?:it (?:is|was)\s+)?"
_END = r"\b(?=\s*(?:[^\w\s]|$|it\b))"
_BOTH_SIDES = re.compile(
    rf"\b(?:before (?:and|or|than) after|after (?:and|or|than) before){_SIDE}{TIME}"
    rf"|\bafter{_SIDE}{TIME}{_THAN}before{_END}|\bbefore{_SIDE}{TIME}{_THAN}after{_END}"
    rf"|\b(?:chang|differ)\w*\b.{{0,200}}\b(?:at|after|before){_SIDE}{TIME}{_OF_ANOTHER}",
    re.A | re.I,
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
    question = " ".join(question.split())
    if _LETTERED.search(question):
        return None
    between = [_range(match) for match in _ranges(question) if not _is_no_place(match)]
    if len(between) == 2 and all(start < end for start, end in between):
        return Parts(*(Span(start, end) for start, end in between))
    if _COMPARES.search(question) and (match := _FIRST_AND.search(question)) is not None:
        length = seconds_of(match[1])
        if match[2]:
            return Parts(Span(0.0, length), Span(-seconds_of(match[2]), None))
        after = (seconds_of(match[5]) if match[5] else length) if match[4] else None
        return Parts(Span(0.0, length), Span(length, None if after is None else length + after))
    times = {seconds_of(time[0]) for time in re.finditer(TIME, question, re.A | re.I)}
    if len(times) == 1 and _BOTH_SIDES.search(question) is not None:
        (time,) = times
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
    first = min(from_beginning(first, duration), duration)
    last = min(float(end), duration) if isinstance(end, int | float) else duration
    return first, max(first, last)


def from_beginning(start: float, duration: float) -> float:
    """A start in s, of which a negative one counts from the end of `duration` s.

    >>> from_beginning(-3.0, 10.0), from_beginning(-3.0, 2.0), from_beginning(3.0, 2.0)
    (7.0, 0.0, 3.0)
    """
    return max(0.0, duration + start) if start < 0 else start


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
    """The moment in s that a question names; of several the first.

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
