"""Where things are kept on this machine: the store, and the weights cache."""

from __future__ import annotations

import os
from pathlib import Path


def cache_dir() -> Path:
    """Folder of downloaded and converted weights: `$AUDIOROUTER_CACHE` or the user's cache."""
    if chosen := os.environ.get("AUDIOROUTER_CACHE"):
        return Path(chosen).expanduser()
    import platformdirs

    return Path(platformdirs.user_cache_dir("audiorouter"))


def default_store_path() -> Path:
    """The SQLite file used when `--db` is not given: `$AUDIOROUTER_DB` or the user's data."""
    if chosen := os.environ.get("AUDIOROUTER_DB"):
        return Path(chosen).expanduser()
    import platformdirs

    return Path(platformdirs.user_data_dir("audiorouter")) / "store.db"


def config_dir() -> Path:
    """Folder of the user's settings: `$AUDIOROUTER_CONFIG` or the user's own."""
    if chosen := os.environ.get("AUDIOROUTER_CONFIG"):
        return Path(chosen).expanduser()
    import platformdirs

    return Path(platformdirs.user_config_dir("audiorouter"))
