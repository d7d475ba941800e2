"""Stores on their way between machines: written on a disk of one's own, moved into sight whole.

A node keeps what it computes in a store on its own disk. Its folder is locked as long as its
process lives; what lies in one that nobody locks any more was left by a process that was killed,
and is sent by whoever comes next on that machine.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import shutil
import sqlite3
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

from audiorouter.errors import StoreError, UsageError
from audiorouter.machine.files import LockedError, locked
from audiorouter.store import Store
from audiorouter.store.whose import Whose, whose_file

STORE = Path("store", "store.db")
"""Below the folder that is locked: who opens a store may lock the one that it is in."""
SHARDS, UNFINISHED, SEEDS = "*.db", "*.db.part", "seeds"
_log = logging.getLogger(__name__)


def own_folder(exchange: Path) -> Path:
    """The folder on this machine's disk in which nodes of batches by that exchange keep stores.

    Raises:
        UsageError: somebody else has made it.
    """
    user = os.getuid()
    folder = Path(tempfile.gettempdir(), f"audiorouter-{user}")
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if found.st_uid != user or found.st_mode & 0o022 or folder.is_symlink():
        raise UsageError(f"{folder}: others may write there; remove it, or set TMPDIR")
    name = hashlib.blake2b(os.fsencode(exchange), digest_size=8).hexdigest()
    own = folder / name
    own.mkdir(mode=0o700, exist_ok=True)
    return own


def send(store: Path, exchange: Path) -> str:
    """Move a store that nobody has open into the exchange, whole or not at all; returns its name.

    Raises:
        OSError: it cannot be written there.
    """
    name = f"{uuid.uuid4().hex}.db"
    part = exchange / f"{name}.part"
    try:
        with store.open("rb") as source, part.open("xb") as target:
            shutil.copyfileobj(source, target, 1 << 20)
            target.flush()
            os.fsync(target.fileno())
        part.rename(exchange / name)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    store.unlink()
    return name


def send_left_behind(folder: Path, exchange: Path) -> None:
    """Send the stores that killed processes left on this machine."""
    for left in sorted(folder.iterdir()):
        if not left.is_dir():
            continue
        with contextlib.suppress(LockedError, FileNotFoundError), locked(left, seconds=0):
            if _nothing_is_left(left / STORE, exchange):
                shutil.rmtree(left, ignore_errors=True)


def _nothing_is_left(store: Path, exchange: Path) -> bool:
    """Whether a store was sent, or there is none; what cannot be sent now stays."""
    try:
        if not store.exists() or whose_file(store, "") is Whose.NOBODYS:
            return True  # killed before it was one
        Store(store).close()  # takes in what is still in the log
        send(store, exchange)
    except (StoreError, OSError, sqlite3.Error) as error:
        _log.warning("%s: what was computed stays there, it cannot be sent: %s", store, error)
        return False
    return True


@contextlib.contextmanager
def node_store(folder: Path) -> Iterator[Path]:
    """A place for the store of this process, which is gone when it ends well."""
    own = folder / uuid.uuid4().hex
    own.mkdir(mode=0o700)
    with locked(own):
        (own / STORE).parent.mkdir()
        yield own / STORE
        shutil.rmtree(own, ignore_errors=True)


def waiting(exchange: Path) -> list[Path]:
    """The stores that lie in the exchange, to be merged."""
    return sorted(exchange.glob(SHARDS))


def clear_away(exchange: Path) -> None:
    """Remove what killed nodes and batches left there unfinished; the stores to merge stay.

    It is for who holds the exchange. A node that is still sending fails, and keeps its store.
    """
    shutil.rmtree(exchange / SEEDS, ignore_errors=True)
    for part in exchange.glob(UNFINISHED):
        part.unlink(missing_ok=True)
