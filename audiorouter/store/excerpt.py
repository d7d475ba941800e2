"""What a store holds about some files, as a store of its own."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from pathlib import Path

from audiorouter.store.result_tables import RESULT_TABLES
from audiorouter.text import path_text


def write_excerpt(connection: sqlite3.Connection, target: Path, paths: Iterable[Path]) -> int:
    """Add to the (current) store at `target` all results about the clips in these files.

    The connection is to a current store, outside a transaction. Returns how many rows it holds.
    """
    run = connection.execute
    run("ATTACH ? AS excerpt", [str(target)])
    try:
        run("CREATE TEMP TABLE wanted (path TEXT PRIMARY KEY, clip TEXT)")
        try:
            run("BEGIN IMMEDIATE")
            connection.executemany(
                "INSERT OR IGNORE INTO temp.wanted "
                "SELECT path, clip FROM main.clip_files WHERE path = ?",
                [[path_text(path)] for path in paths],
            )
            rows = 0
            for table in RESULT_TABLES:
                column, wanted = ("clip", "clip") if table.about_clip else (table.key, "clip")
                if table.name == "clip_files":
                    column, wanted = "path", "path"
                rows += run(
                    f"INSERT OR IGNORE INTO excerpt.{table.name} SELECT * FROM main.{table.name} "
                    f"WHERE {column} IN (SELECT {wanted} FROM temp.wanted)"
                ).rowcount
            run("COMMIT")
        finally:
            if connection.in_transaction:
                run("ROLLBACK")
            run("DROP TABLE temp.wanted")
    finally:
        run("DETACH excerpt")
    return rows
