"""A copy of a store from anywhere, checked before anything of it is used.

So a file that changes, lies on a network, or was written by an earlier version is as good as any;
of its schema nothing is run.
"""

from __future__ import annotations

import contextlib
import errno
import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from audiorouter.errors import ShardError, StoreError
from audiorouter.machine.files import LockedError, locked
from audiorouter.machine.mounts import network_file_system
from audiorouter.store.sqlite_file import SqliteFile
from audiorouter.store.whose import Whose, spoken, whose

_COPIES = ".audiorouter-merge-"
_LEFT_SECONDS = 60.0
_BESIDE = ("-wal", "-journal")
"""What SQLite keeps beside a file that is being written, or whose writer was killed."""


@contextmanager
def taken_copy(shard: Path, *, beside: Path, latest: str) -> Iterator[Path]:
    """A checked copy of the store at `shard` in a folder `beside` the store, while it lasts.

    Raises:
        ShardError: it is not there, no store, damaged, or one of a later version.
    """
    if not shard.is_file():
        what = "it is no file" if shard.exists() else "there is no such file"
        raise ShardError(f"{shard}: {what}")
    _remove_left_copies(beside)
    with TemporaryDirectory(prefix=_COPIES, dir=beside) as folder, locked(Path(folder)):
        copy = Path(folder, "copy", "shard.db")  # who opens a store may lock the folder it is in
        copy.parent.mkdir()
        with readable_shard(shard), _room_for(shard, beside):
            logs = [suffix for suffix in _BESIDE if Path(f"{shard}{suffix}").exists()]
            if logs and network_file_system(shard) is None:
                with (
                    SqliteFile(shard, read_only=True) as source,
                    contextlib.closing(sqlite3.connect(copy)) as target,
                ):
                    source.backup_to(target)
            else:  # nobody writes it; or SQLite cannot see who does, on other machines
                for suffix in ("", *logs):
                    shutil.copyfile(f"{shard}{suffix}", f"{copy}{suffix}")
            _check(shard, copy, latest)
        yield copy


def _remove_left_copies(folder: Path) -> None:
    """Remove the copies of merges that were killed: nobody holds them any more."""
    for left in folder.glob(f"{_COPIES}*"):
        with contextlib.suppress(LockedError, OSError):
            if time.time() - left.stat().st_mtime < _LEFT_SECONDS:
                continue  # its owner may be about to lock it
            with locked(left, seconds=0):
                shutil.rmtree(left, ignore_errors=True)


def _check(shard: Path, copy: Path, latest: str) -> None:
    with contextlib.closing(sqlite3.connect(copy)) as database:
        database.execute("PRAGMA trusted_schema = OFF")
        database.execute("PRAGMA cell_size_check = ON")
        found = whose(database, latest)
        if found is Whose.NEWER:
            raise ShardError(
                f"{shard}: a later version of AudioRouter has written it; update this one (pip "
                "install --upgrade audiorouter)"
            )
        if found is not Whose.OURS:
            raise ShardError(f"{shard}: it is no store of AudioRouter")
        # What would be run by bringing it up to date, or in the place of a table.
        foreign = database.execute(
            "SELECT type || ' ' || name FROM sqlite_master WHERE type = 'trigger' "
            "OR (type = 'table' AND rootpage = 0) OR (type = 'view' AND name <> 'explanations')"
        ).fetchone()
        if foreign is not None:
            raise ShardError(f"{shard}: it holds what no store of AudioRouter does: {foreign[0]}")
        (state,) = database.execute("PRAGMA quick_check(1)").fetchone()
        if state != "ok":
            raise ShardError(
                f"{shard}: it is damaged, or was written while it was read ({state}); merge it "
                "when its batch has ended"
            )


@contextmanager
def _room_for(shard: Path, beside: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, StoreError, sqlite3.Error) as error:
        number = getattr(error.__cause__ or error, "errno", None)
        if number in (errno.ENOSPC, errno.EDQUOT) or "disk is full" in str(error):
            raise ShardError(
                f"{shard}: there is no room in {beside} for a copy of it, of "
                f"{shard.stat().st_size / 1e6:,.0f} MB: make room and merge it again"
            ) from error
        raise


@contextmanager
def readable_shard(shard: Path) -> Iterator[None]:
    """What keeps the store at `shard` from being read becomes a `ShardError`."""
    try:
        with spoken():
            yield
    except sqlite3.Error as error:
        raise ShardError(f"{shard}: it cannot be read as a store ({error})") from error
    except OSError as error:
        raise ShardError(f"{shard}: it cannot be read ({error.strerror or error})") from error
