"""What rows have to look like to be read; other programs may have written them."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

_LONGEST = 60
"""Characters of a value in what is said of it."""
_LONGEST_TOOK = 1e9
"""Seconds that nothing takes; sums of fewer are finite."""


class _Shape(BaseModel):
    model_config = ConfigDict(extra="allow", strict=True)


class _Call(_Shape):
    tool: str
    arguments: dict[str, Any]
    instead: bool = False


class _Finding(_Shape):
    call: str
    text: str | None = None
    confidence: float | None = None
    error: str | None = None


_Took = Annotated[float, Field(ge=0, le=_LONGEST_TOOK)]


class _Fields(_Shape):
    id: str = ""
    audio: str = ""
    question: str = ""
    choices: list[str] = []
    answer: str | list[str] | None = None
    prediction: str | None = None
    prediction_index: int | None = None
    correct: bool | None = None
    scored_by: str | None = None
    confidence: float | None = None
    route: list[_Call] | None = None
    tool_seconds: _Took | None = None
    reason_seconds: _Took | None = None
    cached: bool | None = None
    error: str | None = None
    remark: str | None = None
    wer: float | None = None
    run: int | None = None
    reason: str | None = None
    findings: list[_Finding] | None = None
    probabilities: list[float] | None = None
    domain: str | None = None
    category: str | None = None


_ROUTE = TypeAdapter(list[_Call])
_FIELDS = TypeAdapter(_Fields)
_STRICT = ConfigDict(strict=True, allow_inf_nan=False)
_USAGE = TypeAdapter(dict[str, float], config=_STRICT)
_SECONDS = TypeAdapter(dict[str, _Took], config=_STRICT)

T = TypeVar("T")


def usage_of(text: str | None) -> dict[str, float] | None:
    """What a server said that a stored answer took; None where that is nothing, or damaged.

    >>> usage_of('{"prompt_tokens": 12}'), usage_of("[5]")
    ({'prompt_tokens': 12.0}, None)
    """
    return _read_as(_USAGE, text)


def _read_as(shape: TypeAdapter[T], text: str | None) -> T | None:
    try:
        return shape.validate_python(json.loads(text or "null"))
    except (ValueError, TypeError, RecursionError):
        return None


def value_of(text: str | None, kind: type[T]) -> T | None:
    """The value that a stored text is as JSON; None where it is none of that kind, or damaged.

    >>> value_of('{"start": 1.5}', dict), value_of("[5]", dict), value_of("[NaN]", list)
    ({'start': 1.5}, None, None)
    """
    try:
        value = json.loads(text or "null", parse_float=_finite, parse_constant=_finite)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, kind) else None


def numbers_of(text: str | None) -> list[float] | None:
    """A stored list of numbers, such as probabilities; None where it is none, or damaged.

    >>> numbers_of("[0.5, 0.5]"), numbers_of('[0.5, "a"]')
    ([0.5, 0.5], None)
    """
    values = value_of(text, list)
    if values is None or any(type(value) not in (int, float) for value in values):
        return None
    return values


def findings_of(text: str) -> list[tuple[str, str]]:
    """The calls of a stored answer with what each found; a pair that is damaged is left out.

    >>> findings_of('[["tempo", "90 BPM."], 5]')
    [('tempo', '90 BPM.')]
    """
    return [
        (pair[0], pair[1])
        for pair in value_of(text, list) or []
        if isinstance(pair, list) and [type(part) for part in pair] == [str, str]
    ]


def seconds_of(text: str | None) -> dict[str, float] | None:
    """Stored seconds by name, such as those of front ends; None where it is none, or damaged.

    >>> seconds_of('{"yamnet": 0.25}'), seconds_of("[1]"), seconds_of('{"yamnet": "x"}')
    ({'yamnet': 0.25}, None, None)
    """
    return _read_as(_SECONDS, text)


def is_whole(table: str, row: Mapping[str, Any]) -> bool:
    """Whether a row of that table, whose texts are UTF-8, can be used as what it stands for."""
    looks_right = _WHOLE.get(table)
    return looks_right is None or looks_right(row)


def _is_call(row: Mapping[str, Any]) -> bool:
    return (
        value_of(row["arguments"], dict) is not None
        and (row["shared"] is None or seconds_of(row["shared"]) is not None)
        and math.isfinite(row["seconds"])
    )


def _is_outcome(row: Mapping[str, Any]) -> bool:
    size, index = len(value_of(row["choices"], list) or []), row["prediction_index"]
    probabilities = row["probabilities"]
    given = [] if probabilities is None else numbers_of(probabilities) or []
    return (
        (index is None or 0 <= index < size)
        and (probabilities is None or len(given) == size)
        and all(0 <= one <= 1 for one in given)
        and math.isfinite(row["tool_seconds"])
        and math.isfinite(row["reason_seconds"])
        and row_problem(row["route"], None) is None
    )


def _is_route(row: Mapping[str, Any]) -> bool:
    return row_problem(row["calls"], None) is None


_WHOLE: dict[str, Callable[[Mapping[str, Any]], bool]] = {
    "tool_calls": _is_call,
    "outcomes": _is_outcome,
    "routes": _is_route,
}
"""Answers are checked by who asked for them, as all answers are."""


def row_problem(route: str | bytes | None, fields: str | bytes | None) -> str | None:
    """Why the JSON of a row's `route` and `fields` cannot be read; None where it can.

    >>> row_problem('[{"tool": "tempo", "arguments": {}}]', None)
    >>> row_problem("[5]", None)
    'route: 0 cannot be 5'
    >>> row_problem(None, '{"answer": 3}')
    'fields: answer cannot be 3'
    """
    for name, text, shape in (("route", route, _ROUTE), ("fields", fields, _FIELDS)):
        if text is None:
            continue
        try:
            value = json.loads(text, parse_float=_finite, parse_constant=_finite)
        except (ValueError, TypeError, RecursionError):
            return f"{name}: it is no JSON"
        try:
            shape.validate_python(value)
        except ValidationError as error:
            return f"{name}: {_first_of(error, value)}"
    return None


def _finite(text: str) -> float:
    """A number as JSON can be written with it again."""
    if not math.isfinite(value := float(text)):
        raise ValueError(text)
    return value


def _first_of(error: ValidationError, value: Any) -> str:
    first = error.errors()[0]
    places = []
    # Where a field may be of several kinds pydantic names the kind as well: that is no place.
    for part in first["loc"]:
        if value is first["input"]:
            break
        if isinstance(value, list) if isinstance(part, int) else part in value:
            value = value[part]
            places.append(str(part))
    if first["type"] == "missing":
        return f"{'.'.join([*places, str(first['loc'][-1])])} is missing"
    where = ".".join(places) or "it"
    return f"{where} cannot be {json.dumps(first['input'])[:_LONGEST]}"
