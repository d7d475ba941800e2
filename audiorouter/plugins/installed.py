"""Distributions that bring plugins, as they are installed here."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import importlib.metadata
from collections.abc import Iterable
from dataclasses import dataclass

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from audiorouter.errors import UsageError
from audiorouter.machine.installed import PLUGIN_GROUP
from audiorouter.plugins.discovery import find_plugins
from audiorouter.plugins.snapshots import Snapshot, snapshot_of
from audiorouter.text import unknown

_OWN = ("RECORD", "INSTALLER", "REQUESTED", "direct_url.json", "uv_cache.json")
"""Files that installers add."""


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


def look(distribution: str) -> Installed:
    """Import the plugins of a distribution in child processes, unless they are known already."""
    snapshots = {
        plugin.name: snapshot_of(plugin)
        for plugin in find_plugins()
        if plugin.distribution is not None
        and canonicalize_name(plugin.distribution) == distribution
    }
    return Installed(distribution, plugin_versions()[distribution], snapshots)


def plugin_versions() -> dict[str, str]:
    """Versions of the distributions that bring plugins, by name."""
    return {
        canonicalize_name(entry_point.dist.name): entry_point.dist.version
        for entry_point in importlib.metadata.entry_points(group=PLUGIN_GROUP)
        if entry_point.dist is not None
    }


def distribution_of(name: str) -> str:
    """The distribution called `name`, or that of the plugin called so.

    Raises:
        UsageError: there is no such plugin.
    """
    if canonicalize_name(name) in plugin_versions():
        return canonicalize_name(name)
    for plugin in find_plugins():
        if plugin.name == name and plugin.distribution is not None:
            return canonicalize_name(plugin.distribution)
    raise UsageError(unknown("installed plugin", name, plugin_versions()))


def files_hash(distribution: str) -> str:
    """Hash over the files that a distribution installed; the same wheel gives the same.

    RECORD says which files those are, not what is in them. What installers add of their own (such
    as scripts and compiled code) is left out.
    """
    lines = []
    for path in importlib.metadata.distribution(distribution).files or ():
        if ".." in path.parts or path.name in _OWN or "__pycache__" in path.parts:
            continue
        try:
            digest = hashlib.sha256(path.read_binary()).digest()
        except OSError:
            digest = b""
        # In the form of RECORD, whose own hashes were kept before.
        lines.append(f"{path} {base64.urlsafe_b64encode(digest).decode().rstrip('=')}")
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()


def lacking(distribution: str, extra: str | None = None) -> list[str]:
    """What a distribution requires that is not installed, or in another version.

    With `extra` what that one brings alone. Markers, which say where, are left out.
    """
    return [
        str(requirement).partition(";")[0].strip()
        for requirement in _wanted_by(distribution, extra)
        if (version := _version(requirement.name)) is None
        or not requirement.specifier.contains(version, prereleases=True)
    ]


def required(distribution: str, extra: str) -> list[str]:
    """Names of what an extra of a distribution brings beyond what that requires anyway."""
    own = {one.name for one in _requirements(distribution)}
    brought = dict.fromkeys(one.name for one in _wanted_by(distribution, extra))
    return [name for name in brought if name not in own]


def needed(distribution: str) -> set[str]:
    """Names of what a distribution needs, and what that needs, as far as it is installed."""
    todo: list[tuple[str, frozenset[str]]] = [(distribution, frozenset())]
    seen = set(todo)
    while todo:
        for requirement in _requirements(*todo.pop()):
            step = canonicalize_name(requirement.name), frozenset(requirement.extras)
            if step not in seen and _version(requirement.name) is not None:
                seen.add(step)
                todo.append(step)
    return {name for name, _ in seen} - {distribution}


def _wanted_by(distribution: str, extra: str | None) -> list[Requirement]:
    """What a distribution requires of itself, or by an extra beyond that."""
    own = _requirements(distribution)
    if extra is None:
        return own
    return [one for one in _requirements(distribution, [extra]) if one not in own]


def _requirements(distribution: str, extras: Iterable[str] = ()) -> list[Requirement]:
    """What a distribution requires here."""
    wanted = []
    for text in importlib.metadata.distribution(distribution).requires or ():
        with contextlib.suppress(InvalidRequirement):  # as very old ones may have
            requirement = Requirement(text)
            if requirement.marker is None or any(
                requirement.marker.evaluate({"extra": extra}) for extra in ("", *extras)
            ):
                wanted.append(requirement)
    return wanted


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None
