"""JSON as it comes from elsewhere, read into values that can be written again.

Python reads more than it can write, or others can read: halves of characters, NaN, infinity,
numbers of any length, any depth. What cannot be kept is replaced, and it is said by what. NaN is
nothing, as null is.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from audiorouter.text import encodable, is_encodable

LONGEST_NUMBER = 400
"""Digits of a number; a longer one is kept as text."""
LONGEST_TEXT = 10_000_000
"""Characters of a text; a longer one is cut."""
DEEPEST = 50
"""Lists and objects within each other."""
_NAN = "NaN"


class Cleaned(NamedTuple):
    """A value that can be written as JSON, and what was replaced in it, if anything was."""

    value: Any
    problem: str | None = None


class _OddNumber(str):
    """A number that Python or JSON has no value for, as the text it stood as."""


class _Repeated(dict[str, Any]):
    """An object in which names stand more than once, each time with another value."""

    names: frozenset[str] = frozenset()


def repeated_names(value: Mapping[str, Any]) -> frozenset[str]:
    """The names that stand in an object more than once, with different values.

    >>> repeated_names(parse('{"a": 1, "b": 2, "a": 3}'))
    frozenset({'a'})
    """
    return value.names if isinstance(value, _Repeated) else frozenset()


def json_text(value: Any, *, indent: int | None = None) -> str:
    """The value as JSON that everybody can read.

    NaN and infinity, which JSON does not have, are null; values that it has no form for are text.

    >>> json_text({"rate": float("nan"), "n": 0})
    '{"rate": null, "n": 0}'
    """
    encode = _encoder(indent).encode
    try:
        return encode(value)
    except ValueError:
        return encode(_finite(value))


@lru_cache(maxsize=8)
def _encoder(indent: int | None) -> json.JSONEncoder:
    """Made once: `json.dumps` makes one for each value."""
    return json.JSONEncoder(ensure_ascii=False, indent=indent, allow_nan=False, default=str)


def parse(source: str) -> Any:
    """The JSON value in `source`; pass it through `cleaned` before it is used.

    Raises:
        ValueError: it is not JSON, or nested too deeply to be read.
    """
    try:
        return json.loads(
            source,
            parse_int=_integer,
            parse_float=_real,
            parse_constant=_OddNumber,
            object_pairs_hook=_object,
        )
    except RecursionError:
        raise ValueError("nested too deeply") from None


def cleaned(value: Any, depth: int = 0) -> Cleaned:
    """The value with whatever cannot be written replaced; the first such thing is the problem.

    >>> cleaned(parse("[1e999]"))
    Cleaned(value=['1e999'], problem='the number 1e999 cannot be kept and stands as text')
    """
    if isinstance(value, str):
        return _kept_text(value)
    if isinstance(value, list | dict) and depth == DEEPEST:
        return Cleaned("…", f"what is nested more than {DEEPEST} deep is left out")
    if isinstance(value, list):
        items = [cleaned(item, depth + 1) for item in value]
        problem = next((item.problem for item in items if item.problem), None)
        return Cleaned([item.value for item in items], problem)
    if isinstance(value, dict):
        pairs = [(cleaned(name), cleaned(item, depth + 1)) for name, item in value.items()]
        problem = next((part.problem for pair in pairs for part in pair if part.problem), None)
        if repeated := sorted(repeated_names(value)):
            problem = f"{_start(repeated[0])!r} is there twice, with different values"
        return Cleaned({name.value: item.value for name, item in pairs}, problem)
    return Cleaned(value)


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {name: _finite(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return value


def _kept_text(text: str) -> Cleaned:
    if isinstance(text, _OddNumber) and text == _NAN:
        return Cleaned(None)  # the way in which tables say that nothing is there
    if isinstance(text, _OddNumber):
        return Cleaned(str(text), f"the number {_start(text)} cannot be kept and stands as text")
    if len(text) > LONGEST_TEXT:
        cut = encodable(text[:LONGEST_TEXT])
        return Cleaned(cut, f"the text of {len(text):,} characters is cut after {LONGEST_TEXT:,}")
    if not is_encodable(text):
        return Cleaned(encodable(text), "half of a character, which no file can hold, is escaped")
    return Cleaned(text)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The object of these members; the last one of a name counts, and its others are told."""
    value = dict(pairs)
    if len(value) == len(pairs):
        return value
    repeated = _Repeated(value)
    repeated.names = frozenset(name for name, item in pairs if item != value[name])
    return repeated


def _integer(digits: str) -> int | str:
    return int(digits) if len(digits) <= LONGEST_NUMBER else _OddNumber(digits)


def _real(digits: str) -> float | str:
    value = float(digits)
    return _OddNumber(digits) if value in (float("inf"), float("-inf")) else value


def _start(text: str) -> str:
    return text if len(text) <= 20 else f"{text[:20]}… ({len(text):,} characters)"
