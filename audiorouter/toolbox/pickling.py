"""Tools and audio sources as bytes, for worker processes to make them of again.

What is defined in a module is named, and imported there. What is defined in the script that is run,
or in a cell of a notebook, nobody can import: it is sent as it is, with the functions, classes and
values of the script that it uses (by cloudpickle).
"""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Iterator
from inspect import isfunction
from types import CodeType, ModuleType
from typing import Any

_SCRIPT = "__main__"
"""The module that a script and a notebook are."""


def sent_by_name(item: object) -> bool:
    """Whether a worker imports the class of the item, rather than being sent it."""
    return type(item).__module__ != _SCRIPT


def pickled(item: object) -> bytes:
    """The item as bytes for `pickle.loads`; raises whatever its parts raise that cannot be sent."""
    if sent_by_name(item):
        by_name = pickle.dumps(item)
        if _SCRIPT.encode() not in by_name:
            return by_name
    import cloudpickle

    by_value: bytes = cloudpickle.dumps(item)
    return by_value


def values_hash(item: object) -> str | None:
    """BLAKE2b-64 (hex) over the values that the item holds, and those of its script that it uses.

    None for what workers import by name: what decides there is in its module. It is another one in
    each process where a value cannot be pickled by itself.
    """
    if sent_by_name(item):
        return None
    digest = hashlib.blake2b(digest_size=8)
    for name, value in sorted(_values(item)):
        try:
            content = pickle.dumps(value)
        except Exception:  # noqa: BLE001 - whatever the value's own code raises
            content = repr(value).encode("utf-8", "surrogatepass")
        digest.update(f"{name} {len(content)} ".encode() + content)
    return digest.hexdigest()


def _values(item: object) -> Iterator[tuple[str, Any]]:
    """Attributes, and what global names stand for in the methods and the functions they call."""
    yield from ((f"self.{name}", value) for name, value in vars(item).items())
    kinds = [kind for kind in type(item).__mro__ if kind.__module__ == _SCRIPT]
    functions = [part for kind in kinds for part in vars(kind).values() if isfunction(part)]
    seen: set[str] = set()
    while functions:
        function = functions.pop()
        here = function.__globals__
        for name in {*_names(function.__code__)} & here.keys() - seen:
            seen.add(name)
            value = here[name]
            if isfunction(value) and value.__module__ == _SCRIPT:
                functions.append(value)
            elif not (isinstance(value, type | ModuleType) or callable(value)):
                yield name, value


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield from _names(inner)
