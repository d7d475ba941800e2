"""Sentence vectors that other processes have made before: a small database beside the weights.

It saves loading the encoder, and holds hashes of texts, not the texts. Nothing is lost with it:
where it cannot be read or written, vectors are made anew.
"""

from __future__ import annotations

import contextlib
import hashlib
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vectors = Mapping[str, NDArray[np.float32]]

MOST = 20_000
"""Vectors that are kept: those that were made last, 32 MB."""
_BUSY_SECONDS = 1.0
_AT_ONCE = 500
_FILE = "sentence-vectors.db"


class KeptVectors:
    """Vectors `(dimensions,)`, float32, by text, of the encoder with this `identity`."""

    def __init__(self, folder: Path, identity: str, dimensions: int):
        self._path = folder / _FILE
        self._identity = identity
        self._bytes = 4 * dimensions

    def read(self, texts: Sequence[str]) -> Vectors:
        """Those of the texts that there are."""
        import numpy as np

        keys = {self._key(text): text for text in texts}
        known: dict[str, NDArray[np.float32]] = {}
        with contextlib.suppress(sqlite3.Error, OSError), self._opened() as database:
            for start in range(0, len(keys), _AT_ONCE):
                some = list(keys)[start : start + _AT_ONCE]
                marks = ",".join("?" * len(some))
                select = f"SELECT key, vector FROM vectors WHERE key IN ({marks})"
                for key, vector in database.execute(select, some):
                    if isinstance(vector, bytes) and len(vector) == self._bytes:
                        known[keys[key]] = np.frombuffer(vector, dtype=np.float32)
        return known

    def write(self, vectors: Vectors) -> None:
        """Keep these as well; the oldest go where there are too many."""
        rows = [(self._key(text), vector.tobytes()) for text, vector in vectors.items()]
        with contextlib.suppress(sqlite3.Error, OSError), self._opened() as database, database:
            database.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?)", rows)
            database.execute(
                "DELETE FROM vectors WHERE rowid <= (SELECT max(rowid) FROM vectors) - ?", [MOST]
            )

    @contextlib.contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        database = sqlite3.connect(self._path, timeout=_BUSY_SECONDS)
        with contextlib.closing(database):
            database.execute(
                "CREATE TABLE IF NOT EXISTS vectors (key BLOB PRIMARY KEY, vector BLOB NOT NULL)"
            )
            yield database

    def _key(self, text: str) -> bytes:
        said = f"{self._identity}\n{text}".encode("utf-8", "surrogatepass")
        return hashlib.sha256(said).digest()
