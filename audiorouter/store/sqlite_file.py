"""An SQLite file that several processes write: opening it, taking turns, and saying what is wrong.

Every error of SQLite or of the file system leaves as a `StoreError` that says what to do.
"""

from __future__ import annotations

import contextlib
import math
import os
import sqlite3
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Self, TypeVar

from audiorouter.errors import StoreError, UnkeepableError
from audiorouter.machine.files import LockedError, locked
from audiorouter.machine.signals import told_to_stop
from audiorouter.store.whose import spoken
from audiorouter.text import is_encodable

BUSY_SECONDS = 60.0
"""How long a write waits for another process that holds the lock."""

_REWRITES = 60
"""How many times as long it waits where another process may be rewriting a store: an hour."""

NOTICE_SECONDS = 2.0
"""How long it waits without saying so."""

_FETCHED = 1_000
"""Rows that an export reads at a time."""
_SLICE_SECONDS = 0.25
"""How long SQLite waits by itself, deaf to everything else."""

DAMAGED = (
    "it is damaged; move it away (all that it holds can be computed again), or put a backup in its "
    "place"
)
_REMEDIES = {
    "BUSY": "another process has kept it locked for too long; let it end, or stop it, and run this "
    "again",
    "READONLY": "it may not be written; change its permissions, or choose another file by --db",
    "CANTOPEN": "it cannot be opened; look whether its folder may be written, or choose another "
    "file by --db",
    "NOTADB": "it is something else than a database; choose another file by --db",
    "CORRUPT": DAMAGED,
    "FULL": "the disk is full; make room and run this again, what was finished is kept",
    "IOERR": "the disk failed; what was finished is kept",
}
"""What to do about the errors of SQLite that a user can do something about, by their name."""

T = TypeVar("T")


class SqliteFile:
    """A connection to the SQLite file at `path`, which is created where there is none.

    Threads take turns, a statement or a transaction each. Other processes may use the same file at
    the same time: a write waits up to `busy_seconds` for theirs, and says so on stderr when that
    takes longer than a moment. With `read_only` nothing is created or written, so that a disk that
    takes nothing will do. With `alone` nobody else may use it until `locking_mode` is NORMAL again:
    that takes no memory which processes share.

    Raises:
        StoreError: the file cannot be opened; every other method raises it as well.
    """

    def __init__(
        self,
        path: Path,
        *,
        busy_seconds: float = BUSY_SECONDS,
        read_only: bool = False,
        alone: bool = False,
    ):
        self.path = path
        self.read_only = read_only
        self._busy_seconds = busy_seconds
        self._said_waiting = False
        self._gave_up = False
        self._turn = threading.RLock()
        with explained(path):
            if path.is_dir():
                raise StoreError(f"the store {path}: it is a folder; name a file by --db")
            if read_only and has_nothing(path):
                raise StoreError(f"the store {path}: there is none yet; --db names another")
            if not read_only:
                path.parent.mkdir(parents=True, exist_ok=True)
                make_private(path)
            # Connected, it is not even opened yet.
            self._connection = (
                self._connect(self._to_read, uri=True) if read_only else self._connect(str(path))
            )
        try:
            self._check_before_use()
            if read_only:
                with explained(path):
                    self._begin_to_read()
            if alone:  # before anything is read
                self._one("PRAGMA locking_mode = EXCLUSIVE")
            self._one("PRAGMA synchronous = NORMAL")
        except BaseException:
            self._connection.close()
            raise

    def _check_before_use(self) -> None:
        """Refuse a file that is not to be used, before it is opened."""

    @property
    def _to_read(self) -> str:
        return f"{self.path.absolute().as_uri()}?mode=ro"

    def _connect(self, place: str, *, uri: bool = False) -> sqlite3.Connection:
        # Autocommit: a transaction is begun where it is wanted, as IMMEDIATE.
        connection = sqlite3.connect(
            place,
            timeout=min(_SLICE_SECONDS, self._busy_seconds),
            isolation_level=None,
            check_same_thread=False,  # `_turn` sees to that
            uri=uri,
        )
        connection.row_factory = sqlite3.Row
        return connection

    def _begin_to_read(self) -> None:
        try:
            self._patiently(lambda: self._connection.execute("SELECT 1 FROM sqlite_master"))
        except sqlite3.OperationalError as error:
            log = Path(f"{self.path}-wal")
            if not _name(error).startswith(("CANTOPEN", "READONLY")):
                raise
            if log.exists() and log.stat().st_size:
                raise StoreError(
                    f"the store {self.path}: its last writer did not end well, and what it wrote "
                    f"last can be read only where files can be written: copy it there, with {log}"
                ) from None
            # Who reads beside others keeps a file for that, which cannot be made here; but where
            # nothing can be written nobody writes.
            self._connection.close()
            self._connection = self._connect(f"{self._to_read}&immutable=1", uri=True)

    def close(self) -> None:
        """Close the connection; what was written stays."""
        self._connection.close()

    def backup_to(self, target: sqlite3.Connection) -> None:
        """Copy the whole file into another database, while it may be in use."""
        with self._turn, self._explained():
            self._patiently(lambda: self._connection.backup(target))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Whatever SQLite or the file system says of the file becomes a `StoreError`."""
        with explained(self.path):
            yield

    def _one(self, statement: str, values: Sequence[Any] = ()) -> Any:
        with self._turn, self._explained():
            return self._patiently(lambda: self._connection.execute(statement, values).fetchone())

    def _all(self, statement: str, values: Sequence[Any] = ()) -> list[Any]:
        with self._turn, self._explained():
            return self._patiently(lambda: self._connection.execute(statement, values).fetchall())

    def _all_and_damaged(
        self, statement: str, values: Sequence[Any] = ()
    ) -> tuple[list[Any], list[Any]]:
        """The rows, and apart from them those with a text that is no UTF-8, which is `_Damaged`."""
        try:
            return self._all(statement, values), []
        except StoreError as error:
            if "decode to UTF-8" not in str(error.__cause__):
                raise
        with self._turn:
            self._connection.text_factory = _text
            try:
                rows = self._all(statement, values)
            finally:
                self._connection.text_factory = str
        damaged = [any(isinstance(value, _Damaged) for value in row) for row in rows]
        return (
            [row for row, bad in zip(rows, damaged, strict=True) if not bad],
            [row for row, bad in zip(rows, damaged, strict=True) if bad],
        )

    def _all_legible(self, statement: str, values: Sequence[Any] = ()) -> list[dict[str, Any]]:
        """All rows, those last in whose texts what is no UTF-8 had to be replaced."""
        rows, damaged = self._all_and_damaged(statement, values)
        return [*map(dict, rows), *map(legible, damaged)]

    def _fetched_legible(self, cursor: sqlite3.Cursor) -> list[dict[str, Any]]:
        """The next rows, with what is no UTF-8 in them replaced; none at the end."""
        with self._turn:
            self._connection.text_factory = _text
            try:
                return [legible(row) for row in cursor.fetchmany(_FETCHED)]
            finally:
                self._connection.text_factory = str

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._turn, self._explained():
            self._patiently(lambda: self._connection.execute("BEGIN IMMEDIATE"))
            if self._gave_up:  # who reads need not wait: only a write shows that the lock is gone
                self._gave_up = False
                self._wait_by_itself(min(_SLICE_SECONDS, self._busy_seconds))
            try:
                yield
                self._patiently(lambda: self._connection.execute("COMMIT"))
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """While it lasts, other processes that want the same wait their turn."""
        folder = self.path.parent
        waiting = partial(
            self._say,
            f"the store {self.path}: another process makes one in its folder ready: waiting",
        )
        with self._explained():
            try:
                with locked(folder, waiting=waiting, seconds=_REWRITES * self._busy_seconds):
                    yield
            except LockedError:
                raise StoreError(
                    f"the store {self.path}: another process has kept the folder {folder} locked "
                    "for too long; let it end, or choose a file in another folder by --db"
                ) from None

    def _keepable(self, table: str, row: Mapping[str, Any]) -> Mapping[str, Any]:
        """The row, when the file can keep it; else a `StoreError` that names the column."""
        for column, value in row.items():
            if (problem := _problem(value)) is not None:
                raise UnkeepableError(
                    f"the store {self.path} cannot keep {table}.{column}: {problem}"
                )
        return row

    def _patiently(self, work: Callable[[], T]) -> T:
        """What `work` gives, tried again while another process holds the lock.

        Who gave up once does not wait anew for each of the things that are still to be written, and
        who is told to stop does not wait on.
        """
        started = time.monotonic()
        while True:
            try:
                return work()
            except sqlite3.OperationalError as error:
                if not _name(error).startswith("BUSY"):
                    raise
                waited = time.monotonic() - started
                if self._gave_up or told_to_stop() or waited >= self._busy_seconds:
                    self._gave_up = True
                    self._wait_by_itself(0.0)
                    raise
                if waited >= NOTICE_SECONDS:
                    self._say_waiting()

    def _wait_by_itself(self, seconds: float) -> None:
        """How long SQLite is to wait before it says that it has."""
        self._connection.execute(f"PRAGMA busy_timeout = {round(1000 * seconds)}")

    def _say_waiting(self) -> None:
        if not self._said_waiting:
            self._said_waiting = True
            self._say(f"waiting for the store {self.path} (another process holds it)")

    @staticmethod
    def _say(line: str) -> None:
        with contextlib.suppress(OSError, ValueError, AttributeError):  # stderr may be closed
            print(f"audiorouter: {line}", file=sys.stderr, flush=True)


class _Damaged(bytes):
    """A text that is no UTF-8."""


def _text(value: bytes) -> str | _Damaged:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return _Damaged(value)


def legible(row: Any) -> dict[str, Any]:
    """A damaged row with what is no UTF-8 replaced."""
    return {
        name: value.decode(errors="replace") if isinstance(value, _Damaged) else value
        for name, value in dict(row).items()
    }


def make_private(path: Path) -> None:
    """Make an empty file that its owner alone may read, unless something is there.

    What SQLite puts beside it, the log of what was written last, gets the same mode.
    """
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


def keep_from_others(path: Path) -> None:
    """Take from others the reading of a database, and of what SQLite puts beside it.

    One that others may write is shared on purpose, and stays so.
    """
    for file in (path, Path(f"{path}-wal"), Path(f"{path}-shm")):
        with contextlib.suppress(OSError):
            mode = file.stat().st_mode
            if file.is_file() and mode & 0o077 and not mode & 0o022:
                file.chmod(mode & 0o700)


def has_nothing(path: Path) -> bool:
    """Whether there is no file at `path`, or an empty one."""
    return not path.exists() or (path.is_file() and not path.stat().st_size)


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Whatever SQLite or the file system says of the file at `path` becomes a `StoreError`."""
    try:
        with spoken():
            yield
    except sqlite3.Error as error:
        remedy = _REMEDIES.get(_name(error).split("_")[0])
        detail = f"{remedy} ({error})" if remedy else str(error)
        raise StoreError(f"the store {path}: {detail}") from error
    except OSError as error:
        detail = error.strerror or str(error)
        raise StoreError(
            f"the store {path}: {detail}; choose a file that can be written by --db"
        ) from error
    except (UnicodeEncodeError, OverflowError) as error:
        raise UnkeepableError(f"the store {path} cannot keep a value: {error}") from error


def now() -> str:
    """The time in UTC, as SQLite writes it."""
    return datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S")


def _name(error: sqlite3.Error) -> str:
    """SQLite's name of the error without its prefix, such as `BUSY_SNAPSHOT`, or nothing."""
    return getattr(error, "sqlite_errorname", "").removeprefix("SQLITE_")


def _problem(value: Any) -> str | None:
    if value is None or isinstance(value, bytes):
        return None
    if isinstance(value, str):
        return None if is_encodable(value) else f"the text {value[:100]!r} cannot be encoded"
    if isinstance(value, int):
        return None if -(1 << 63) <= value < 1 << 63 else "the number has more than 64 bits"
    if isinstance(value, float):
        return None if math.isfinite(value) else f"{value} is no number"
    return f"a {type(value).__name__} is neither text nor a number"
