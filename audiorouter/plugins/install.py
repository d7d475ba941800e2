"""Installing plugins into the running environment, by pip or, where uv made it, by uv."""

from __future__ import annotations

import hashlib
import importlib
import importlib.metadata
import importlib.util
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name, parse_wheel_filename

from audiorouter.errors import UsageError
from audiorouter.plugins.discovery import GROUP, find_plugins
from audiorouter.plugins.lock import Locked, check_lock, read_lock, write_lock
from audiorouter.plugins.snapshots import Snapshot, snapshot_of
from audiorouter.plugins.specs import check_specs


@dataclass(frozen=True)
class Installed:
    """A distribution that brings plugins, and what a child process saw of each."""

    distribution: str
    version: str
    snapshots: dict[str, Snapshot]

    @property
    def problems(self) -> list[str]:
        """What is wrong with it."""
        return [
            f"{name} {problem}"
            for name, snapshot in self.snapshots.items()
            for problem in snapshot.problems
        ]


def install_command(specs: Sequence[str], *, editable: bool = False) -> list[str]:
    """The command that installs `specs`.

    Raises:
        UsageError: the environment has neither pip nor uv.
    """
    changes = [part for spec in specs for part in (["-e", spec] if editable else [spec])]
    return [*_installer("install"), *changes]


def uninstall_command(names: Sequence[str]) -> list[str]:
    """The command that uninstalls distributions, by their name or that of one of their plugins.

    Raises:
        UsageError: there is no such plugin.
    """
    return [*_installer("uninstall"), *map(_distribution_of, names)]


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
    before = _versions()
    _run(install_command(specs, editable=editable))
    importlib.invalidate_caches()
    touched = _touched(specs, before)
    if not touched:
        raise UsageError(
            f"{' '.join(specs)}: installed, but no plugin came with it (no entry point {GROUP!r})"
        )
    looked = [_look(name) for name in touched]
    problems = [problem for plugin in looked for problem in plugin.problems]
    if problems and not force:
        new = [name for name in touched if name not in before]
        if new:
            _run(uninstall_command(new))
        raise UsageError(
            "; ".join(problems)
            + (". It was uninstalled again" if new else ". An earlier version was there before")
            + " (--force keeps it)"
        )
    lock = read_lock()
    for plugin in looked:
        spec = next((s for s in specs if _names(s, plugin.distribution)), specs[0])
        lock[plugin.distribution] = Locked(
            spec=_absolute(spec),
            editable=editable,
            version=plugin.version,
            files=None if editable else files_hash(plugin.distribution),
        )
    write_lock(lock)
    return looked


def uninstall(names: Sequence[str]) -> None:
    """Uninstall distributions, by their name or that of one of their plugins.

    Raises:
        UsageError: there is no such plugin.
    """
    check_lock()
    distributions = [_distribution_of(name) for name in names]
    _run(uninstall_command(names))
    importlib.invalidate_caches()
    lock = read_lock()
    write_lock({name: locked for name, locked in lock.items() if name not in distributions})


@dataclass(frozen=True)
class Synced:
    """What became of one distribution of the lock file."""

    distribution: str
    version: str
    state: str
    """`there already`, `installed`, or why not."""
    well: bool


def sync() -> list[Synced]:
    """Install what the lock file names and is not there, in the versions that it names."""
    done = []
    for name, locked in read_lock().items():
        try:
            done.append(_sync(name, locked))
        except UsageError as error:
            done.append(Synced(name, locked.version, str(error), False))
    return done


def _sync(name: str, locked: Locked) -> Synced:
    state = "there already"
    if _versions().get(name) != locked.version:
        _run(install_command([_pinned(name, locked)], editable=locked.editable))
        importlib.invalidate_caches()
        state = "installed"
    version = _versions().get(name)
    if version is None:
        raise UsageError(f"{locked.spec} was installed, but it is not {name}")
    if version != locked.version:
        raise UsageError(f"{locked.spec} is version {version} now, {locked.version} was locked")
    if locked.files is not None and files_hash(name) != locked.files:
        raise UsageError("its files are not those that were locked")
    if problems := _look(name).problems:
        raise UsageError("; ".join(problems))
    return Synced(name, version, state, True)


def _pinned(name: str, locked: Locked) -> str:
    """What to install: a path or URL as it was given, anything else by name and version."""
    if Path(locked.spec).exists() or "://" in locked.spec:
        return locked.spec
    return f"{name}=={locked.version}"


def files_hash(distribution: str) -> str:
    """Hash over what a distribution installed, by its RECORD; the same wheel gives the same.

    What installers add of their own (RECORD itself, INSTALLER, scripts, compiled code) is left out.
    """
    own = ("RECORD", "INSTALLER", "REQUESTED", "direct_url.json", "uv_cache.json")
    lines = [
        f"{path} {path.hash.value if path.hash else ''}"
        for path in importlib.metadata.distribution(distribution).files or ()
        if ".." not in path.parts and path.name not in own and path.suffix != ".pyc"
    ]
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()


def _look(distribution: str) -> Installed:
    snapshots = {
        plugin.name: snapshot_of(plugin)
        for plugin in find_plugins()
        if plugin.distribution is not None
        and canonicalize_name(plugin.distribution) == distribution
    }
    return Installed(distribution, _versions()[distribution], snapshots)


def _versions() -> dict[str, str]:
    """Versions of the distributions that bring plugins."""
    versions: dict[str, str] = {}
    for entry_point in importlib.metadata.entry_points(group=GROUP):
        if entry_point.dist is not None:
            versions[canonicalize_name(entry_point.dist.name)] = entry_point.dist.version
    return versions


def _touched(specs: Sequence[str], before: dict[str, str]) -> list[str]:
    """Plugin distributions that are new, have another version, or were named."""
    now = _versions()
    return [
        name
        for name, version in now.items()
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


def _distribution_of(name: str) -> str:
    if canonicalize_name(name) in _versions():
        return canonicalize_name(name)
    for plugin in find_plugins():
        if plugin.name == name and plugin.distribution is not None:
            return canonicalize_name(plugin.distribution)
    known = ", ".join(_versions()) or "none"
    raise UsageError(f"there is no installed plugin {name!r} (installed: {known})")


def _absolute(spec: str) -> str:
    return str(Path(spec).resolve()) if Path(spec).exists() else spec


def _installer(action: str) -> list[str]:
    """uv where it made the environment and is there, else pip; neither asks questions."""
    config = Path(sys.prefix) / "pyvenv.cfg"
    made_by_uv = config.is_file() and re.search(rb"^uv\s*=", config.read_bytes(), re.MULTILINE)
    uv = shutil.which("uv")
    if made_by_uv and uv:
        return [uv, "pip", action, "--python", sys.executable]
    if importlib.util.find_spec("pip") is not None:
        pip = [sys.executable, "-m", "pip", action, "--disable-pip-version-check"]
        return [*pip, "--yes"] if action == "uninstall" else pip
    raise UsageError(f"{sys.prefix} has neither pip nor uv to install with")


def _run(command: Sequence[str]) -> None:
    done = subprocess.run(
        command, capture_output=True, stdin=subprocess.DEVNULL, encoding="utf-8", errors="replace"
    )
    if done.returncode != 0:
        lines = (done.stderr.strip() or done.stdout.strip()).splitlines()
        raise UsageError(f"`{' '.join(command)}` failed:\n  " + "\n  ".join(lines[-8:]))
