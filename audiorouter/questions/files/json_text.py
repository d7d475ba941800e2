"""Where the parts of a JSON text begin and end, also where some of them are broken.

Only brackets, commas and quotes are looked at, so that what is wrong within a part is that part's
matter alone.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import NamedTuple

_TOKEN = re.compile(r'"[^"\\\n]*+(?:\\.[^"\\\n]*+)*+"|[\[\]{},]')
"""A text, which ends in its line, or what tells where a part ends."""
_NAME = re.compile(r'\s*("[^"\\\n]*+(?:\\.[^"\\\n]*+)*+")\s*:')
_SPACE = re.compile(r"\s*")


class Span(NamedTuple):
    """A stretch of a text, without the space around it."""

    start: int
    end: int


@dataclass(frozen=True)
class Container:
    """A list or an object, and what stands in it between commas."""

    start: int
    end: int
    """Where it ends; -1 where it is never closed."""
    parts: tuple[Span, ...]


class Scan(NamedTuple):
    """The lists and objects at the top of a stretch of text."""

    containers: list[Container]
    clean: bool
    """Whether all of them are closed, and nothing but commas and space is between them."""


def scan(text: str, start: int = 0, end: int | None = None) -> Scan:
    """Find the lists and objects between `start` and `end`, and their parts."""
    end = len(text) if end is None else end
    containers: list[Container] = []
    parts: list[Span] = []
    depth, opened, part, outside, clean = 0, start, start, start, True
    for token in _TOKEN.finditer(text, start, end):
        mark = token.group()
        if mark in "[{":
            if depth == 0:
                clean = clean and not text[outside : token.start()].strip(" \t\r\n,")
                opened, part, parts = token.start(), token.end(), []
            depth += 1
        elif mark in "]}":
            depth -= 1
            if depth == 0:
                if text[part : token.start()].strip():  # nothing after a last comma is no part
                    parts.append(_trimmed(text, part, token.start()))
                containers.append(Container(opened, token.end(), tuple(parts)))
                outside = token.end()
            elif depth < 0:
                depth, clean = 0, False
        elif mark == "," and depth == 1:
            parts.append(_trimmed(text, part, token.start()))
            part = token.end()
    if depth:
        return Scan([*containers, Container(opened, -1, tuple(parts))], False)
    return Scan(containers, clean and not text[outside:end].strip(" \t\r\n,"))


def member(text: str, part: Span) -> tuple[str, Span] | None:
    """Name and value of a part of an object; None where it is not well formed."""
    match = _NAME.match(text, part.start, part.end)
    if match is None:
        return None
    try:
        name = json.loads(match[1])
    except ValueError:
        return None
    return name, _trimmed(text, match.end(), part.end)


def _trimmed(text: str, start: int, end: int) -> Span:
    match = _SPACE.match(text, start, end)
    begin = match.end() if match else start
    return Span(begin, begin + len(text[begin:end].rstrip()))
