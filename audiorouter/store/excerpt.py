"""What a store holds about some files, as a store of its own."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from pathlib import Path

from audiorouter.store.result_tables import RESULT_TABLES, ResultTable
from audiorouter.store.sqlite_file import explained
from audiorouter.text import path_text


def write_excerpt(
    connection: sqlite3.Connection,
    transaction: Callable[[], AbstractContextManager[None]],
    target: Path,
    paths: Iterable[Path],
) -> int:
    """Add to the (current) store at `target` all results about the clips in these files.

    The connection is to a current store, outside a transaction; `transaction` is one of it.
    Returns how many rows were added.
    """
    run = connection.execute
    run("ATTACH ? AS excerpt", [str(target)])
    try:
        run("CREATE TEMP TABLE wanted (path TEXT PRIMARY KEY, clip TEXT)")
        try:
            with transaction(), explained(target):
                connection.executemany(
                    "INSERT OR IGNORE INTO temp.wanted "
                    "SELECT path, clip FROM main.clip_files WHERE path = ?",
                    [[path_text(path)] for path in paths],
                )
                return sum(_copy(connection, table) for table in RESULT_TABLES)
        finally:
            run("DROP TABLE temp.wanted")
    finally:
        run("DETACH excerpt")


def _copy(connection: sqlite3.Connection, table: ResultTable) -> int:
    """Copy what a table holds of the wanted clips; returns how many rows."""
    column, wanted = ("clip", "clip") if table.about_clip else (table.key, "clip")
    if table.name == "clip_files":
        column, wanted = "path", "path"
    return connection.execute(
        f"INSERT OR IGNORE INTO excerpt.{table.name} SELECT * FROM main.{table.name} "
        f"WHERE {column} IN (SELECT {wanted} FROM temp.wanted)"
    ).rowcount
