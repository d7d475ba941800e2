"""Times as questions say them: "3.5 s", "three seconds", "1 minute 20 seconds", "0:05"."""

from __future__ import annotations

import re

from audiorouter.text import spelled

_WORDS = {spelled(number): number for number in range(1, 100)}
_SPELLED = "|".join(sorted((word.replace("-", "[- ]") for word in _WORDS), key=len, reverse=True))
_ONES = "|".join(spelled(number) for number in range(1, 10))
NUMBER = rf"(?:(?<![\d.:])\d+(?:\.\d+)?|\b(?:{_SPELLED})\b(?!-(?:{_ONES})\b))"
"""Pattern of a number in digits or in words."""
_SECONDS = r"(?:s|secs?|seconds?)\b"
_MINUTES = r"(?:mins?|minutes?)\b"
# "4:30" and "06:30" may be times of day; recordings are counted with a zero in front.
_CLOCK = r"(?<![\d:.])(?:\d{1,2}:)?0[0-4]?:[0-5]\d(?:\.\d+)?(?![\d:]|\s*[ap]\.?m\b)"
# "1 minute 20" and "a minute and a half" are more than their minutes.
_NO_MORE = rf"(?!,?\s*(?:and\s+(?:a|half)\b|(?:and\s+)?{NUMBER})|\s+(?:to|past)\s)"
TIME = (
    rf"(?:{_CLOCK}|{NUMBER}[- ]?{_MINUTES}(?:,?\s*(?:and\s+)?{NUMBER}[- ]?{_SECONDS}|{_NO_MORE})"
    rf"|{NUMBER}[- ]?{_SECONDS})"
)
"""Pattern of a time with its unit, or as on a player's clock; without groups, for `re.A`."""

_PARTS = re.compile(
    rf"(?:({NUMBER})[- ]?{_MINUTES}(?:,?\s*and\s+|,?\s*))?(?:({NUMBER})[- ]?{_SECONDS})?",
    re.A | re.I,
)


def seconds_of(time: str) -> float:
    """The seconds of a time that `TIME` matches.

    >>> seconds_of("3.5 s"), seconds_of("twenty-one seconds"), seconds_of("0:05")
    (3.5, 21.0, 5.0)
    >>> seconds_of("1 minute and 20 seconds"), seconds_of("1:00:02.5")
    (80.0, 3602.5)
    """
    if ":" in time:
        total = 0.0
        for part in time.split(":"):
            total = 60 * total + float(part)
        return total
    match = _PARTS.fullmatch(time)
    if match is None:
        raise ValueError(f"{time!r} is no time")
    return 60 * number_of(match[1] or "0") + number_of(match[2] or "0")


def number_of(text: str) -> float:
    """The number that `NUMBER` matches.

    >>> number_of("2.5"), number_of("Twenty one")
    (2.5, 21.0)
    """
    word = text.lower().replace(" ", "-")
    return float(_WORDS[word]) if word in _WORDS else float(text)
