"""How long a server asks to wait, by its headers or in its words."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from time import time

LONGEST_PAUSE = 600.0
"""Seconds; a longer Retry-After is not waited for."""
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_DURATION = r"(?:\d+h)?(?:\d+m(?!s))?(?:[\d.]+\s*(?:ms|s)?)?"
_NAMED = re.compile(
    rf"(?:(?:try|retry|wait|reset)\w*(?:\s+\w+){{0,3}}?\s+(?:in|after|for)\s+|retryDelay\W+)"
    rf"(?P<wait>(?=\d){_DURATION})",
    re.IGNORECASE,
)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that a server asks to wait, as number or date; None where it does not say."""
    if (milliseconds := headers.get("retry-after-ms")) is not None:
        return _bounded(milliseconds, 0.001)
    value = headers.get("retry-after")
    if value is None:
        return None
    if (seconds := _bounded(value.strip().removesuffix("s"), 1.0)) is not None:
        return seconds
    try:
        return min(LONGEST_PAUSE, max(0.0, parsedate_to_datetime(value).timestamp() - time()))
    except ValueError:
        return None


def named_wait(words: str) -> float | None:
    """Seconds that a server asks for in its words; None where it does not.

    >>> named_wait("Please try again in 1m2.5s."), named_wait("Please try again later")
    (62.5, None)
    """
    match = _NAMED.search(words)
    if match is None:
        return None
    parts = re.findall(r"(\d+(?:\.\d+)?)\s*(ms|[hms])?", match["wait"])
    seconds = sum(float(number) * _UNITS[unit or "s"] for number, unit in parts)
    return min(LONGEST_PAUSE, seconds)


def _bounded(number: str, unit: float) -> float | None:
    try:
        seconds = float(number) * unit
    except ValueError:
        return None
    return min(LONGEST_PAUSE, seconds) if seconds >= 0 and math.isfinite(seconds) else None
