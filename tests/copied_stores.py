"""New stores as copies of one, in which all migrations were made.

To make them takes 20 ms of a processor, which many hundred tests would spend on the same tables.
"""

from __future__ import annotations

import sqlite3
import threading
from functools import cached_property

from sqlite_utils import Database

from audiorouter.store.migrations import migrations

_apply = migrations.apply


class FirstStore:
    """The tables and marks of a new store, made once in this process."""

    def __init__(self) -> None:
        self._turn = threading.Lock()

    def apply(self, database: Database, **options: object) -> None:
        """In place of `migrations.apply`: what already has tables is migrated as ever."""
        if options or database.table_names():
            _apply(database, **options)
            return
        (mark,) = database.conn.execute("PRAGMA application_id").fetchone()
        with self._turn:
            self._made.execute(f"PRAGMA application_id = {mark}")
            self._made.backup(database.conn)

    @cached_property
    def _made(self) -> sqlite3.Connection:
        connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        _apply(Database(connection))
        return connection
