"""Installing plugins into the running environment, and remembering them in the lock file."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Sequence
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name, parse_wheel_filename

from audiorouter.errors import UsageError
from audiorouter.machine.installed import PLUGIN_GROUP
from audiorouter.plugins import installer
from audiorouter.plugins.installed import (
    Installed,
    distribution_of,
    files_hash,
    look,
    needed,
    plugin_versions,
)
from audiorouter.plugins.installer import Came
from audiorouter.plugins.lock import Archive, Locked, check_lock, read_lock, write_lock
from audiorouter.plugins.specs import check_specs


def install(
    specs: Sequence[str], *, editable: bool = False, force: bool = False
) -> list[Installed]:
    """Install, import what is new in a child process, and remember it in the lock file.

    A distribution whose plugins fail is uninstalled again, unless `force`.

    Raises:
        UsageError: it cannot be installed, brings no plugin, or its plugins fail.
    """
    check_specs(specs)
    check_lock()
    before = plugin_versions()
    came = installer.install(specs, editable=editable)
    touched = _touched(specs, before)
    if not touched:
        raise UsageError(
            f"{' '.join(specs)}: installed, but no plugin came with it "
            f"(no entry point {PLUGIN_GROUP!r})"
        )
    looked = [look(name) for name in touched]
    problems = [problem for plugin in looked for problem in plugin.problems]
    if problems and not force:
        new = [name for name in touched if name not in before]
        if new:
            installer.run(installer.uninstall_command(new))
        raise UsageError(
            "; ".join(problems)
            + (". It was uninstalled again" if new else ". An earlier version was there before")
            + " (--force keeps it)"
        )
    lock = read_lock()
    archives = _archives(lock.values(), came)
    for plugin in looked:
        name = plugin.distribution
        spec = next((s for s in specs if _names(s, name)), specs[0])
        files = None if editable else files_hash(name)
        former = lock.get(name)
        if name in came:
            commit = came[name].commit
        elif former is not None and former.files == files:
            commit = former.commit
        else:  # it was there already, who knows from where
            commit = None
            archives.pop(name, None)
        lock[name] = Locked(
            spec=_absolute(spec),
            editable=editable,
            version=plugin.version,
            files=files,
            archives={one: archives[one] for one in (name, *needed(name)) if one in archives},
            commit=commit,
        )
    write_lock(lock)
    return looked


def _archives(locked: Iterable[Locked], came: dict[str, Came]) -> dict[str, Archive]:
    """Of what is installed: archives that came now, and those that came before."""
    now = installer.versions()
    known = {
        name: archive
        for one in locked
        for name, archive in (one.archives or {}).items()
        if now.get(name) == archive.version and name not in came
    }
    return known | {name: new.archive for name, new in came.items() if new.archive is not None}


def uninstall(names: Sequence[str]) -> None:
    """Uninstall distributions, by their name or that of one of their plugins.

    Raises:
        UsageError: there is no such plugin.
    """
    check_lock()
    distributions = [distribution_of(name) for name in names]
    installer.run(installer.uninstall_command(distributions))
    importlib.invalidate_caches()
    lock = read_lock()
    write_lock({name: locked for name, locked in lock.items() if name not in distributions})


def uninstall_command(names: Sequence[str]) -> list[str]:
    """The command that uninstalls distributions, by their name or that of one of their plugins.

    Raises:
        UsageError: there is no such plugin.
    """
    return installer.uninstall_command([distribution_of(name) for name in names])


def _touched(specs: Sequence[str], before: dict[str, str]) -> list[str]:
    """Plugin distributions that are new, have another version, or were named."""
    return [
        name
        for name, version in plugin_versions().items()
        if before.get(name) != version or any(_names(spec, name) for spec in specs)
    ]


def _names(spec: str, distribution: str) -> bool:
    """Whether a spec is that distribution by name, or a folder or wheel of it."""
    path = Path(spec)
    if path.suffix == ".whl":
        return parse_wheel_filename(path.name)[0] == distribution
    if (path / "pyproject.toml").is_file():
        import tomllib

        with (path / "pyproject.toml").open("rb") as stream:
            project = tomllib.load(stream).get("project", {})
        return canonicalize_name(str(project.get("name", ""))) == distribution
    try:
        return canonicalize_name(Requirement(spec).name) == distribution
    except InvalidRequirement:
        return False


def _absolute(spec: str) -> str:
    return str(Path(spec).resolve()) if Path(spec).exists() else spec
