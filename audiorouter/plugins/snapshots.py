"""What is known of plugins without importing them: a child process imports each version once."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from audiorouter.errors import UsageError
from audiorouter.machine.files import write_whole
from audiorouter.machine.paths import cache_dir
from audiorouter.machine.processes import ending
from audiorouter.weights import Weights

if TYPE_CHECKING:
    from audiorouter.plugins.discovery import FoundPlugin

PROBE_SECONDS = 60.0
_KEPT = 200


@dataclass(frozen=True)
class Offer:
    """Something that a plugin registers, as the lists show it."""

    kind: str
    name: str
    about: dict[str, str] = field(default_factory=dict)
    weights: Weights | None = None
    """The set itself, where it is one of weights: lists say how it stands now."""

    @property
    def label(self) -> str:
        """Kind and name."""
        return f"{self.kind} {self.name}"


@dataclass(frozen=True)
class Snapshot:
    """What a child process saw when it imported a plugin; `crash` says how it died of it."""

    offers: list[Offer] = field(default_factory=list)
    seconds: float = 0.0
    """What importing it took."""
    error: str | None = None
    crash: str | None = None
    commands_error: str | None = None
    """Why its commands cannot be had; a child process alone makes them all."""

    @property
    def lacking(self) -> bool:
        """Whether something of it was not ready, for want of a package, weights or a key."""
        return any(offer.about.get("ready", "yes") != "yes" for offer in self.offers)

    @property
    def problems(self) -> list[str]:
        """Everything that is wrong with it."""
        left_out = None if self.crash is None else f"is left out: importing it {self.crash}"
        return [
            problem
            for problem in (self.error, left_out, self.commands_error)
            if problem is not None
        ]


def known_snapshot(plugin: FoundPlugin) -> Snapshot | None:
    """What is kept of exactly this code, without starting anything."""
    return _read().get(plugin.key)


def any_offers(kind: str) -> bool:
    """Whether any plugin that was ever seen offers something of that kind."""
    return any(offer.kind == kind for snapshot in _read().values() for offer in snapshot.offers)


def snapshot_of(plugin: FoundPlugin) -> Snapshot:
    """What is kept of a plugin; one that was never seen is imported in a child process first."""
    return known_snapshot(plugin) or snapshot_again(plugin)


def snapshot_again(plugin: FoundPlugin) -> Snapshot:
    """What a child process sees now when it imports a plugin."""
    snapshot = probe(plugin)
    _keep(plugin.key, snapshot)
    return snapshot


def probe(plugin: FoundPlugin) -> Snapshot:
    """Import a plugin in a child process and say what came of it."""
    import subprocess

    try:
        done = subprocess.run(
            # Not with the current folder, whose files may be called like modules.
            [sys.executable, "-P", "-m", "audiorouter.plugins.probe", plugin.name, plugin.module],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            # No pipe: what a plugin starts may keep it open for ever.
            stderr=subprocess.DEVNULL,
            timeout=PROBE_SECONDS,
        )
    except subprocess.TimeoutExpired:
        return Snapshot(crash=f"took longer than {PROBE_SECONDS:g} s")
    from pydantic import TypeAdapter, ValidationError

    try:
        return TypeAdapter(Snapshot).validate_json(done.stdout, strict=True)
    except ValidationError:
        return Snapshot(crash=f"ended the process ({ending(done.returncode)})")


def _path() -> Path:
    return cache_dir() / "plugins.json"


@cache
def _read() -> dict[str, Snapshot]:
    """What is kept; a file that is damaged in any way is as good as none."""
    try:
        path = _path()
        if not path.exists():
            return {}
        # Imported where there is something to check: `--help` is to come at once.
        from audiorouter.validation import read_json

        return read_json(path, dict[str, Snapshot])
    except (OSError, UsageError):
        return {}


def _keep(key: str, snapshot: Snapshot) -> None:
    """Keep it; a cache that cannot be written is done without."""
    _read.cache_clear()
    kept = {**{k: asdict(s) for k, s in _read().items()}, key: asdict(snapshot)}
    for old in list(kept)[:-_KEPT]:
        del kept[old]
    with contextlib.suppress(OSError, UsageError):
        path = _path()
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, json.dumps(kept))
    _read.cache_clear()
