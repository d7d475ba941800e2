"""The lock file beside the user's settings: which plugins were installed, to bring them back."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict

from audiorouter.machine.files import check_file, make_folder, write_file
from audiorouter.machine.paths import config_dir
from audiorouter.validation import read_json


class Locked(BaseModel):
    """One distribution: what was asked for, what came, and the hash of its files."""

    model_config = ConfigDict(frozen=True)

    spec: str
    editable: bool
    version: str
    files: str | None
    """None for an editable one, whose files may change."""


class _LockFile(BaseModel):
    model_config = ConfigDict(frozen=True)

    plugins: dict[str, Locked]


def lock_path() -> Path:
    """Where the lock file is."""
    return config_dir() / "plugins.lock.json"


def read_lock() -> dict[str, Locked]:
    """Locked distributions by name.

    Raises:
        UsageError: the file is damaged.
    """
    try:
        return read_json(lock_path(), _LockFile).plugins
    except FileNotFoundError:
        return {}


def check_lock() -> None:
    """Make sure that the lock file can be read and written; better before installing anything.

    Raises:
        UsageError: it cannot.
    """
    read_lock()
    make_folder(lock_path().parent)
    check_file(lock_path())


def write_lock(plugins: dict[str, Locked]) -> None:
    """Replace the lock file.

    Raises:
        UsageError: it cannot be written.
    """
    path = lock_path()
    make_folder(path.parent)
    write_file(path, _LockFile(plugins=dict(sorted(plugins.items()))).model_dump_json(indent=1))
