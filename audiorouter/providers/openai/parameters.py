"""Parameters that a server refuses by name: left out, renamed or kept within its bounds."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_REFUSING = re.compile(
    r"unsupported|not supported|does not support|unrecognized|unknown|not permitted|not allowed"
    r"|unexpected|not recognized|extra inputs|deprecated|invalid|must be|expected|too large"
    r"|at least|at most|only the default|instead|minimum|maximum",
    re.IGNORECASE,
)
_AT_LEAST = re.compile(
    r"(?:>=|at least|minimum(?: value)?(?: of| is|:)?|greater than or equal to)\s*(\d+)",
    re.IGNORECASE,
)
_AT_MOST = re.compile(
    r"(?:<=|at most|maximum(?: value)?(?: of| is|:)?|less than or equal to|supports up to"
    r"|between \d+ and)\s*(\d+)",
    re.IGNORECASE,
)
_LENGTHS = {"max_tokens": "max_completion_tokens", "max_completion_tokens": "max_tokens"}
_OPTIONAL = ("temperature",)
_BOUNDED = ("top_logprobs", *_LENGTHS)
# What servers call a parameter that is sent under another name.
_ALIASES = {"max_output_tokens": _LENGTHS, "max_new_tokens": _LENGTHS}


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
    if name in _BOUNDED and isinstance(value, int):
        if (bound := _AT_LEAST.search(words)) and value < int(bound[1]):
            return Adjustment(name, at_least=int(bound[1]))
        if (bound := _AT_MOST.search(words)) and 0 < int(bound[1]) < value:
            return Adjustment(name, at_most=int(bound[1]))
    if name in _LENGTHS and not _AT_LEAST.search(words) and not _AT_MOST.search(words):
        return Adjustment(name, renamed=_LENGTHS[name])
    return None


def _name(body: Mapping[str, Any], words: str, parameter: str | None) -> str | None:
    """The parameter of the body that is meant: the first one that is named."""
    known = [name for name in (*_OPTIONAL, *_BOUNDED) if name in body]
    if parameter in known:
        return parameter
    places = {
        match.start(): name
        for name in known
        if (match := re.search(rf"(?<!\w){name}(?!\w)", words))
    }
    if places:
        return places[min(places)]
    for alias, names in _ALIASES.items():
        if re.search(rf"(?<!\w){alias}(?!\w)", words):
            return next((name for name in names if name in body), None)
    return None
