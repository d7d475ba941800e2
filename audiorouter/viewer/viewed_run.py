"""A run, or two held against each other, as the page asks for them: an index, then parts."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from audiorouter.batch.past_runs import PastRow, PastRun, pair_rows, rows_of
from audiorouter.clips import NO_SOURCES, Sources
from audiorouter.store import Store
from audiorouter.viewer.rows import COLUMNS, OTHER_COLUMNS, Values, listed, shown_rows
from audiorouter.viewer.sound import sound_of

PART_SIZE = 100
"""Rows that are loaded at once."""


class ViewedRun:
    """What the page is told of a run in the store; with `other`, what that one made of it too."""

    def __init__(
        self,
        store: Store,
        run: PastRun,
        other: PastRun | None = None,
        *,
        sources: Sources = NO_SOURCES,
    ):
        self._store = store
        self._sources = sources
        self._runs = [run] if other is None else [run, other]

    @cached_property
    def _rows(self) -> list[PastRow]:
        return rows_of(self._store, self._runs[0])

    @cached_property
    def _others(self) -> Sequence[PastRow | None]:
        """Of each row the one of the other run, if there is one."""
        if len(self._runs) < 2:
            return [None] * len(self._rows)
        return pair_rows(self._rows, rows_of(self._store, self._runs[1]))

    @property
    def parts(self) -> int:
        """How many there are."""
        return -(-len(self._rows) // PART_SIZE)

    def index(self) -> Values:
        """What the list, its filters and the head of the page show."""
        compared = len(self._runs) > 1
        return {
            "title": self._runs[0].questions_file.rsplit("/", 1)[-1],
            "version": self._runs[0].provenance.get("version"),
            "kind": "run",
            "runs": [_head(run) for run in self._runs],
            "part_size": PART_SIZE,
            "columns": [*COLUMNS, *(OTHER_COLUMNS if compared else ())],
            "rows": [
                listed(row, other, compared=compared)
                for row, other in zip(self._rows, self._others, strict=True)
            ],
            "notes": self._notes(),
        }

    def part(self, number: int) -> list[Values]:
        """The rows of a part, with all that is known of them; none beyond the last part."""
        chosen = slice(number * PART_SIZE, (number + 1) * PART_SIZE)
        rows = shown_rows(self._store, self._rows[chosen])
        others = self._others[chosen]
        known = iter(shown_rows(self._store, [other for other in others if other is not None]))
        for row, other in zip(rows, others, strict=True):
            row["other"] = None if other is None else next(known)
        return rows

    def clips(self) -> list[str]:
        """The hashes of its clips, each once, in order."""
        return list(dict.fromkeys(row.clip for row in self._rows if row.clip is not None))

    def sound(self, clip: str) -> Values:
        """A clip as the page plays it, or why there is nothing to hear."""
        return sound_of(self._store, clip, sources=self._sources)

    def _notes(self) -> list[str]:
        run = self._runs[0]
        notes = []
        if run.status != "finished":
            notes.append(f"This run is {run.status}: not all of its questions were asked.")
        if any("findings" not in row.fields for row in self._rows):
            notes.append("This run is of an earlier version, which did not keep findings with it.")
        if len(self._runs) > 1 and (alone := sum(other is None for other in self._others)):
            notes.append(f"{alone} of its questions were not asked in run {self._runs[1].number}.")
        return notes


def _head(run: PastRun) -> dict[str, Any]:
    return {
        "name": f"run {run.number}",
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
