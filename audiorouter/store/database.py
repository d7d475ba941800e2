"""Reading and writing the store. What is finished is committed at once, so a kill loses no more."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import gettempdir
from typing import Any, Self

from audiorouter.errors import ShardError, StoreError
from audiorouter.machine.called import to_type
from audiorouter.machine.mounts import network_file_system
from audiorouter.store import runs
from audiorouter.store.backup import copy_to
from audiorouter.store.clip_rows import ClipRows
from audiorouter.store.cost_rows import CostRows
from audiorouter.store.excerpt import write_excerpt
from audiorouter.store.merge import Merged, Merger
from audiorouter.store.run_rows import RunRows
from audiorouter.store.shard_copy import taken_copy
from audiorouter.store.sqlite_file import (
    BUSY_SECONDS,
    DAMAGED,
    explained,
    has_nothing,
    keep_from_others,
    now,
)
from audiorouter.store.stored import (
    StoredAnswer,
    StoredCall,
    StoredOutcome,
    StoredRoute,
    StoreStats,
)
from audiorouter.store.whose import APPLICATION_ID, Whose, whose, whose_file
from audiorouter.text import unknown

_Keyed = StoredCall | StoredAnswer | StoredOutcome | StoredRoute
_LARGE = 1 << 28
"""Bytes of a store from which bringing it up to date takes more than a moment."""
_OF_RUNS = ("run_rows", "explanations")
LATEST_MIGRATION = "m014_remarks_on_answers"
"""Name of the last one in `migrations.py`, which is imported only where it is missing."""


class Store(ClipRows, RunRows, CostRows):
    """The database at `path`, created and brought up to date when opened.

    Threads and other processes may use the same file at the same time. It is its owner's alone. On
    a network file system it is kept without a write-ahead log, which needs memory that all writers
    share. With `read_only` it is neither created nor changed; of one of an earlier version what it
    has can be read, and what it lacks (a table, a column) is a `StoreError`.

    >>> with Store(Path("store.db")) as store:          # doctest: +SKIP
    ...     store.stats().tool_calls

    Raises:
        StoreError: the file cannot be opened, is no store, is one of a later version, or cannot be
            brought up to date.
    """

    def __init__(self, path: Path, *, busy_seconds: float = BUSY_SECONDS, read_only: bool = False):
        network = None if read_only else network_file_system(path)
        super().__init__(
            path, busy_seconds=busy_seconds, read_only=read_only, alone=network is not None
        )
        try:
            self._check_whose()
            if not read_only:
                keep_from_others(path)
                self._migrate(network)
            # Off while migrating: a table that is made anew must not take others with it.
            self._one("PRAGMA foreign_keys = ON")
        except BaseException:
            self.close()
            raise

    @classmethod
    def to_look_at(cls, path: Path) -> Self:
        """The store at `path`, brought up to date where it may be written, else only read.

        Where there is none, none is made.
        """
        try:
            there = path.resolve()
            only_read = has_nothing(there) or not all(
                os.access(each, os.W_OK) for each in (there, there.parent)
            )
        except OSError:
            only_read = False  # opening it says what is wrong
        return cls(path, read_only=only_read)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        with explained(self.path):
            try:
                yield
            except sqlite3.OperationalError as error:
                if not str(error).startswith(("no such table", "no such column")):
                    raise
                if self.read_only and not self._has_latest():
                    raise StoreError(self._not_up_to_date()) from error
                raise StoreError(f"the store {self.path}: {DAMAGED} ({error})") from error

    def _not_up_to_date(self) -> str:
        (tables,) = self._one("SELECT count(*) FROM sqlite_master")
        state = "of an earlier version" if tables else "empty"
        return (
            f"the store {self.path}: it is {state} and may not be written, so that it cannot be "
            "brought up to date: make it and its folder writable, or copy it by "
            f"`{to_type('store', 'backup', 'FILE')}` and choose the copy by --db"
        )

    def _check_before_use(self) -> None:
        """Refuse what is not ours, asked such that it stays as it is."""
        with explained(self.path):
            if self.path.stat().st_size:
                self._refuse(self._patiently(lambda: whose_file(self.path, LATEST_MIGRATION)))

    def _check_whose(self) -> None:
        with explained(self.path):
            self._refuse(self._patiently(lambda: whose(self._connection, LATEST_MIGRATION)))

    def _refuse(self, found: Whose) -> None:
        if found is Whose.ANOTHERS:
            raise StoreError(
                f"the store {self.path}: it is the database of another program; choose another "
                "file by --db"
            )
        if found is Whose.NEWER:
            raise StoreError(
                f"the store {self.path}: a later version of AudioRouter has written it; update "
                "this one (pip install --upgrade audiorouter), or choose another file by --db"
            )

    def _migrate(self, network: str | None) -> None:
        """Bring the file up to date; asking first keeps the import out of every start."""
        journal = "wal" if network is None else "delete"
        if not self._is_current(journal):
            from sqlite_utils import Database

            from audiorouter.store.migrations import migrations

            # Processes that open a new file at the same moment take turns.
            with self._alone():
                if not self._has_latest() and self.path.stat().st_size > _LARGE:
                    self._say(
                        f"the store {self.path} is of an earlier version: it is rewritten, which "
                        "may take minutes"
                    )
                if self._mark() != APPLICATION_ID:
                    self._one(f"PRAGMA application_id = {APPLICATION_ID}")
                self._one(f"PRAGMA journal_mode = {journal}")
                self._patiently(lambda: migrations.apply(Database(self._connection)))
            if network is not None:
                self._say(
                    f"the store {self.path} is on a network file system ({network}): it is kept "
                    "without a write-ahead log, which is slower; let one machine at a time use it"
                )
        if network is not None:
            self._one("PRAGMA locking_mode = NORMAL")
            self._mark()  # the lock is let go of by whatever is done next

    def _is_current(self, journal: str) -> bool:
        return (
            self._mark() == APPLICATION_ID
            and self._has_latest()
            and self._one("PRAGMA journal_mode")[0] == journal
        )

    def _has_latest(self) -> bool:
        """Whether the last of the migrations was made."""
        (tables,) = self._one(
            "SELECT count(*) FROM sqlite_master WHERE name = '_sqlite_migrations'"
        )
        latest = tables and self._one(
            "SELECT 1 FROM _sqlite_migrations WHERE migration_set = 'audiorouter' AND name = ?",
            [LATEST_MIGRATION],
        )
        return bool(latest)

    def _mark(self) -> int:
        return int(self._one("PRAGMA application_id")[0])

    # Results

    def calls(self, keys: Iterable[str]) -> dict[str, StoredCall]:
        """The finished tool calls among `keys`."""
        return {row["key"]: StoredCall(**row) for row in self._having("tool_calls", "key", keys)}

    def answers(self, keys: Iterable[str]) -> dict[str, StoredAnswer]:
        """The finished answers among `keys`."""
        return {row["key"]: StoredAnswer(**row) for row in self._having("answers", "key", keys)}

    def routes(self, keys: Iterable[str]) -> dict[str, StoredRoute]:
        """The decided routes among `keys`."""
        return {row["key"]: StoredRoute(**row) for row in self._having("routes", "key", keys)}

    def outcomes(self, keys: Iterable[str]) -> dict[str, StoredOutcome]:
        """The known outcomes among `keys`."""
        return {row["key"]: StoredOutcome(**row) for row in self._having("outcomes", "key", keys)}

    def save_call(self, call: StoredCall, *, replace: bool = False) -> None:
        """Keep a finished call; a failed one gives way to a later success, never the reverse.

        With `replace` a kept success gives way to a later one, too.
        """
        self._keepable("tool_calls", vars(call))
        with self._transaction():
            self._connection.execute(
                "DELETE FROM tool_calls WHERE key = ? AND (? OR status = 'failed')",
                [call.key, replace and call.status == "ok"],
            )
            self._insert("tool_calls", [call])
        self._is_whole("tool_calls", [call])

    def save_answer(self, answer: StoredAnswer, *, replace: bool = False) -> None:
        """Keep an answer, or `replace` by it one that cannot be used."""
        with self._transaction():
            if replace:
                self._connection.execute("DELETE FROM answers WHERE key = ?", [answer.key])
            self._insert("answers", [answer])
        self._is_whole("answers", [answer])

    def save_outcome(self, outcome: StoredOutcome) -> None:
        """Keep an outcome."""
        with self._transaction():
            self._insert("outcomes", [outcome])
        self._is_whole("outcomes", [outcome])

    def save_routes(self, routes: Sequence[StoredRoute], *, replace: Collection[str] = ()) -> None:
        """Keep decisions, all of them or none; those whose keys are to be `replace`d give way."""
        gone = [[route.key] for route in routes if route.key in replace]
        with self._transaction():
            self._connection.executemany("DELETE FROM routes WHERE key = ?", gone)
            self._insert("routes", routes)
        self._is_whole("routes", routes)

    # The whole

    def stats(self) -> StoreStats:
        """How much is kept; of tables that an earlier version did not have, nothing."""
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
            deleted = runs.prune(self._connection, days=days, now=now())
        self._one("VACUUM")
        return deleted

    def count_old(self, *, days: int) -> int:
        """How many rows `prune` would delete."""
        with self._transaction():
            return runs.count_old(self._connection, days=days, now=now())

    def export(self, table: str) -> Iterator[dict[str, Any]]:
        """Every row of a table or view, as dictionaries; what is no UTF-8 in them is replaced.

        Rows of runs come in the order of their questions.

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
        with self._explained():
            order = "ORDER BY run, position" if table in _OF_RUNS else ""
            with self._turn:
                cursor = self._connection.execute(f"SELECT * FROM {table} {order}")
            while rows := self._fetched_legible(cursor):
                yield from rows

    def backup(self, target: Path, *, overwrite: bool = False) -> None:
        """Copy the database to `target` while it may be in use; a new file is its owner's alone.

        With `overwrite` it may take the place of what another store holds.

        Raises:
            StoreError: it cannot be written, or there is something already.
        """
        with self._turn:
            copy_to(
                target,
                self._connection,
                path=self.path,
                overwrite=overwrite,
                seconds=self._busy_seconds,
            )

    def merge(self, shard: Path) -> Merged:
        """Add what another store holds; what is here already stays, unless it failed there only.

        It may be merged any number of times, also after a kill.

        Raises:
            ShardError: `shard` is no store, damaged, or one of a later version.
            StoreError: this store cannot be written, or is on a network file system.
        """
        if shard.exists() and self.path.exists() and shard.samefile(self.path):
            raise ShardError(f"{shard} is the store itself")
        if (network := network_file_system(self.path)) is not None:
            raise StoreError(
                f"the store {self.path} is on a network file system ({network}), which is no place "
                "for many writes: merge into one on a local disk (--db), and copy that"
            )
        folder = self.path.parent
        beside = folder if os.access(folder, os.W_OK) else Path(gettempdir())
        with taken_copy(shard, beside=beside, latest=LATEST_MIGRATION) as copy:
            try:
                Store(copy).close()  # brings it up to date
            except StoreError as error:
                why = error.__cause__ or error
                raise ShardError(f"{shard}: it cannot be brought up to date ({why})") from error
            with self._turn, explained(self.path):
                return Merger(self._connection, self._transaction).merge(shard, copy)

    def excerpt(self, target: Path, paths: Iterable[Path]) -> int:
        """Add to a store at `target` all results about the clips in these files; returns how many.

        Raises:
            StoreError: one of the two cannot be used.
        """
        Store(target).close()
        with self._turn, explained(target):
            return write_excerpt(self._connection, self._transaction, target, paths)

    # Plumbing

    def _insert(self, table: str, values: Sequence[_Keyed]) -> None:
        for value in values:
            fields = self._keepable(table, vars(value))
            names, marks = ", ".join(fields), ", ".join("?" * len(fields))
            instead = "REPLACE" if (table, value.key) in self._damaged else "IGNORE"
            self._connection.execute(
                f"INSERT OR {instead} INTO {table} ({names}, created) VALUES ({marks}, ?)",
                [*fields.values(), now()],
            )

    def _is_whole(self, table: str, values: Sequence[_Keyed]) -> None:
        """Damaged rows were taken the place of: known only once the transaction is through."""
        self._damaged.difference_update((table, value.key) for value in values)

    def _count(self, table: str) -> int:
        (there,) = self._one("SELECT count(*) FROM sqlite_master WHERE name = ?", [table])
        return int(self._one(f"SELECT count(*) FROM {table}")[0]) if there else 0
