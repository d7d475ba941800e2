"""Why a value is no JSON: where in it the trouble stands, and what to write there instead.

Nothing is imported to know a value of pandas, torch or the like: what it can do says what it is.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterable, Mapping, Set
from datetime import date, time, timedelta
from enum import Enum
from typing import Any


def plain(value: Any) -> Any:
    """A number of NumPy, torch or the like as one of Python; anything else as it is.

    >>> import numpy as np
    >>> plain(np.float32(0.5)), plain(np.int64(2)), plain("a")
    (0.5, 2, 'a')
    """
    if getattr(value, "shape", None) == () and hasattr(value, "item"):
        return value.item()
    return value


def no_json(value: Any, error: Exception) -> str:
    """Why `value` could not be written as JSON, where that raised `error`."""
    try:
        culprit = _culprit(value)
    except RecursionError:  # it holds itself, or goes deeper than Python does
        return "it is nested too deeply, or holds itself"
    if culprit is not None:
        return f"it is not JSON: {culprit}"
    if isinstance(error, TypeError):
        return "it is not JSON: names are of several types: write str(…) of them"
    return f"it is not JSON: {error}"


def _has(*names: str) -> Callable[[Any], bool]:
    return lambda value: all(hasattr(value, name) for name in names)


def _is(*kinds: type[Any]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, kinds)


def _is_missing(value: Any) -> bool:
    """Whether it is what pandas has in place of nothing, `NA` or `NaT`."""
    return type(value).__name__ in ("NAType", "NaTType")


_WAYS_OUT: tuple[tuple[Callable[[Any], bool], str], ...] = (
    (_is_missing, "write None, or leave it out"),
    (
        lambda value: dataclasses.is_dataclass(value) and not isinstance(value, type),
        "write dataclasses.asdict(…)",
    ),
    (_has("model_dump"), "write .model_dump(mode='json')"),
    (_has("to_dict", "columns"), "write .to_dict(…)"),
    (lambda value: _has("tolist")(value) or _has("to_list")(value), "write .tolist()"),
    (_is(Enum), "write .value"),
    (_is(timedelta), "write .total_seconds()"),
    (_is(date, time), "write .isoformat()"),
    (_is(complex), "write abs(…), or its real and imag"),
    (_is(bytes, bytearray), "write .hex(), or leave it out"),
    (_is(Set), "write sorted(…)"),
    (_has("__float__"), "write float(…)"),
    (lambda value: isinstance(value, Iterable) and not isinstance(value, type), "write list(…)"),
)
"""What to write in place of what is no JSON, by what it is."""
_WAY_OUT = "leave it out, or write str(…)"
_NOT_FINITE = "write None, or leave it out"


def _culprit(value: Any, place: str = "") -> str | None:
    """The first value within that JSON cannot hold, and what to write instead."""
    if isinstance(value, Mapping):
        for name in value:
            if not isinstance(name, str | int | float | None):
                where = f" in `{place}`" if place else ""
                return f"the name {name}{where} is {type(name).__name__}: write str(…)"
        inner = ((item, f"{place}.{name}" if place else str(name)) for name, item in value.items())
    elif isinstance(value, list | tuple):
        inner = ((item, f"{place}[{number}]") for number, item in enumerate(value))
    else:
        return _trouble(plain(value), f"`{place}`" if place else "it")
    return next((found for item in inner if (found := _culprit(*item)) is not None), None)


def _trouble(value: Any, place: str) -> str | None:
    if isinstance(value, float) and not math.isfinite(value):
        return f"{place} is {'NaN' if math.isnan(value) else 'infinite'}: {_NOT_FINITE}"
    if isinstance(value, str | int | float | None):
        return None
    way_out = next((way for fits, way in _WAYS_OUT if fits(value)), _WAY_OUT)
    return f"{place} is {type(value).__name__}: {way_out}"
