"""Bringing back what the lock file names: what is not what was locked is not left installed."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from pathlib import Path

from audiorouter.errors import UsageError
from audiorouter.machine.called import to_type
from audiorouter.plugins import installer
from audiorouter.plugins.installed import files_hash, lacking, look, plugin_versions
from audiorouter.plugins.lock import Locked, read_lock


@dataclass(frozen=True)
class Synced:
    """What became of one distribution of the lock file."""

    distribution: str
    version: str
    state: str
    """`there already`, `installed`, or why not."""
    well: bool


def sync() -> list[Synced]:
    """Install what the lock file names and is not there, in the versions that it names.

    Archives are checked before they are unpacked, and files once they are installed, before any
    of it is imported.
    """
    done = []
    for name, locked in read_lock().items():
        try:
            done.append(_sync(name, locked))
        except UsageError as error:
            done.append(Synced(name, locked.version, str(error), False))
    return done


def _sync(name: str, locked: Locked) -> Synced:
    state = "there already"
    if plugin_versions().get(name) != locked.version or _is_other(name, locked):
        try:
            _bring(name, locked)
        except UsageError as error:
            raise UsageError(f"{error}{_cleared(name, locked)}") from None
        state = "installed"
    version = plugin_versions().get(name)
    if version is None:
        raise UsageError(f"{locked.spec} was installed, but it is not {name}")
    if version != locked.version:
        raise UsageError(f"{locked.spec} is version {version} now, {locked.version} was locked")
    if _is_other(name, locked):
        raise UsageError(f"its files are not those that were locked{_cleared(name, locked)}")
    if missing := lacking(name):
        raise UsageError(
            f"it needs {', '.join(missing)}, which was not locked with it: "
            f"`{to_type('plugins', 'install', locked.spec)}` again"
        )
    if problems := look(name).problems:
        raise UsageError("; ".join(problems))
    return Synced(name, version, state, True)


def _is_other(name: str, locked: Locked) -> bool:
    """Whether the files that are there are others than those of the locked version."""
    return locked.files is not None and files_hash(name) != locked.files


def _cleared(name: str, locked: Locked) -> str:
    """Uninstall what passes for the locked version and is not; what to add to the message."""
    if plugin_versions().get(name) != locked.version or not _is_other(name, locked):
        return ""
    installer.run(installer.uninstall_command([name]))
    importlib.invalidate_caches()
    return ": it was uninstalled, since what was there is not what was locked"


def _bring(name: str, locked: Locked) -> None:
    """Install a distribution, and what came with it and is not there in any version."""
    there = installer.versions()
    archives = locked.archives or {}
    wanted = {one: file for one, file in archives.items() if one == name or one not in there}
    if wanted:
        installer.install_archives(wanted)
    if name in archives:
        return
    if locked.commit is not None:
        spec = locked.commit
    elif Path(locked.spec).exists() or "://" in locked.spec:
        spec = locked.spec
    else:
        spec = f"{name}=={locked.version}"
    installer.install_alone(spec, editable=locked.editable)
    if locked.archives is None and name in plugin_versions() and (missing := lacking(name)):
        installer.install(missing)
