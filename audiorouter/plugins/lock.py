"""The lock file beside the user's settings: which plugins were installed, to bring them back."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from audiorouter.machine.files import check_file, make_folder, write_file
from audiorouter.machine.paths import config_dir
from audiorouter.validation import read_json

Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
Word = Annotated[str, Field(pattern=r"^\S+$")]


class Archive(BaseModel):
    """The file that a distribution was installed from: a wheel, or a source archive."""

    model_config = ConfigDict(frozen=True)

    version: Word
    sha256: list[Sha256] = Field(min_length=1)
    """Of the file; where uv installed, of all files that the index has of this version."""
    url: Word | None = None
    """Where a file that was asked for by its place is; None for one from an index."""

    def requirement(self, name: str) -> str:
        """The line of a requirements file that stands for this file of `name` and no other."""
        what = f"{name}=={self.version}" if self.url is None else f"{name} @ {self.url}"
        return " ".join([what, *(f"--hash=sha256:{sha256}" for sha256 in self.sha256)])


class Locked(BaseModel):
    """One distribution: what was asked for, what came, and the hashes of it."""

    model_config = ConfigDict(frozen=True)

    spec: str
    editable: bool
    version: str
    files: str | None
    """Hash of its files as installed; None for an editable one, whose files may change."""
    archives: dict[Word, Archive] | None = None
    """By name: its own, unless it was made of a folder or a commit, and those of what it needs, as
    far as plugins brought them. None in files that earlier versions wrote."""
    commit: str | None = None
    """What to install for one from version control: its address with the commit."""


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
    content = _LockFile(plugins=dict(sorted(plugins.items()))).model_dump_json(indent=1)
    write_file(path, content, private=True)  # an address may hold a password
