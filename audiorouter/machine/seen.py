"""What was there before, among any number of keys, in memory that does not grow with them."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from audiorouter.errors import UsageError
from audiorouter.machine.paths import scratch_folder

_IN_MEMORY_KB = 8 << 10
"""What is kept without a file."""


class Seen:
    """Keys that came already, each with the greatest number that came with it.

    Beyond some megabytes they lie in a file that SQLite makes among the temporary ones, which has
    no name and is gone with the process. Keys are compared by 128 bits of BLAKE2b.

    >>> seen = Seen()
    >>> seen.is_new("clip", "a"), seen.is_new("clip", "a"), seen.is_new("call", "a")
    (True, False, True)
    >>> seen.growth("cost", number=2.0), seen.growth("cost", number=1.0)
    (2.0, 0.0)

    Raises:
        UsageError: the file cannot be made or written.
    """

    def __init__(self) -> None:
        with _explained():
            self._database = sqlite3.connect("", isolation_level=None, check_same_thread=False)
            for statement in (
                f"PRAGMA cache_size = -{_IN_MEMORY_KB}",
                "PRAGMA journal_mode = OFF",
                "CREATE TABLE seen (key BLOB PRIMARY KEY, number REAL) WITHOUT ROWID",
                "BEGIN",  # never ended: nothing of it is to stay
            ):
                self._database.execute(statement)

    def is_new(self, *key: str) -> bool:
        """Whether the key comes for the first time."""
        with _explained():
            new = "INSERT OR IGNORE INTO seen VALUES (?, 0)"
            return self._database.execute(new, [_digest(key)]).rowcount == 1

    def growth(self, *key: str, number: float) -> float:
        """By how much `number` is beyond all that came with the key; 0 where it is not."""
        digest = _digest(key)
        with _explained():
            found = self._database.execute("SELECT number FROM seen WHERE key = ?", [digest])
            before = (found.fetchone() or (0.0,))[0]
            if number <= before:
                return 0.0
            self._database.execute("INSERT OR REPLACE INTO seen VALUES (?, ?)", [digest, number])
            return float(number - before)


def _digest(key: tuple[str, ...]) -> bytes:
    text = "\0".join(key).encode("utf-8", "surrogatepass")
    return hashlib.blake2b(text, digest_size=16).digest()


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise UsageError(
            f"{scratch_folder()}: what was counted is kept there meanwhile, which cannot be "
            f"written ({error}); TMPDIR names another folder"
        ) from None
