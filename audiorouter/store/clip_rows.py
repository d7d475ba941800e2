"""What the store knows of clips: their files, and what was found and answered about them."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from audiorouter.clips import ClipFacts, FileStamp
from audiorouter.store.row_shapes import is_whole
from audiorouter.store.sqlite_file import SqliteFile
from audiorouter.store.stored import StoredAnswer, StoredCall
from audiorouter.text import counted, path_text

_log = logging.getLogger(__name__)

_VARIABLES = 500
"""Values asked for in one statement."""


class KnownFile(NamedTuple):
    """A file as it was when it was hashed, and the clip that was in it."""

    stamp: tuple[int, ...]
    facts: ClipFacts

    def of(self, stamp: FileStamp) -> tuple[str, ClipFacts] | None:
        """Hash and facts of the clip, where the file has not changed since."""
        return (self.facts.audio_hash, self.facts) if self.stamp == _signed(stamp) else None


class ClipRows(SqliteFile):
    """Clips in the store, and rows by the clip that they are about."""

    @cached_property
    def _damaged(self) -> set[tuple[str, str]]:
        """Tables and keys of rows that were met and cannot be read."""
        return set()

    def clip_of_file(self, path: Path, stamp: FileStamp) -> tuple[str, ClipFacts] | None:
        """Hash and facts of the clip in a file that has not changed since it was hashed."""
        name = path_text(path)
        known = self.clip_files_known([name]).get(name)
        return None if known is None else known.of(stamp)

    def clip_files_known(self, names: Iterable[str]) -> dict[str, KnownFile]:
        """What is known of those files (see `path_text`), as each was when it was hashed."""
        known = {}
        for some in _parts(names):
            # A damaged one is left out: its file is heard again, and it gives way.
            rows, _ = self._all_and_damaged(
                "SELECT f.path, f.size, f.mtime_ns, f.inode, c.hash AS audio_hash, c.duration, "
                "c.sample_rate, c.channels, c.rms_dbfs, c.peak_dbfs, f.file_hash, f.remark "
                "FROM clip_files AS f JOIN clips AS c ON c.hash = f.clip "
                f"WHERE f.path IN ({_marks(some)})",
                some,
            )
            for name, size, mtime_ns, inode, *facts in rows:
                if math.isfinite((clip := ClipFacts(*facts)).duration):
                    known[name] = KnownFile((size, mtime_ns, inode), clip)
        return known

    def save_clip(self, path: Path, stamp: FileStamp, facts: ClipFacts) -> None:
        """Remember what was found in the file at `path`."""
        row = {"path": path_text(path), **vars(facts)}
        clip = self._keepable("clips", row)
        with self._transaction():
            self._connection.execute(
                "INSERT INTO clips VALUES (:audio_hash, :path, :duration, :sample_rate, "
                ":channels, :rms_dbfs, :peak_dbfs) ON CONFLICT (hash) DO UPDATE SET "
                "duration = excluded.duration WHERE duration != excluded.duration",
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
        rows, _ = self._all_and_damaged(
            "SELECT path FROM clip_files WHERE clip = ? ORDER BY rowid DESC", [clip]
        )
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
        """Rows of a table with one of these values in a column, without when they were made.

        Those that are damaged (`is_whole`), or whose texts are no UTF-8, count as not there.
        """
        for some in _parts(values):
            statement = f"SELECT * FROM {table} WHERE {column} IN ({_marks(some)}) ORDER BY {order}"
            rows, damaged = self._all_and_damaged(statement, some)
            whole = list[dict[str, Any]]()
            for row in map(dict, rows):
                (whole if is_whole(table, row) else damaged).append(row)
            self._note_damaged(table, damaged)
            for row in whole:
                row.pop("created", None)
                yield row

    def _note_damaged(self, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Say once of rows that they cannot be read; what is kept next under their keys stays."""
        new = {(table, row["key"]) for row in rows if "key" in row.keys()} - self._damaged  # noqa: SIM118
        if new:
            self._damaged |= new
            _log.warning(
                "the store %s: %s of %s cannot be read (something in it is damaged), and counts "
                "as not there", self.path, counted(len(new), "row"), table,
            )  # fmt: skip


def _parts(values: Iterable[str]) -> Iterator[list[str]]:
    """Each value once, as many at a time as one statement takes."""
    wanted = list(dict.fromkeys(values))
    for start in range(0, len(wanted), _VARIABLES):
        yield wanted[start : start + _VARIABLES]


def _marks(values: Sequence[str]) -> str:
    return ",".join("?" * len(values))


def _signed(stamp: FileStamp) -> tuple[int, ...]:
    """The stamp in signed 64 bits, which some file systems' numbers go beyond."""
    return tuple((number + (1 << 63)) % (1 << 64) - (1 << 63) for number in stamp)
