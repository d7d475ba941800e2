"""Merging another store: what its keys name is added once, however often it is merged.

The other store may come from anywhere: it is read through a checked copy (`shard_copy`).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import NamedTuple

from audiorouter.errors import ShardError, StoreError
from audiorouter.machine.processes import ProcessMark
from audiorouter.store.cache_keys import cache_key
from audiorouter.store.result_tables import RESULT_TABLES, RUN_ROWS, RUNS, ResultTable
from audiorouter.store.row_shapes import row_problem
from audiorouter.store.shard_copy import readable_shard

_SLICE = 10_000
"""Rows a transaction: others may write in between, and a kill loses no more."""
_LONGEST = 64 * 2**20
"""Bytes of a row; ours take some thousand."""
_MARKS = ("host", "boot", "namespace", "pid", "process_started")
"""Columns of a run that say whose it is."""
_ROW = "is_row(CAST(s.route AS BLOB), CAST(s.fields AS BLOB))"
_ENDS = ("finished", "interrupted", "failed", "lost")


class Merged(NamedTuple):
    """How many rows of another store were added, or took the place of worse ones."""

    clips: int = 0
    clip_files: int = 0
    tool_calls: int = 0
    answers: int = 0
    routes: int = 0
    outcomes: int = 0
    runs: int = 0
    run_rows: int = 0
    running: int = 0
    """Runs that are still going on there: they are left for later."""
    unreadable: int = 0
    """Rows that no store of ours holds, which were left out."""

    @property
    def added(self) -> int:
        """All rows."""
        return sum(self[: Merged._fields.index("running")])


class Merger:
    """Adds what the (current) copy of a shard holds to a store.

    `transaction` is the store's own.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        transaction: Callable[[], AbstractContextManager[None]],
    ):
        self._connection = connection
        self._transaction = transaction

    def merge(self, shard: Path, copy: Path) -> Merged:
        """Merge the copy of `shard`.

        Raises:
            ShardError: it holds what no store can; what was added before that stays.
        """
        run = self._connection.execute
        length = self._connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST)
        run("PRAGMA trusted_schema = OFF")
        self._connection.create_function("is_text", 1, _is_text, deterministic=True)
        self._connection.create_function("is_row", 2, _is_row, deterministic=True)
        run("ATTACH ? AS shard", [str(copy)])
        try:
            with readable_shard(shard):
                self._check_tables(shard)
            counts = {table.name: self._table(table) for table in RESULT_TABLES}
            unreadable = sum(map(self._unreadable, (*RESULT_TABLES, RUNS, RUN_ROWS)))
            unreadable += self._without_run()
            runs, rows, running = self._runs()
        except StoreError as error:
            if not isinstance(error.__cause__, sqlite3.IntegrityError | sqlite3.DataError):
                raise
            raise ShardError(f"{shard}: it holds what no store keeps ({error.__cause__})") from None
        finally:
            run("DETACH shard")
            self._connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, length)
        return Merged(**counts, runs=runs, run_rows=rows, running=running, unreadable=unreadable)

    def _check_tables(self, shard: Path) -> None:
        """Make sure that its tables are such as ours: of the same columns, which hold the same."""
        for name in (*(table.name for table in RESULT_TABLES), "runs", "run_rows"):
            ours, theirs = (self._columns(schema, name) for schema in ("main", "shard"))
            if ours != theirs:
                raise ShardError(f"{shard}: its table {name} is not that of a store of AudioRouter")

    def _columns(self, schema: str, table: str) -> list[tuple[object, ...]]:
        """What a table is: of which kind, and its columns; nothing where there is none."""
        run = self._connection.execute
        kinds = [
            (row["type"], row["wr"], row["strict"])
            for row in run(f"PRAGMA {schema}.table_list({table})").fetchall()
            if row["schema"] == schema
        ]
        # All at once: a cursor that is left open keeps the shard from being let go of.
        columns = run(f"PRAGMA {schema}.table_xinfo({table})").fetchall()
        names = ("name", "type", "notnull", "pk", "hidden")
        return [*kinds, *(tuple(row[name] for name in names) for row in columns)]

    def _one(self, statement: str, *values: object) -> object:
        return self._connection.execute(statement, values).fetchone()[0]

    def _table(self, table: ResultTable) -> int:
        """Add the rows of one table that are new, or better than what is there."""
        columns = [row[1] for row in self._connection.execute(f"PRAGMA table_info({table.name})")]
        known = (
            "(s.clip IN (SELECT hash FROM main.clips) OR s.clip IN (SELECT hash FROM shard.clips))"
            if table.about_clip
            else "1"
        )
        # Nothing names a result by its row; with a clip's all that is about it would go.
        damaged = f"NOT ({self._readable(table, 'm')})" if table.about_clip else "0"
        wanted = (
            f"FROM shard.{table.name} AS s LEFT JOIN main.{table.name} AS m "
            f"ON m.{table.key} = s.{table.key} "
            f"WHERE (m.{table.key} IS NULL OR ({table.better}) OR {damaged}) AND {known} "
            f"AND {self._readable(table)}"
        )
        names, values = ", ".join(columns), ", ".join(f"s.{name}" for name in columns)
        added, after = 0, None
        while (until := self._end_of_slice(table.name, after)) is not None:
            with self._transaction():
                added += self._connection.execute(
                    f"INSERT OR REPLACE INTO main.{table.name} ({names}) SELECT {values} {wanted} "
                    "AND (? IS NULL OR s.rowid > ?) AND s.rowid <= ?",
                    [after, after, until],
                ).rowcount
            after = until
        return added

    def _end_of_slice(self, table: str, after: object) -> object:
        return self._one(
            f"SELECT max(rowid) FROM (SELECT rowid FROM shard.{table} "
            "WHERE ? IS NULL OR rowid > ? ORDER BY rowid LIMIT ?)",
            after, after, _SLICE,
        )  # fmt: skip

    def _unreadable(self, table: ResultTable) -> int:
        wrong = f"SELECT count(*) FROM shard.{table.name} AS s WHERE NOT ({self._readable(table)})"
        return int(str(self._one(wrong)))

    def _without_run(self) -> int:
        """Rows that can be read and are left out with their run."""
        known = f"SELECT s.id FROM shard.runs AS s WHERE {self._readable(RUNS)}"
        rows = f"SELECT count(*) FROM shard.run_rows AS s WHERE s.run NOT IN ({known})"
        return int(str(self._one(f"{rows} AND {self._readable(RUN_ROWS)}")))

    def _readable(self, table: ResultTable, row: str = "s") -> str:
        """Condition for a `row` whose texts, JSON and times are what they should be."""
        columns = self._connection.execute(f"PRAGMA main.table_info({table.name})")
        texts = [one["name"] for one in columns if one["type"] == "TEXT"]
        kinds = dict.fromkeys(table.lists, "array") | dict.fromkeys(table.objects, "object")
        return " AND ".join(
            [
                *(f"is_text(CAST({row}.{name} AS BLOB))" for name in texts),
                *(
                    f"CASE WHEN {row}.{name} IS NULL THEN 1 WHEN json_valid({row}.{name}) "
                    f"THEN json_type({row}.{name}) = '{kind}' ELSE 0 END"
                    for name, kind in kinds.items()
                ),
                # By these runs are sorted and pruned.
                *(f"({row}.{n} IS NULL OR {row}.{n} IS datetime({row}.{n}))" for n in table.times),
                *([_ROW] if table is RUN_ROWS else []),
            ]
        )

    def _runs(self) -> tuple[int, int, int]:
        """Add runs that are not there, or had not ended when they were merged before."""
        here = {_origin(run): run for run in self._all_runs("main")}
        added = rows = running = 0
        for run in self._all_runs("shard"):
            status, origin = _end(run), _origin(run)
            if status is None:
                running += 1
                continue
            known = here.get(origin)
            if known is not None and not self._tells_more(run, status, known):
                continue
            added += 1
            number = None if known is None else int(known["id"])
            rows += self._rows(run, number, origin, status)
        return added, rows, running

    def _all_runs(self, schema: str) -> list[sqlite3.Row]:
        return self._connection.execute(
            f"SELECT * FROM {schema}.runs AS s WHERE started IS NOT NULL "
            f"AND {self._readable(RUNS)} ORDER BY id"
        ).fetchall()

    def _tells_more(self, run: sqlite3.Row, status: str, known: sqlite3.Row) -> bool:
        """Whether the shard knows more of a run than is here: its end, or more of its rows."""
        if known["status"] != "lost" or status != "lost":
            return bool(known["status"] == "lost")
        there, here = (
            int(str(self._one(f"SELECT count(*) FROM {schema}.run_rows WHERE run = ?", number)))
            for schema, number in (("shard", run["id"]), ("main", known["id"]))
        )
        return there > here

    def _rows(self, run: sqlite3.Row, number: int | None, origin: str, status: str) -> int:
        """Add one run with its rows; until all are there it is `lost`."""
        connection = self._connection
        fields = {name: run[name] for name in run.keys() if name != "id"}  # noqa: SIM118
        fields |= {"origin": origin, "status": "lost"}
        with self._transaction():
            if number is None:
                number = connection.execute(
                    f"INSERT INTO main.runs ({', '.join(fields)}) "
                    f"VALUES ({', '.join('?' * len(fields))})",
                    [*fields.values()],
                ).lastrowid
        names = [row[1] for row in connection.execute("PRAGMA main.table_info(run_rows)")]
        columns = ", ".join(name for name in names if name != "run")
        rows, after = 0, None
        while True:
            (until,) = connection.execute(
                "SELECT max(position) FROM (SELECT position FROM shard.run_rows WHERE run = ? "
                "AND (? IS NULL OR position > ?) ORDER BY position LIMIT ?)",
                [run["id"], after, after, _SLICE],
            ).fetchone()
            if until is None:
                break
            with self._transaction():
                rows += connection.execute(
                    f"INSERT OR REPLACE INTO main.run_rows (run, {columns}) "
                    f"SELECT ?, {columns} FROM shard.run_rows AS s WHERE run = ? "
                    "AND (? IS NULL OR position > ?) AND position <= ? "
                    f"AND {self._readable(RUN_ROWS)}",
                    [number, run["id"], after, after, until],
                ).rowcount
            after = until
        with self._transaction():
            connection.execute(
                "UPDATE main.runs SET status = ?, finished = ? WHERE id = ?",
                [status, run["finished"], number],
            )
        return rows


def _is_text(value: bytes | None) -> bool:
    """Whether the bytes of a text are UTF-8, which SQLite does not ask."""
    if value is not None:
        try:
            value.decode()
        except UnicodeDecodeError:
            return False
    return True


def _is_row(route: bytes | None, fields: bytes | None) -> bool:
    return row_problem(route, fields) is None


def _end(run: sqlite3.Row) -> str | None:
    """How a run ended; None while it may still go on here.

    One on another machine whose end was never written is taken for lost: should it end after all,
    it is merged again as what it became.
    """
    if run["status"] in _ENDS:
        return str(run["status"])
    mark = ProcessMark(*(run[name] for name in _MARKS))
    return None if mark.gone() is False else "lost"


def _origin(run: sqlite3.Row) -> str:
    """What tells a run from all others, in whichever store it is; older ones have no name."""
    if run["origin"] is not None:
        return str(run["origin"])
    return cache_key("run", {name: run[name] for name in ("id", "started", "settings", *_MARKS)})
