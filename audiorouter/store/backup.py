"""Copying a store to another file while it may be in use."""

from __future__ import annotations

import contextlib
import sqlite3
import time
from pathlib import Path

from audiorouter.errors import StoreError
from audiorouter.machine.signals import told_to_stop
from audiorouter.store.sqlite_file import explained, keep_from_others, make_private
from audiorouter.store.whose import is_store

_SLICE_SECONDS = 0.25
"""How long SQLite waits by itself for a lock, deaf to everything else."""


def copy_to(
    target: Path, source: sqlite3.Connection, *, path: Path, overwrite: bool, seconds: float
) -> None:
    """Copy the open store at `path` to `target`.

    That is its owner's alone then, unless others may write it. A target that another process keeps
    locked is waited for up to `seconds`.

    Raises:
        StoreError: it cannot be written; it is the store itself, or the file of something else; or
            there is a store already and it is not to `overwrite` it.
    """
    there = target.exists()
    if there and target.samefile(path):
        raise StoreError(f"{target} is the store itself; copy it to another file")
    if there and target.stat().st_size:
        if not is_store(target):
            raise StoreError(f"{target} is a file of something else; choose another one")
        if not overwrite:
            raise StoreError(f"{target} is there already: choose another file, or --overwrite it")
    until = time.monotonic() + seconds

    def look(status: int, _remaining: int, _total: int) -> None:
        """SQLite itself would try for ever."""
        locked = status in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
        if locked and (told_to_stop() or time.monotonic() > until):
            raise StoreError(f"{target}: another process has kept it locked for too long")

    try:
        with explained(target):
            make_private(target)
            keep_from_others(target)
            with contextlib.closing(sqlite3.connect(target, timeout=_SLICE_SECONDS)) as copy:
                source.backup(copy, progress=look)
    except BaseException:  # also Ctrl-C
        if not there:
            target.unlink(missing_ok=True)
        raise
