"""What the store knows of clips: their files, and what was found and answered about them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from audiorouter.clips import ClipFacts, FileStamp
from audiorouter.store.sqlite_file import SqliteFile
from audiorouter.store.stored import StoredAnswer, StoredCall
from audiorouter.text import path_text

_VARIABLES = 500
"""Values asked for in one statement."""


class ClipRows(SqliteFile):
    """Clips in the store, and rows by the clip that they are about."""

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

    def clip_files(self, clip: str) -> list[Path]:
        """The files in which a clip was found, those of them first that were heard last."""
        rows = self._all("SELECT path FROM clip_files WHERE clip = ? ORDER BY rowid DESC", [clip])
        return [Path(row["path"]) for row in rows]

    def clip_seconds(self, clips: Iterable[str]) -> dict[str, float]:
        """Lengths of clips in s."""
        return {row["hash"]: row["duration"] for row in self._having("clips", "hash", clips)}

    def calls_about(self, clips: Iterable[str]) -> list[StoredCall]:
        """All finished tool calls on these clips, the latest first."""
        return [StoredCall(**row) for row in self._results("tool_calls", clips)]

    def answers_about(self, clips: Iterable[str]) -> list[StoredAnswer]:
        """All answers about these clips, the latest first."""
        return [StoredAnswer(**row) for row in self._results("answers", clips)]

    def _results(self, table: str, clips: Iterable[str]) -> list[dict[str, Any]]:
        return list(self._having(table, "clip", clips, order="created DESC"))

    def _having(
        self, table: str, column: str, values: Iterable[str], *, order: str = "rowid"
    ) -> Iterator[dict[str, Any]]:
        """Rows of a table with one of these values in a column, without when they were made."""
        wanted = list(dict.fromkeys(values))
        for start in range(0, len(wanted), _VARIABLES):
            some = wanted[start : start + _VARIABLES]
            marks = ",".join("?" * len(some))
            statement = f"SELECT * FROM {table} WHERE {column} IN ({marks}) ORDER BY {order}"
            for row in self._all(statement, some):
                yield {name: value for name, value in dict(row).items() if name != "created"}


def _signed(stamp: FileStamp) -> list[int]:
    """The stamp in signed 64 bits, which some file systems' numbers go beyond."""
    return [(number + (1 << 63)) % (1 << 64) - (1 << 63) for number in stamp]
