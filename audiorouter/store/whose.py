"""Whose an SQLite file is: a store of ours, of which age, or the database of another program."""

from __future__ import annotations

import contextlib
import sqlite3
from enum import Enum
from pathlib import Path

APPLICATION_ID = int.from_bytes(b"AuRo")
"""What stands in the header of every store since 0.3; see `PRAGMA application_id`."""
_HEADER, _MARK = 100, slice(68, 72)
"""Bytes of the header, and where the mark stands in it; see sqlite.org/fileformat.html."""
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
    return Whose.ANOTHERS if applied or names - {_MIGRATIONS} else Whose.NOBODYS


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
        opened = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
        with contextlib.closing(opened) as database:
            return whose(database, "") in (Whose.OURS, Whose.NEWER)
    except (OSError, sqlite3.Error):
        return False
