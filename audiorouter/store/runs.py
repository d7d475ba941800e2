"""Runs in the store: which ones still go on, and which ones died without a word.

A run that stands there as `running` when its process is gone is `lost`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from uuid import uuid4

from audiorouter.machine.processes import ProcessMark


def _counted(chosen: str) -> str:
    """Those runs, the last one first, with how much of their rows is there (`StoredRun`)."""
    return f"""
        WITH chosen AS ({chosen}), by_clip AS (
            SELECT run, count(*) AS rows, count(prediction) AS answered,
                   coalesce(sum(correct), 0) AS right, count(correct) AS scored
            FROM run_rows WHERE run IN (SELECT id FROM chosen) GROUP BY run, audio
        )
        SELECT id, started, finished, status, questions_file, clips_dir, settings,
               coalesce(sum(rows), 0), coalesce(sum(answered), 0), coalesce(sum(scored > 0), 0),
               coalesce(sum(right), 0), coalesce(sum(scored), 0), coalesce(sum(right * right), 0),
               coalesce(sum(right * scored), 0), coalesce(sum(scored * scored), 0)
        FROM chosen LEFT JOIN by_clip ON run = id
        GROUP BY id ORDER BY id DESC
    """


LATEST = _counted("SELECT * FROM runs ORDER BY id DESC LIMIT ?")
BY_NUMBER = _counted("SELECT * FROM runs WHERE id = ?")
BEFORE = _counted(
    "SELECT * FROM runs WHERE id < ? AND questions_file = ? AND status = 'finished' "
    "AND json_valid(settings) AND json_extract(settings, '$.router') = ? ORDER BY id DESC LIMIT 1"
)
OTHERS = "SELECT count(*) FROM runs WHERE status = 'running' AND id <> ?"
ROWS = """
SELECT position, question_id, audio, question, answer, prediction, correct, clip, route,
       answer_key, error, fields
FROM run_rows WHERE run = ? ORDER BY position
"""

_DAYS_OUT_OF_SIGHT = 30
"""After how long a run on another machine, or in another container, is taken for gone."""


def begin(
    connection: sqlite3.Connection, *, now: str, questions_file: str, clips_dir: str, settings: str
) -> int:
    """Open a run of this process and return its number, which no other run ever had."""
    close_lost(connection, now=now)
    cursor = connection.execute(
        "INSERT INTO runs (status, started, questions_file, clips_dir, settings, "
        "origin, host, boot, namespace, pid, process_started) "
        "VALUES ('running', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [now, questions_file, clips_dir, settings, uuid4().hex, *ProcessMark.own()],
    )
    assert cursor.lastrowid is not None
    return cursor.lastrowid


def lost(connection: sqlite3.Connection, *, now: str) -> list[int]:
    """The runs that go on no more, though nobody has written that: their process is gone.

    One out of sight is given some time. In a store of an earlier version that does not say whose
    they are it is every one that is `running`, as it is where such a store is brought up to date.
    """
    (says_whose,) = connection.execute(
        "SELECT count(*) FROM pragma_table_info('runs') WHERE name = 'host'"
    ).fetchone()
    mark = "host, boot, namespace, pid, process_started" if says_whose else "NULL"
    rows = connection.execute(
        f"SELECT id, started <= datetime(?, ?), {mark} FROM runs WHERE status = 'running'",
        [now, f"-{_DAYS_OUT_OF_SIGHT} days"],
    ).fetchall()
    return [run for run, old, *mark in rows if not says_whose or _gone(ProcessMark(*mark), old)]


def _gone(process: ProcessMark, old: int) -> bool:
    seen = process.gone()
    return bool(old) if seen is None else seen


def close_lost(connection: sqlite3.Connection, *, now: str) -> None:
    """Write of the runs whose process is gone that they are `lost`."""
    connection.executemany(
        "UPDATE runs SET finished = ?, status = 'lost' WHERE id = ?",
        [[now, run] for run in lost(connection, now=now)],
    )


def prune(connection: sqlite3.Connection, *, days: int, now: str) -> int:
    """Delete results and runs older than `days`; returns how many rows went.

    Runs that go on are kept with their rows. While there are any, results of every age are kept:
    they may be about to be read.
    """
    close_lost(connection, now=now)
    age = [now, f"-{days} days"]
    old = _old_rows(connection, ended=[])
    return sum(connection.execute(f"DELETE FROM {rows}", age).rowcount for rows in old)


def count_old(connection: sqlite3.Connection, *, days: int, now: str) -> int:
    """How many rows `prune` would delete; nothing is written."""
    age = [now, f"-{days} days"]
    old = _old_rows(connection, ended=lost(connection, now=now))
    counts = [f"SELECT count(*) FROM {rows}" for rows in old]
    return sum(connection.execute(count, age).fetchone()[0] for count in counts)


def _old_rows(connection: sqlite3.Connection, *, ended: Sequence[int]) -> list[str]:
    """Tables with the condition for what is old in them, by now and an age.

    Those runs have `ended`, whatever stands there.
    """
    goes_on = f"status = 'running' AND id NOT IN ({', '.join(map(str, ended))})"
    (running,) = connection.execute(f"SELECT count(*) FROM runs WHERE {goes_on}").fetchone()
    results = () if running else ("tool_calls", "answers", "outcomes", "routes")
    return [
        *(f"{table} WHERE created <= datetime(?, ?)" for table in results),
        f"runs WHERE NOT ({goes_on}) AND started <= datetime(?, ?)",
    ]
