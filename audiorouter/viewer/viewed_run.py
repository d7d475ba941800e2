"""A run of the store, to look at."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from audiorouter.batch.past.past_rows import PastRow
from audiorouter.batch.past.past_runs import PastRun, rows_of
from audiorouter.clips import NO_SOURCES, Sources
from audiorouter.store import Store
from audiorouter.viewer.rows import Values, shown
from audiorouter.viewer.sound import sound_of
from audiorouter.viewer.stored_details import StoredDetails
from audiorouter.viewer.viewed_answers import ViewedAnswers


class ViewedRun(ViewedAnswers):
    """A run, with what the store knows besides of its calls, answers and clips."""

    def __init__(self, store: Store, run: PastRun, *, sources: Sources = NO_SOURCES):
        self._store = store
        self._run = run
        self._sources = sources
        self.name = f"run {run.number}"
        self.title = run.questions_file.rsplit("/", 1)[-1]
        version = run.provenance.get("version")
        self.version = version if isinstance(version, str) else None

    @cached_property
    def rows(self) -> list[PastRow]:
        """All rows, in the order in which they were asked."""
        return rows_of(self._store, self._run)

    @property
    def head(self) -> Values:
        """When it was, how far it came, and what made its answers."""
        run = self._run
        return {
            "name": self.name,
            "number": run.number,
            "started": f"{run.started} UTC",
            "status": run.status,
            "questions": run.questions,
            "answered": run.answered,
            "right": run.accuracy.right,
            "scored": run.accuracy.total,
            "provenance": {
                name: value
                for name, value in run.provenance.items()
                if value is None or isinstance(value, str | list)
            },
        }

    @property
    def notes(self) -> list[str]:
        """Whether all was asked and kept."""
        notes = []
        if self._run.status != "finished":
            notes.append(f"This run is {self._run.status}: not all of its questions were asked.")
        if any("findings" not in row.fields for row in self.rows):
            notes.append("This run is of an earlier version, which did not keep findings with it.")
        return notes

    def shown(self, rows: Sequence[PastRow]) -> list[Values]:
        """Some of the rows with all that the store knows of them."""
        details = StoredDetails(self._store, rows)
        return [shown(row, self.clip(row), details) for row in rows]

    def clip(self, row: PastRow) -> str | None:
        """The hash of the clip's audio."""
        return row.clip

    def sound(self, clip: str) -> Values:
        """The clip from a file in which it was found, see `sound_of`."""
        return sound_of(self._store, clip, sources=self._sources)
