"""Whose an SQLite file is: a store of ours, of which age, or the database of another program."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import Enum
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

APPLICATION_ID = int.from_bytes(b"AuRo")
"""What stands in the header of every store since 0.3; see `PRAGMA application_id`."""
_HEADER, _MARK = 100, slice(68, 72)
"""Bytes of the header, and where the mark stands in it; see sqlite.org/fileformat.html."""
_READS_LOG, _LOG = 19, b"\2"
"""Where the header says whether there is a write-ahead log, and how it says so."""
_UNREADABLE = ("SQLITE_CANTOPEN", "SQLITE_READONLY")
_SECONDS = 0.25
"""How long a lock of another process is waited for."""
_MIGRATIONS = "_sqlite_migrations"


class Whose(Enum):
    """What a file of SQLite holds."""

    NOBODYS = "nothing yet"
    OURS = "a store"
    NEWER = "a store of a later version"
    ANOTHERS = "the database of another program"


def whose(connection: sqlite3.Connection, latest: str) -> Whose:
    """Whose the database is; `latest` is the name of the last migration that is known here.

    Stores of earlier versions have no mark of their own, and are known by their migrations.
    """
    listed = connection.execute(
        "SELECT name FROM sqlite_master "
        "WHERE type IN ('table', 'view') AND name NOT GLOB 'sqlite_*'"
    )
    names = {name for (name,) in listed}
    applied = _applied(connection) if _MIGRATIONS in names else []
    ours = [name for whose, name in applied if whose == "audiorouter"]
    # Last: a process that is making the file at this moment marks it first.
    (mark,) = connection.execute("PRAGMA application_id").fetchone()
    if mark not in (0, APPLICATION_ID):
        return Whose.ANOTHERS
    if ours:
        return Whose.NEWER if max(ours) > latest else Whose.OURS
    if mark == APPLICATION_ID:
        return Whose.OURS
    # Where a process was killed at once, the table of migrations may be all that there is.
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    others = applied or names - {_MIGRATIONS} or version  # which we do not use
    return Whose.ANOTHERS if others else Whose.NOBODYS


def whose_file(path: Path, latest: str) -> Whose:
    """Whose the database at `path` is, asked without changing it or what lies beside it.

    Whoever closes a database last that could be written takes the log into it that a killed
    process left; so nothing can be written through what is opened here.

    Raises:
        OSError, sqlite3.Error: it cannot be read, or is none.
    """
    return _looked_at(path, lambda database: whose(database, latest))


def last_migration(path: Path) -> str | None:
    """Name of the last migration of the store at `path`, asked in the same way; None of none.

    Raises:
        OSError, sqlite3.Error: it cannot be read, or is none.
    """

    def look(database: sqlite3.Connection) -> str | None:
        listed = database.execute("SELECT name FROM sqlite_master WHERE name = ?", [_MIGRATIONS])
        applied = _applied(database) if listed.fetchone() else []
        return max((name for whose, name in applied if whose == "audiorouter"), default=None)

    return _looked_at(path, look)


def _looked_at(path: Path, look: Callable[[sqlite3.Connection], T]) -> T:
    """What `look` sees in the database at `path`, which stays as it is."""
    with path.open("rb") as stream:
        header = stream.read(_HEADER)
    log = Path(f"{path}-wal")
    # Of one with a log, a file beside it would be made for readers, unless that is ruled out.
    made = header[_READS_LOG : _READS_LOG + 1] == _LOG and not log.exists()
    try:
        return _opened(path, "mode=ro&immutable=1" if made else "mode=ro", look)
    except sqlite3.OperationalError as error:
        if not getattr(error, "sqlite_errorname", "").startswith(_UNREADABLE):
            raise
        # A change has to be undone first, or no file can be made beside it.
        return _opened(path, "mode=ro&immutable=1", look)


def _opened(path: Path, how: str, look: Callable[[sqlite3.Connection], T]) -> T:
    opened = sqlite3.connect(f"{path.absolute().as_uri()}?{how}", uri=True, timeout=_SECONDS)
    with contextlib.closing(opened) as database, spoken():
        return look(database)


@contextmanager
def spoken() -> Iterator[None]:
    """SQLite quotes a damaged file in what it says of it; where that is no text, it is said anew.

    Raises:
        sqlite3.DatabaseError: the file is damaged.
    """
    try:
        yield
    except UnicodeDecodeError as error:
        raise sqlite3.DatabaseError("it is damaged: what it says is no text") from error


def _applied(connection: sqlite3.Connection) -> list[tuple[str, str]]:
    """Migrations by whose they are; the names of ours begin with a number: the last is greatest."""
    columns = connection.execute(f"SELECT name FROM pragma_table_info('{_MIGRATIONS}')")
    if not {"migration_set", "name"} <= {name for (name,) in columns}:
        return [("another", "")]
    rows = connection.execute(f"SELECT migration_set, name FROM {_MIGRATIONS}")
    return [(str(whose), str(name)) for whose, name in rows]


def is_store(path: Path) -> bool:
    """Whether a file is a store, of whichever version, also while others keep it locked."""
    try:
        with path.open("rb") as stream:
            if stream.read(_HEADER)[_MARK] == APPLICATION_ID.to_bytes(4):
                return True
        return whose_file(path, "") in (Whose.OURS, Whose.NEWER)
    except (OSError, sqlite3.Error):
        return False
