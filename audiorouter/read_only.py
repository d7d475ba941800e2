"""Arrays that several parts share, and none may write to."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from typing import Any, TypeVar

T = TypeVar("T")


def read_only(value: T) -> T:
    """The same, but arrays cannot be written to: what one tool did, the next one would hear.

    Where something in it cannot be looked at, that is left as it is.
    """
    import numpy as np

    waiting: list[Any] = [value]
    seen: dict[int, Any] = {}
    while waiting:
        item = waiting.pop()
        if id(item) in seen:
            continue
        seen[id(item)] = item  # kept, so that nothing else gets its number
        with contextlib.suppress(Exception):
            if isinstance(item, np.ndarray):
                item.flags.writeable = False
            else:
                waiting += _parts(item)
    return value


def _parts(value: Any) -> list[Any]:
    """What it is made of, without numbers and texts, of which there may be many."""
    parts: Iterable[Any] = ()
    if isinstance(value, Mapping):
        parts = value.values()
    elif isinstance(value, list | tuple):
        parts = value
    elif is_dataclass(value):
        parts = [getattr(value, field.name, None) for field in fields(value)]
    return [part for part in parts if not isinstance(part, int | float | str | bytes)]
