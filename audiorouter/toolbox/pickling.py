"""Tools and audio sources as bytes, for worker processes to make them of again.

What is defined in a module is named, and imported there. What is defined in the script that is run,
or in a cell of a notebook, nobody can import: it is sent as it is, with the functions, classes and
values of the script that it uses (by cloudpickle).
"""

from __future__ import annotations

import hashlib
import io
import pickle
from collections.abc import Iterator
from inspect import isfunction
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

_SCRIPT = "__main__"
"""The module that a script and a notebook are."""
_NO_FILE = "<dynamic-code>"
"""In which file cloudpickle says that code is."""


def sent_by_name(item: object) -> bool:
    """Whether a worker imports the class of the item, rather than being sent it."""
    return type(item).__module__ != _SCRIPT


def pickled(item: object) -> bytes:
    """The item as bytes for `pickle.loads`; raises whatever its parts raise that cannot be sent."""
    if sent_by_name(item):
        by_name = pickle.dumps(item)
        if _SCRIPT.encode() not in by_name:
            return by_name
    return _by_value(item)


def _by_value(item: object) -> bytes:
    """By cloudpickle, but code says in which file it is, so that errors can name it."""
    import cloudpickle

    class Pickler(cloudpickle.Pickler):  # type: ignore[misc]
        dispatch_table = cloudpickle.Pickler.dispatch_table.new_child()

    reduced = Pickler.dispatch_table[CodeType]

    def with_file(code: CodeType) -> tuple[Any, ...]:
        kind, parts = reduced(code)
        named = _file_of(code)
        return kind, tuple(named if part == _NO_FILE else part for part in parts)

    Pickler.dispatch_table[CodeType] = with_file
    written = io.BytesIO()
    Pickler(written).dump(item)
    return written.getvalue()


def _file_of(code: CodeType) -> str:
    """The script, `<stdin>` and the like, or `<cell>` for that of a notebook: it is in no file."""
    if code.co_filename.startswith("<"):
        return code.co_filename
    file = Path(code.co_filename)
    return str(file.absolute()) if file.is_file() else "<cell>"


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
