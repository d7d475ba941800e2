"""Runs in the store, and what became of each question in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from audiorouter.store import runs
from audiorouter.store.sqlite_file import SqliteFile, legible, now
from audiorouter.store.stored import StoredRow, StoredRun
from audiorouter.text import path_text

_DAMAGED = "what the store has of this row is damaged: a text in it is no UTF-8"


class RunRows(SqliteFile):
    """Runs, and the rows of their questions."""

    def start_run(self, questions_file: Path, clips_dir: Path, settings: str) -> int:
        """Open a run and return its number; runs whose process is gone are closed as `lost`."""
        with self._transaction():
            return runs.begin(
                self._connection,
                now=now(),
                questions_file=path_text(questions_file),
                clips_dir=path_text(clips_dir),
                settings=settings,
            )

    def finish_run(self, run: int, status: Literal["finished", "interrupted", "failed"]) -> None:
        """Close a run; one that was killed stays `running` until the next one starts."""
        with self._transaction():
            self._connection.execute(
                "UPDATE runs SET finished = ?, status = ? WHERE id = ?", [now(), status, run]
            )

    def save_rows(self, run: int, rows: Sequence[Mapping[str, Any]]) -> None:
        """Write the rows of a run, one transaction for all of them."""
        kept = [self._keepable("run_rows", {"fields": None, **row, "run": run}) for row in rows]
        with self._transaction():
            self._connection.executemany(
                "INSERT OR REPLACE INTO run_rows (run, position, question_id, audio, question, "
                "answer, prediction, correct, clip, route, answer_key, error, fields) "
                "VALUES (:run, :position, :question_id, :audio, :question, :answer, :prediction, "
                ":correct, :clip, :route, :answer_key, :error, :fields)",
                kept,
            )

    def close_lost_runs(self) -> None:
        """Write of the runs whose process is gone that they are `lost`, where that may be."""
        if self.read_only:
            return
        with self._transaction():
            runs.close_lost(self._connection, now=now())

    def runs(self, *, limit: int | None = None) -> list[StoredRun]:
        """The latest runs, the last one first; those whose process is gone are `lost`."""
        found = self._all_legible(runs.LATEST, [-1 if limit is None else limit])
        return sorted(self._as_they_are(found), reverse=True)

    def run(self, number: int) -> StoredRun | None:
        """A run by its number."""
        found = self._as_they_are(self._all_legible(runs.BY_NUMBER, [number]))
        return found[0] if found else None

    def _as_they_are(self, rows: Sequence[Mapping[str, Any]]) -> list[StoredRun]:
        """Those runs, also where nobody has written yet, or may write, that one was lost."""
        found = [StoredRun(*row.values()) for row in rows]
        if all(run.status != "running" for run in found):
            return found
        with self._turn, self._explained():
            lost = self._patiently(lambda: runs.lost(self._connection, now=now()))
        return [run._replace(status="lost") if run.number in lost else run for run in found]

    def other_runs(self, number: int) -> int:
        """How many runs beside that one go on, as far as is known."""
        return int(self._one(runs.OTHERS, [number])[0])

    def run_before(self, number: int, *, questions_file: Path, router: str) -> StoredRun | None:
        """The last finished run before that one which asked the same file by the same router."""
        found = self._all_legible(runs.BEFORE, [number, path_text(questions_file), router])
        return StoredRun(*found[0].values()) if found else None

    def run_rows(self, number: int) -> list[StoredRow]:
        """The rows of a run, in the order of its questions; a damaged one says so as its error."""
        rows, damaged = self._all_and_damaged(runs.ROWS, [number])
        found = [StoredRow(**row) for row in rows]
        for row in map(legible, damaged):
            found.append(StoredRow(**row | {"error": row["error"] or _DAMAGED}))
        return sorted(found, key=lambda row: row.position)
