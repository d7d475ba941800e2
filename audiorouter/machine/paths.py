"""Where things are kept on this machine: the store, the weights cache, and settings."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from audiorouter.errors import UsageError

StrPath = str | os.PathLike[str]
"""Where a file or folder is, as people give it."""


def cache_dir() -> Path:
    """Folder of downloaded and converted weights: `$AUDIOROUTER_CACHE` or the user's cache.

    Raises:
        UsageError: neither is known.
    """
    return _chosen("AUDIOROUTER_CACHE") or _users("cache", "AUDIOROUTER_CACHE")


def default_store_path() -> Path:
    """The SQLite file used when `--db` is not given: `$AUDIOROUTER_DB` or the user's data.

    Raises:
        UsageError: neither is known.
    """
    return _chosen("AUDIOROUTER_DB") or _users("data", "AUDIOROUTER_DB") / "store.db"


def config_dir() -> Path:
    """Folder of the user's settings: `$AUDIOROUTER_CONFIG` or the user's own.

    Raises:
        UsageError: neither is known.
    """
    return _chosen("AUDIOROUTER_CONFIG") or _users("config", "AUDIOROUTER_CONFIG")


def _chosen(variable: str) -> Path | None:
    value = os.environ.get(variable)
    if not value:
        return None
    path = Path(os.path.expanduser(value))  # noqa: PTH111 - pathlib's own raises without a home
    if str(path).startswith("~"):
        raise UsageError(f"${variable}: there is no home folder for {value}: give a whole path")
    return path


def _users(kind: str, variable: str) -> Path:
    """The user's folder; a user without a home, as in some containers, has to choose one."""
    import platformdirs

    try:
        path = Path(getattr(platformdirs, f"user_{kind}_dir")("audiorouter"))
    except RuntimeError:
        path = Path("~")  # what older versions give
    if not path.is_absolute():
        raise UsageError(f"this user has no home folder: set ${variable}")
    return path


def scratch_folder() -> Path:
    """Where large files for a while belong: TMPDIR, or else /var/tmp, since /tmp may be memory."""
    told, usual = os.environ.get("TMPDIR"), Path("/var/tmp")
    if not told and os.access(usual, os.W_OK):
        return usual
    return Path(tempfile.gettempdir())
