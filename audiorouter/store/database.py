"""Reading and writing the store. One finished thing is one commit, so a kill loses nothing else."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from audiorouter.clips import ClipFacts, FileStamp
from audiorouter.errors import StoreError
from audiorouter.store import runs
from audiorouter.store.sqlite_file import BUSY_SECONDS, SqliteFile, explained, is_store
from audiorouter.store.stored import (
    CallCost,
    MeasuredCost,
    StoredAnswer,
    StoredCall,
    StoredOutcome,
    StoredRoute,
    StoreStats,
)
from audiorouter.text import path_text, unknown

_VARIABLES = 500
"""Keys asked for in one statement."""

LATEST_MIGRATION = "m010_confidence"
"""Name of the last one in `migrations.py`, which is imported only where it is missing."""


class Store(SqliteFile):
    """The database at `path`, created and brought up to date when opened.

    Use it from one thread. Other processes may use the same file at the same time.

    >>> with Store(Path("store.db")) as store:          # doctest: +SKIP
    ...     store.stats().tool_calls

    Raises:
        StoreError: the file cannot be opened, is no database, or cannot be brought up to date.
    """

    def __init__(self, path: Path, *, busy_seconds: float = BUSY_SECONDS):
        super().__init__(path, busy_seconds=busy_seconds)
        try:
            self._migrate()
            # Off while migrating: a table that is made anew must not take others with it.
            self._one("PRAGMA foreign_keys = ON")
        except BaseException:
            self.close()
            raise

    def _migrate(self) -> None:
        """Bring the schema up to date; asking first keeps the import out of every start."""
        if self._is_current():
            return
        from sqlite_utils import Database

        from audiorouter.store.migrations import migrations

        # Processes that open a new file at the same moment take turns.
        with self._alone():
            self._patiently(lambda: self._connection.execute("PRAGMA journal_mode = WAL"))
            self._patiently(lambda: migrations.apply(Database(self._connection)))

    def _is_current(self) -> bool:
        (tables,) = self._one(
            "SELECT count(*) FROM sqlite_master WHERE name = '_sqlite_migrations'"
        )
        if not tables:
            return False
        latest = self._one(
            "SELECT 1 FROM _sqlite_migrations WHERE migration_set = 'audiorouter' AND name = ?",
            [LATEST_MIGRATION],
        )
        (journal,) = self._one("PRAGMA journal_mode")
        return latest is not None and journal == "wal"

    # Clips

    def clip_of_file(self, path: Path, stamp: FileStamp) -> tuple[str, ClipFacts] | None:
        """Hash and facts of the clip in a file that has not changed since it was hashed."""
        row = self._one(
            "SELECT c.hash AS audio_hash, c.duration, c.sample_rate, c.channels, c.rms_dbfs, "
            "c.peak_dbfs, f.file_hash, f.remark "
            "FROM clip_files AS f JOIN clips AS c ON c.hash = f.clip "
            "WHERE f.path = ? AND f.size = ? AND f.mtime_ns = ? AND f.inode = ?",
            [path_text(path), *_signed(stamp)],
        )
        return None if row is None else (row["audio_hash"], ClipFacts(**row))

    def save_clip(self, path: Path, stamp: FileStamp, facts: ClipFacts) -> None:
        """Remember what was found in the file at `path`."""
        row = {"path": path_text(path), **vars(facts)}
        clip = self._keepable("clips", row)
        with self._transaction():
            self._connection.execute(
                "INSERT OR IGNORE INTO clips VALUES (:audio_hash, :path, :duration, :sample_rate, "
                ":channels, :rms_dbfs, :peak_dbfs)",
                clip,
            )
            self._connection.execute(
                "INSERT OR REPLACE INTO clip_files VALUES (?, ?, ?, ?, ?, ?, ?)",
                [
                    clip["path"],
                    *_signed(stamp),
                    facts.audio_hash,
                    facts.file_hash,
                    facts.remark,
                ],
            )

    # Results

    def calls(self, keys: Iterable[str]) -> dict[str, StoredCall]:
        """The finished tool calls among `keys`."""
        return {row["key"]: StoredCall(**row) for row in self._by_key("tool_calls", keys)}

    def answers(self, keys: Iterable[str]) -> dict[str, StoredAnswer]:
        """The finished answers among `keys`."""
        return {row["key"]: StoredAnswer(**row) for row in self._by_key("answers", keys)}

    def routes(self, keys: Iterable[str]) -> dict[str, StoredRoute]:
        """The decided routes among `keys`."""
        return {row["key"]: StoredRoute(**row) for row in self._by_key("routes", keys)}

    def outcomes(self, keys: Iterable[str]) -> dict[str, StoredOutcome]:
        """The known outcomes among `keys`."""
        return {row["key"]: StoredOutcome(**row) for row in self._by_key("outcomes", keys)}

    def save_call(self, call: StoredCall) -> None:
        """Keep a finished call; a failed one gives way to a later success, never the reverse."""
        self._keepable("tool_calls", vars(call))
        with self._transaction():
            self._connection.execute(
                "DELETE FROM tool_calls WHERE key = ? AND status = 'failed'", [call.key]
            )
            self._insert("tool_calls", call)

    def save_answer(self, answer: StoredAnswer, *, replace: bool = False) -> None:
        """Keep an answer, or `replace` by it one that cannot be used."""
        with self._transaction():
            if replace:
                self._connection.execute("DELETE FROM answers WHERE key = ?", [answer.key])
            self._insert("answers", answer)

    def save_outcome(self, outcome: StoredOutcome) -> None:
        """Keep an outcome."""
        with self._transaction():
            self._insert("outcomes", outcome)

    def save_route(self, route: StoredRoute) -> None:
        """Keep a decision."""
        with self._transaction():
            self._insert("routes", route)

    # Runs

    def start_run(self, questions_file: Path, clips_dir: Path, settings: str) -> int:
        """Open a run and return its number; runs whose process is gone are closed as `lost`."""
        with self._transaction():
            return runs.begin(
                self._connection,
                now=_now(),
                questions_file=path_text(questions_file),
                clips_dir=path_text(clips_dir),
                settings=settings,
            )

    def finish_run(self, run: int, status: Literal["finished", "interrupted", "failed"]) -> None:
        """Close a run; one that was killed stays `running` until the next one starts."""
        with self._transaction():
            self._connection.execute(
                "UPDATE runs SET finished = ?, status = ? WHERE id = ?", [_now(), status, run]
            )

    def save_rows(self, run: int, rows: Sequence[Mapping[str, Any]]) -> None:
        """Write the rows of a run, one transaction for all of them."""
        kept = [self._keepable("run_rows", {**row, "run": run}) for row in rows]
        with self._transaction():
            self._connection.executemany(
                "INSERT OR REPLACE INTO run_rows VALUES (:run, :position, :question_id, :audio, "
                ":question, :answer, :prediction, :correct, :clip, :route, :answer_key, :error)",
                kept,
            )

    # The whole

    def save_tool_cost(self, tool: str, identity: str, cost: MeasuredCost) -> None:
        """Keep what a tool costs on this machine."""
        with self._transaction():
            self._connection.execute(
                "INSERT OR REPLACE INTO tool_costs "
                "(identity, tool, seconds_per_second, measured, shared) VALUES (?, ?, ?, ?, ?)",
                [identity, tool, cost.seconds_per_second, _now(), cost.shared],
            )

    def tool_costs(self) -> dict[str, MeasuredCost]:
        """What tools cost on this machine (`save_tool_cost`), by identity."""
        rows = self._all("SELECT * FROM tool_costs WHERE shared IS NOT NULL", [])
        return {
            row["identity"]: MeasuredCost(row["seconds_per_second"], row["shared"]) for row in rows
        }

    def call_costs(self, identity: str) -> list[CallCost]:
        """What each kept call of a tool takes; those of older versions do not say."""
        rows = self._all(
            "SELECT t.arguments, t.seconds, t.shared, c.duration FROM tool_calls AS t "
            "JOIN clips AS c ON c.hash = t.clip "
            "WHERE t.identity = ? AND t.status = 'ok' AND t.shared IS NOT NULL",
            [identity],
        )
        return [CallCost(*row) for row in rows]

    def seconds_per_answer(self, provider: str) -> float | None:
        """Mean seconds an answer of `provider`, or None where there is none yet."""
        row = self._one("SELECT avg(seconds) AS mean FROM answers WHERE provider = ?", [provider])
        return None if row is None else row["mean"]

    def stats(self) -> StoreStats:
        """How much is kept."""
        files = [self.path, Path(f"{self.path}-wal")]
        return StoreStats(
            clips=self._count("clips"),
            tool_calls=self._count("tool_calls"),
            answers=self._count("answers"),
            outcomes=self._count("outcomes"),
            routes=self._count("routes"),
            runs=self._count("runs"),
            bytes=sum(file.stat().st_size for file in files if file.exists()),
        )

    def prune(self, *, days: int) -> int:
        """Delete results older than `days`, and runs as old; returns how many rows went.

        What a batch that still runs may need is kept, whatever its age.
        """
        with self._transaction():
            deleted = runs.prune(self._connection, days=days, now=_now())
        self._one("VACUUM")
        return deleted

    def export(self, table: str) -> Iterator[dict[str, Any]]:
        """Every row of a table or view, as dictionaries.

        Raises:
            StoreError: there is no such table.
        """
        names = [
            row["name"]
            for row in self._all(
                "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') "
                "AND name NOT LIKE '\\_%' ESCAPE '\\' AND name NOT LIKE 'sqlite%' ORDER BY name"
            )
        ]
        if table not in names:
            raise StoreError(unknown("table", table, names))
        with explained(self.path):
            for row in self._connection.execute(f"SELECT * FROM {table}"):
                yield dict(row)

    def backup(self, target: Path) -> None:
        """Copy the database to `target` while it may be in use."""
        if target.exists() and target.samefile(self.path):
            raise StoreError(f"{target} is the store itself; copy it to another file")
        if target.exists() and target.stat().st_size and not is_store(target):
            raise StoreError(f"{target} is a file of something else; copy the store to another one")
        with explained(target), contextlib.closing(sqlite3.connect(target)) as copy:
            self._connection.backup(copy)

    # Plumbing

    def _by_key(self, table: str, keys: Iterable[str]) -> Iterator[dict[str, Any]]:
        wanted = list(dict.fromkeys(keys))
        for start in range(0, len(wanted), _VARIABLES):
            some = wanted[start : start + _VARIABLES]
            marks = ",".join("?" * len(some))
            for row in self._all(f"SELECT * FROM {table} WHERE key IN ({marks})", some):
                values = dict(row)
                values.pop("created")
                yield values

    def _insert(
        self, table: str, value: StoredCall | StoredAnswer | StoredOutcome | StoredRoute
    ) -> None:
        fields = self._keepable(table, vars(value))
        names, marks = ", ".join(fields), ", ".join("?" * len(fields))
        self._connection.execute(
            f"INSERT OR IGNORE INTO {table} ({names}, created) VALUES ({marks}, ?)",
            [*fields.values(), _now()],
        )

    def _count(self, table: str) -> int:
        return int(self._one(f"SELECT count(*) AS n FROM {table}", [])["n"])


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S")


def _signed(stamp: FileStamp) -> list[int]:
    """The stamp in signed 64 bits, which some file systems' numbers go beyond."""
    return [(number + (1 << 63)) % (1 << 64) - (1 << 63) for number in stamp]
