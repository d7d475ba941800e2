"""Reading what a model wrote: which choice it names, and which tool calls it asks for.

Both refuse to guess. A text that names no choice, or two, names none.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from audiorouter.providers.prompt import labels
from audiorouter.toolbox.interface import ToolCall

_LABEL_ALONE = re.compile(r"[(\[\"'*]*([A-Z1-9])[)\]\"'*.:]*$")
_LABEL_FIRST = re.compile(r"\(([A-Z1-9])\)|\[([A-Z1-9])\]|\**([A-Z1-9])\**[.):](?=\**\s|$)")
_ANNOUNCED = re.compile(
    r"\b(?:answer|choice|option)\b(?:\s+is|\s*[:=]|\s+would be)\s*[:\"'*]*\s*", re.IGNORECASE
)


def parse_choice(text: str, choices: Sequence[str]) -> int | None:
    """Position of the choice that `text` names, or None where it names none or more than one.

    Understood are "B", "(B)", "B. dog", "The answer is B", "The answer is dog", and the choice
    itself, alone or as the only one in a sentence.

    >>> parse_choice("(B) dog", ["cat", "dog"]), parse_choice("cat or dog", ["cat", "dog"])
    (1, None)
    """
    reply = text.strip()
    if not reply:
        return None
    exact = [i for i, choice in enumerate(choices) if choice.strip().casefold() == reply.casefold()]
    if len(exact) == 1:
        return exact[0]
    announced = list(_ANNOUNCED.finditer(reply))
    for part in (reply, *(reply[match.end() :] for match in reversed(announced))):
        index = _labelled(part, choices)
        if index is not None:
            return index if _agrees(part, index, choices) else None
    return _named(reply[announced[-1].end() :] if announced else reply, choices)


def parse_calls(text: str) -> list[ToolCall] | None:
    """The tool calls that `text` asks for as JSON, None where there is no JSON list in it.

    >>> parse_calls('Sure: [{"tool": "tempo"}]')
    [ToolCall(tool='tempo', arguments={})]
    """
    decoder = json.JSONDecoder()
    for place in (match.start() for match in re.finditer(r"[\[{]", text)):
        try:
            value, _ = decoder.raw_decode(text, place)
        except ValueError:
            continue
        listed = value if isinstance(value, list) else [value]
        calls = [_call(item) for item in listed]
        if all(call is not None for call in calls):
            return [call for call in calls if call is not None]
    return None


def _call(item: Any) -> ToolCall | None:
    if not isinstance(item, dict):
        return None
    name = item.get("tool", item.get("name"))
    arguments = item.get("arguments") or {}
    if isinstance(name, str) and isinstance(arguments, dict):
        return ToolCall(name, arguments)
    return None


def _labelled(text: str, choices: Sequence[str]) -> int | None:
    """Position of the label that `text` is, or begins with."""
    match = _LABEL_ALONE.match(text) or _LABEL_FIRST.match(text)
    if match is None:
        return None
    label = next(group for group in match.groups() if group)
    known = labels(choices)
    return known.index(label) if label in known else None


def _agrees(text: str, index: int, choices: Sequence[str]) -> bool:
    """Whether no other choice than the labelled one is named beside the label."""
    named = _named(text, choices)
    return named is None or named == index


def _named(text: str, choices: Sequence[str]) -> int | None:
    """Position of the only choice whose words stand in `text`.

    A choice inside a longer one that is there as well does not count: "dog" in "hot dog".
    """
    words = f" {_plain(text)} "
    for position, plain in sorted(
        ((i, _plain(choice)) for i, choice in enumerate(choices)), key=lambda item: -len(item[1])
    ):
        if plain and f" {plain} " in words:
            rest = words.replace(f" {plain} ", "  ")
            others = [_plain(c) for i, c in enumerate(choices) if i != position]
            if any(other and f" {other} " in rest for other in others):
                return None
            return position
    return None


def _plain(text: str) -> str:
    """Words in lower case with single spaces between them; signs that numbers need stay."""
    return " ".join(re.findall(r"[^\W_]+(?:[.,:'/-][^\W_]+)*[#♯♭%]?", text.casefold()))
