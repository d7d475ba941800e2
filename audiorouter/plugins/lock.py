"""The lock file beside the user's settings: which plugins were installed, to bring them back."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from audiorouter.errors import UsageError
from audiorouter.files import write_whole
from audiorouter.paths import config_dir


@dataclass(frozen=True)
class Locked:
    """One distribution: what was asked for, what came, and the hash of its files."""

    spec: str
    editable: bool
    version: str
    files: str | None
    """None for an editable one, whose files may change."""


def lock_path() -> Path:
    """Where the lock file is."""
    return config_dir() / "plugins.lock.json"


def read_lock() -> dict[str, Locked]:
    """Locked distributions by name.

    Raises:
        UsageError: the file is damaged.
    """
    try:
        found = json.loads(lock_path().read_text(encoding="utf-8"))
        return {name: Locked(**entry) for name, entry in found["plugins"].items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(f"{lock_path()}: not readable: {error}") from None


def write_lock(plugins: dict[str, Locked]) -> None:
    """Replace the lock file."""
    path = lock_path()
    path.parent.mkdir(parents=True, exist_ok=True)
    entries = {name: asdict(plugin) for name, plugin in sorted(plugins.items())}
    write_whole(path, json.dumps({"plugins": entries}, indent=1) + "\n")
