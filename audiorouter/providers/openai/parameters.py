"""Parameters that a server refuses by name: left out, renamed or kept within its bounds."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_REFUSING = re.compile(
    r"unsupported|not support|support only|only supports|unrecognized|unknown|not permitted"
    r"|not allowed|unexpected|not recognized|extra inputs|extra_forbidden|deprecated|invalid"
    r"|(?:must|should|has to|have to|need to) be|expected|too (?:large|small|high|low|big)"
    r"|at least|at most|only the default|only \S+ is allowed|instead|please use|minimum|maximum"
    r"|max allowed|greater than|less than|exceeds?|not (?:a )?(?:valid|permitted|accepted)"
    r"|out of range|range|cannot|value error|不支持|不能|无效|範囲|范围",
    re.IGNORECASE,
)
_NUMBER = r"[`'\"\s]*(\d+)"
_AT_LEAST = re.compile(
    r"(?:>=|at least|minimum(?: value)?(?: of| is|:)?|greater than or equal to|not be less than)"
    + _NUMBER,
    re.IGNORECASE,
)
_AT_MOST = re.compile(
    r"(?:<=|at most|maximum(?: value)?(?: of| is|:)?|max(?:imum)? allowed(?: \w+)*:?"
    r"|less than or equal to|no more than|not exceed|exceeds|supports up to|up to)" + _NUMBER,
    re.IGNORECASE,
)
_RANGE = re.compile(
    r"(?:range|between|from|in|be|of)\b[^\d\n]{0,20}?[\[(]?\b(\d+)\s*(?:,|to|and|-|–|\.\.)\s*(\d+)\b",
    re.IGNORECASE,
)
_GREATER = re.compile(r"\b(\d+)\s*(?:>|is greater than)\s*(\d+)\b")
_LENGTHS = {"max_tokens": "max_completion_tokens", "max_completion_tokens": "max_tokens"}
_OPTIONAL = ("temperature",)
_BOUNDED = ("top_logprobs", *_LENGTHS)
# What servers call a parameter that is sent under another name.
_ALIASES = {
    "max_output_tokens": tuple(_LENGTHS),
    "max_new_tokens": tuple(_LENGTHS),
    "logprobs": ("top_logprobs",),
}
_NUMBERED = re.compile(f"{_AT_LEAST.pattern}|{_AT_MOST.pattern}|{_RANGE.pattern}", re.IGNORECASE)
"""Bounds, whatever they are: who names one knows the parameter."""
_TOO_LONG = re.compile(r"context.{0,20}(?:length|window|size)|too many tokens", re.IGNORECASE)


@dataclass(frozen=True)
class Adjustment:
    """What is done to one parameter of every later request."""

    name: str
    renamed: str | None = None
    at_least: int | None = None
    at_most: int | None = None

    def apply(self, body: dict[str, Any]) -> None:
        """Change the body, where it has the parameter."""
        if self.name not in body:
            return
        value = body.pop(self.name)
        if self.renamed is not None:
            body[self.renamed] = value
        elif self.at_least is not None:
            body[self.name] = max(value, self.at_least)
        elif self.at_most is not None:
            body[self.name] = min(value, self.at_most)

    def __str__(self) -> str:
        if self.renamed is not None:
            return f"{self.name} is sent as {self.renamed}"
        if self.at_least is not None:
            return f"{self.name} is sent as {self.at_least} at least"
        if self.at_most is not None:
            return f"{self.name} is sent as {self.at_most} at most"
        return f"{self.name} is not sent"


def adjustment(body: Mapping[str, Any], words: str, parameter: str | None) -> Adjustment | None:
    """What may be changed of a body that was refused in these words; None: nothing is known.

    >>> str(adjustment({"temperature": 0}, "temperature is not supported", None))
    'temperature is not sent'
    """
    if not _REFUSING.search(words):
        return None
    name = _name(body, words, parameter)
    if name is None:
        return None
    if name in _OPTIONAL:
        return Adjustment(name)
    value = body[name]
    if isinstance(value, int) and (found := _bounded(name, value, words)) is not None:
        return found
    if name in _LENGTHS and not _TOO_LONG.search(words) and not _NUMBERED.search(words):
        return Adjustment(name, renamed=_LENGTHS[name])
    return None


def _bounded(name: str, value: int, words: str) -> Adjustment | None:
    """The parameter kept within the bounds that are named, where its value lies beyond them."""
    least = [int(match[1]) for match in _AT_LEAST.finditer(words)]
    most = [int(match[1]) for match in _AT_MOST.finditer(words)]
    most += [int(match[2]) for match in _GREATER.finditer(words) if int(match[1]) == value]
    for match in _RANGE.finditer(words):
        least.append(int(match[1]))
        most.append(int(match[2]))
    if least and value < min(least):
        return Adjustment(name, at_least=min(least))
    most = [bound for bound in most if 0 < bound < value]
    return Adjustment(name, at_most=max(most)) if most else None


def _name(body: Mapping[str, Any], words: str, parameter: str | None) -> str | None:
    """The parameter of the body that is meant: the first one that is named, in any writing."""
    known = [name for name in (*_OPTIONAL, *_BOUNDED) if name in body]
    if parameter in known:
        return parameter
    places = {place: name for name in known if (place := _place(name, words)) is not None}
    if places:
        return places[min(places)]
    for alias, names in _ALIASES.items():
        if _place(alias, words) is not None:
            return next((name for name in names if name in body), None)
    return None


def _place(name: str, words: str) -> int | None:
    """Where a parameter is named, also as `maxTokens`, `MaxTokens` or "max tokens"."""
    match = re.search(rf"(?<![^\W_]){name.replace('_', '[_ ]?')}(?![^\W_])", words, re.IGNORECASE)
    return None if match is None else match.start()
