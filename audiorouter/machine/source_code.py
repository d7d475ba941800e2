"""Code whose author is still at it: what it is, as a hash over its source.

What was installed from an index says by its version when it changes. What is imported from a
folder, such as an editable project or a single file, is edited between two runs and says nothing.
"""

from __future__ import annotations

import ast
import hashlib
import inspect
import linecache
import sys
import threading
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any

from audiorouter.machine.installed import PLUGIN_GROUP

_OURS = "audiorouter"
_PACKAGE = Path(__file__).resolve().parents[1]
_INSTALLED = frozenset({"site-packages", "dist-packages"})
_PARSING = threading.Lock()
"""CPython 3.11 counts in one place how deep it is, whichever thread parses (gh-106905): two at a
time may end in a SystemError."""
_LARGE = 1 << 20
"""Bytes of a file beyond which its size and time of change stand for what it holds."""


def with_source(identity: str, kind: type[Any]) -> str:
    """What decides a result, with the source of a class beside it where `source_hash` gives one."""
    # For mypy it is the instances of a class that can be hashed.
    source = source_hash(kind)  # type: ignore[arg-type]
    return identity if source is None else f"{identity} source={source}"


def is_edited_here(module: str, file: str) -> bool:
    """Whether code of a module in a file is neither ours, nor Python's, nor installed."""
    path = Path(file)
    return (
        module.partition(".")[0] not in sys.stdlib_module_names
        and path.is_absolute()  # what was executed from a string is in no file
        and not path.is_relative_to(_PACKAGE)
        and not _INSTALLED & set(path.parts)
    )


@lru_cache(maxsize=512)
def source_hash(kind: type[Any]) -> str | None:
    """BLAKE2b-64 (hex) over the source of a class, None for ours and for what an index gave.

    It is over every file of the top package or module that the class is in, and of those beside it
    that are imported from there by an `import` statement, at whatever depth. Of what was installed
    from a folder, a repository or a file it is over what was installed.
    """
    module = sys.modules.get(kind.__module__)
    top = kind.__module__.partition(".")[0]
    if module is None or top == _OURS:
        return None
    place = _place(module, sys.modules.get(top, module))
    if place is None:
        return _hash_of_class(kind)
    if _INSTALLED & set(place.parts):
        record = _record(top)
        return None if record is None else _short_hash([record.encode()])
    return _short_hash(_contents(place.parent, place.stem if place.suffix else place.name))


def _place(module: ModuleType, top: ModuleType) -> Path | None:
    """The file of a top module or the folder of a top package; None where it has neither."""
    folders = list(getattr(top, "__path__", []))
    file = getattr(module, "__file__", None)
    if len(folders) > 1 and file is not None:  # a namespace with parts in several places
        folders = [folder for folder in folders if Path(file).is_relative_to(folder)]
    if folders:
        return Path(folders[0]).absolute()
    return None if file is None else Path(file).absolute()


def _hash_of_class(kind: type[Any]) -> str | None:
    """Of a class that was typed into a notebook: of the cells that its methods are in.

    The class itself has no source there that `inspect` would find.
    """
    cells = {
        method.__code__.co_filename
        for base in kind.__mro__
        if base.__module__ == kind.__module__
        for method in vars(base).values()
        if inspect.isfunction(method)
    }
    lines = [line.encode() for cell in sorted(cells) for line in linecache.getlines(cell)]
    return _short_hash(lines) if lines else None


def _record(top: str) -> str | None:
    """What was installed of a plugin, with the hash of every file; None where an index gave it."""
    from importlib.metadata import entry_points

    for entry in entry_points(group=PLUGIN_GROUP):
        if entry.dist is not None and entry.module.partition(".")[0] == top:
            if entry.dist.read_text("direct_url.json") is None:
                return None
            files = (entry.dist.read_text("RECORD") or "").splitlines()
            return "\n".join(sorted(line for line in files if ".dist-info/" not in line))
    return None


def _contents(root: Path, top: str) -> Iterator[bytes]:
    """Names and contents of the files of `root` that the module or package `top` is made of."""
    wanted, seen = [top], {top}
    while wanted:
        for file in _files(root, wanted.pop()):
            yield str(file.relative_to(root)).encode("utf-8", "surrogateescape")
            content = _content(file)
            yield content
            if file.suffix == ".py":
                new = _imported(content) - seen
                seen |= new
                wanted += sorted(new)


def _files(root: Path, name: str) -> list[Path]:
    """The files of a package, or the file of a module; none where there is neither in `root`."""
    package, module = root / name, root / f"{name}.py"
    if not package.is_dir():
        return [module] if module.is_file() else []
    return sorted(
        file
        for file in package.rglob("*")
        if file.is_file()
        and not any(
            part.startswith(".") or part == "__pycache__"
            for part in file.relative_to(package).parts
        )
    )


def _content(file: Path) -> bytes:
    try:
        facts = file.stat()
        if facts.st_size > _LARGE:
            return f"{facts.st_size} {facts.st_mtime_ns}".encode()
        return file.read_bytes()
    except OSError as error:
        return f"unreadable {error.errno}".encode()


def _imported(source: bytes) -> set[str]:
    """Top names of what a file imports, wherever in it; its own package it has anyway."""
    try:
        with _PARSING:
            nodes = list(ast.walk(ast.parse(source)))
    except (SyntaxError, ValueError, RecursionError):
        return set()
    names = {
        alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names
    } | {
        node.module
        for node in nodes
        if isinstance(node, ast.ImportFrom) and node.level == 0 and node.module
    }
    return {name.partition(".")[0] for name in names}


def _short_hash(parts: Iterator[bytes] | list[bytes]) -> str:
    digest = hashlib.blake2b(digest_size=8)
    for part in parts:
        digest.update(len(part).to_bytes(8, "big") + part)
    return digest.hexdigest()
