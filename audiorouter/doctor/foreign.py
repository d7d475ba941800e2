"""Asking plugins' parts what they still need; whatever they do about it harms nobody."""

from __future__ import annotations

from typing import Protocol

from audiorouter.border import describe
from audiorouter.border.threads import OverdueError, apart

SECONDS = 10.0
"""In which a part of a plugin has to say what it needs."""


class Needy(Protocol):
    """A tool or a provider."""

    def missing(self) -> str | None:
        """What has to be installed before it can be used, or None."""


def missing_of(part: Needy) -> str | None:
    """What a tool or a provider says that it needs; also where it says so by failing."""
    if type(part).__module__.partition(".")[0] == "audiorouter":
        return part.missing()
    result = apart(part.missing, seconds=SECONDS)
    if isinstance(result.error, OverdueError):
        return f"it did not say within {SECONDS:g} s what it needs"
    if result.error is not None:
        return f"asking what it needs failed: {describe(result.error)}"
    return None if result.value is None else str(result.value)
