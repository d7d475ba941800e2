"""What findings say about times, as lanes on a time line.

Tools name times alike: an object with `start_s` and `end_s` is a span, a list of numbers whose name
ends in `_s` are points. So findings of plugins' tools have lanes too, without a word about it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Lane = dict[str, Any]
"""A name, and `items` `[start, end, label]` or `points`, all in s: values of JSON."""

MOST_ITEMS = 2_000
"""Of one lane, whose name says so; a page with more of them cannot be read."""
_LONGEST_LABEL = 200
_LABELS = ("text", "word", "label", "name", "note", "chord", "section", "class", "classes", "sound")
"""Keys whose value says what a span is, the best first."""
_LATEST = 1e9
"""No clip is longer, in s."""
_NO_TIMES = ("duration_s", "length_s")
"""Names that end like times and are not."""


def lanes_of(data: Mapping[str, Any], *, duration: float | None = None) -> list[Lane]:
    """The lanes of a finding's data, in its order; times beyond the clip are left out.

    >>> lanes_of({"turns": [{"start_s": 0.0, "end_s": 1.5, "speaker": 1}], "beats_s": [0.5, 1.0]})
    ... # doctest: +NORMALIZE_WHITESPACE
    [{'name': 'turns', 'items': [[0.0, 1.5, 'speaker 1']]},
     {'name': 'beats', 'points': [0.5, 1.0]}]
    """
    end = math.inf if duration is None else duration + 1.0
    lanes: list[Lane] = []
    for name, values in _lists(data):
        spans = [span for value in values if (span := _span(value, end)) is not None]
        if spans:
            lanes.append(_lane(name, "items", spans))
        elif name.endswith("_s") and name not in _NO_TIMES and all(map(_is_number, values)):
            points = [t for value in values if (t := _time(value, end)) is not None]
            if points:
                lanes.append(_lane(name.removesuffix("_s"), "points", points))
    return lanes


def _lane(name: str, kind: str, values: list[Any]) -> Lane:
    if len(values) > MOST_ITEMS:
        name = f"{name}, the first {MOST_ITEMS:,} of {len(values):,}"
    return {"name": name, kind: values[:MOST_ITEMS]}


def _lists(data: Mapping[str, Any], told: str = "") -> Iterator[tuple[str, Sequence[Any]]]:
    """All lists in some data with their names; those of objects in a list are told apart."""
    for key, value in data.items():
        if isinstance(value, Mapping):
            yield from _lists(value, told)
        elif isinstance(value, list):
            yield f"{told} {key}".strip(), value
            for inner in value:
                if isinstance(inner, Mapping) and "start_s" not in inner:
                    yield from _lists(inner, _label(inner))


def _span(value: Any, end: float) -> list[Any] | None:
    if not isinstance(value, Mapping):
        return None
    start_s, end_s = _time(value.get("start_s"), end), _time(value.get("end_s"), end)
    if start_s is None or end_s is None or end_s < start_s:
        return None
    return [start_s, end_s, _label(value)]


def _label(value: Mapping[str, Any]) -> str:
    """What a span is, by what its object says."""
    words = next((value[key] for key in _LABELS if value.get(key)), None)
    if isinstance(words, list | Mapping):
        words = " or ".join(str(word) for word in [*words][:2])
    who = f"speaker {value['speaker']}" if value.get("speaker") is not None else ""
    told = ": ".join(part for part in (who, "" if words is None else str(words)) if part)
    return told[:_LONGEST_LABEL]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _time(value: Any, end: float) -> float | None:
    """A time in the clip in s, or None."""
    if not _is_number(value) or not 0 <= value <= end or value > _LATEST:
        return None
    return round(float(value), 3)
