"""Which plugins there are, found without importing any of them."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import EntryPoint, entry_points, metadata
from pathlib import Path

from audiorouter.errors import UsageError
from audiorouter.machine.installed import PLUGIN_GROUP
from audiorouter.text import unknown

ONLY_VARIABLE = "AUDIOROUTER_PLUGINS"
"""Names with commas: only these third-party plugins are loaded."""
FOLDER_VARIABLE = "AUDIOROUTER_PLUGIN_DIR"
"""A folder whose `*.py` files are plugins as well, for quick experiments; off where it is unset."""


@dataclass(frozen=True)
class FoundPlugin:
    """A plugin that is installed; `load` imports it."""

    name: str
    version: str
    module: str
    distribution: str | None
    load: Callable[[], object]
    stamp: str
    """Changes with its code, as far as that can be told without importing it."""
    named: Path | None = None
    """What somebody named for this run: the file, or a folder that it is in."""

    @property
    def key(self) -> str:
        """Name under which what is known of it is kept; other hooks may see more in it."""
        from audiorouter.plugins.hookspecs import API_VERSION

        hooks = f"hooks {API_VERSION}"
        return "|".join([sys.prefix, self.name, self.version, self.module, self.stamp, hooks])


def find_plugins(files: Sequence[Path] = (), *, installed: bool = True) -> list[FoundPlugin]:
    """Plugins by entry point and those of the folder, less the ones that are not wanted.

    And `files`, each of which is one, or a folder of them; without `installed` those only.
    """
    named = {
        str(path.absolute()): replace(plugin_in(path), named=given)
        for given in files
        for path in files_of([given])
    }
    found = [*_installed()] if installed else []
    return [*(plugin for plugin in found if plugin.module not in named), *named.values()]


def unmet_variables() -> list[str]:
    """What variables name of plugins that is not there, each in a sentence."""
    said = []
    folder = os.environ.get(FOLDER_VARIABLE)
    if folder and not _whole(folder).is_dir():
        said.append(
            f"${FOLDER_VARIABLE}: there is no folder {folder}; no plugin was loaded from it"
        )
    if only := _only():
        there = [plugin.name for plugin in _all_installed()]
        said += [
            f"${ONLY_VARIABLE}: {unknown('plugin', name, there)}"
            for name in sorted(only)
            if name not in there
        ]
    return said


def plugin_in(path: Path) -> FoundPlugin:
    """The plugin that a single file is.

    Raises:
        UsageError: there is no such file of Python.
    """
    if path.suffix != ".py" or not path.is_file():
        raise UsageError(f"--plugin {path}: there is no such file of Python")
    return replace(_by_file(path.absolute()), named=path)


def files_of(paths: Sequence[Path]) -> list[Path]:
    """The files among these paths, and the `*.py` files of the folders among them.

    Raises:
        UsageError: a folder has none.
    """
    found: list[Path] = []
    for path in paths:
        inner = _files_in(str(path)) if path.is_dir() else [path]
        if not inner:
            raise UsageError(f"--plugin {path}: there is no file of Python in it")
        found += inner
    return found


def _installed() -> Iterator[FoundPlugin]:
    names = _only()
    return (plugin for plugin in _all_installed() if names is None or plugin.name in names)


def _all_installed() -> list[FoundPlugin]:
    plugins = [_by_entry_point(entry_point) for entry_point in entry_points(group=PLUGIN_GROUP)]
    if folder := os.environ.get(FOLDER_VARIABLE):
        plugins += [_by_file(path) for path in _files_in(folder)]
    return plugins


def _only() -> set[str] | None:
    """Names of the plugins that are wanted; None where all are."""
    only = os.environ.get(ONLY_VARIABLE)
    return None if only is None else {name.strip() for name in only.split(",") if name.strip()}


def _by_entry_point(entry_point: EntryPoint) -> FoundPlugin:
    distribution = entry_point.dist
    return FoundPlugin(
        name=entry_point.name,
        version=distribution.version if distribution else "unknown",
        module=entry_point.value,
        distribution=distribution.name if distribution else None,
        load=entry_point.load,
        stamp=_stamp_of_module(entry_point.module),
    )


def _by_file(path: Path) -> FoundPlugin:
    return FoundPlugin(
        name=path.stem,
        version="file",
        module=str(path),
        distribution=None,
        load=lambda: _import_file(path),
        stamp=str(max(map(_changed, path.parent.glob("*.py")), default=0)),  # it may import others
    )


def _import_file(path: Path) -> object:
    # Workers import a tool's module by its name, so the folder has to be on their path.
    if str(path.parent) not in sys.path:
        sys.path.append(str(path.parent))
    module = importlib.import_module(path.stem)
    if not path.samefile(module.__file__ or os.devnull):
        raise UsageError(
            f"another module is called {path.stem} and is imported in its place: rename the file"
        )
    return module


def _stamp_of_module(module: str) -> str:
    """Newest time of change among the files of a module's top package."""
    try:
        spec = importlib.util.find_spec(module.partition(".")[0])
    except (ImportError, ValueError):
        spec = None
    if spec is None or spec.origin is None:
        return "missing"
    origin = Path(spec.origin)
    files = origin.parent.rglob("*.py") if spec.submodule_search_locations else [origin]
    return str(max(map(_changed, files), default=0))


def _changed(path: Path) -> int:
    """When a file was changed, in ns; 0 for a link to nothing, such as an editor's lock."""
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def _files_in(folder: str) -> list[Path]:
    try:
        files = _whole(folder).glob("*.py")
        return sorted(path for path in files if path.is_file())
    except OSError:
        return []


def _whole(folder: str) -> Path:
    return Path(os.path.abspath(os.path.expanduser(folder)))  # noqa: PTH100, PTH111


def licence_of(distribution: str | None) -> str:
    """What a distribution says of its licence; "-" for what is no distribution of its own."""
    if distribution is None:
        return "-"
    about = metadata(distribution)
    for name in ("License-Expression", "License"):
        if name in about and (lines := str(about[name]).strip().splitlines()):
            return lines[0]
    return "not stated"
