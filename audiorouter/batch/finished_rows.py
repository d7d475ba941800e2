"""Where the rows of a batch go as they are finished: the store, the counts, the answers file."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from audiorouter.batch.answers_file.growing_answers import GrowingAnswers
from audiorouter.batch.rows import Row
from audiorouter.batch.tally import Tally
from audiorouter.errors import StoreError
from audiorouter.store import Store

_FLUSH_SECONDS = 1.0
_FLUSH_ROWS = 1_000
MOST_WAITING = 50_000
"""Finished rows that wait for one that stands above them; then no further ones are begun."""
_LOOK_SECONDS = 0.05
_log = logging.getLogger(__name__)


class FinishedRows:
    """Keeps rows in the store, counts them, and writes them; `rows` are the first `keep` of all.

    Without `keep` none is let go of. Rows are to be begun in the order of the questions.
    """

    def __init__(
        self,
        store: Store,
        run: int,
        tally: Tally,
        answers: Sequence[GrowingAnswers],
        *,
        keep: int | None = None,
    ):
        self.rows: list[Row] = []
        self.tally = tally
        self.keeps_all = keep is None
        self._store = store
        self._run = run
        self._answers = answers
        self._keep = keep
        self.begun = 0
        """How many rows were begun."""
        self._open: dict[int, Row] = {}
        self._unsaved: list[dict[str, Any]] = []
        self._saved_at = time.perf_counter()

    @property
    def open(self) -> Mapping[int, Row]:
        """The rows that are begun and not finished, by position."""
        return self._open

    def begin(self, row: Row) -> int:
        """Take the next row; returns its position."""
        position = self.begun
        self.begun += 1
        self._open[position] = row
        if self._keep is None or len(self.rows) < self._keep:
            self.rows.append(row)
        return position

    async def room(self) -> None:
        """Wait while too many finished rows wait for others."""
        while any(answers.waiting > MOST_WAITING for answers in self._answers):
            await asyncio.sleep(_LOOK_SECONDS)

    def finish(self, position: int) -> None:
        """A row that was begun is done, or left."""
        row = self._open.pop(position)
        fields = row.fields()
        self._unsaved.append(row.record(position, fields))
        self.tally.add(position, row)
        for answers in self._answers:
            answers.add(position, row, fields)
        late = time.perf_counter() - self._saved_at > _FLUSH_SECONDS
        if late or len(self._unsaved) >= _FLUSH_ROWS:
            self.flush(more=True)

    @contextlib.asynccontextmanager
    async def written_in_time(self) -> AsyncIterator[None]:
        """Within it finished rows are written though no other is finished for long."""
        writing = asyncio.create_task(self._keep_writing())
        try:
            yield
        finally:
            writing.cancel()

    async def _keep_writing(self) -> None:
        try:
            while True:
                await asyncio.sleep(_FLUSH_SECONDS)
                if self._unsaved or any(answers.behind for answers in self._answers):
                    self.flush(more=True)
        except StoreError as error:  # the next row that is finished ends the batch for it
            _log.warning("%s", error)

    def flush(self, *, more: bool) -> None:
        """Write what is finished; a kill loses the last second of the rows, not their answers."""
        unsaved, self._unsaved = self._unsaved, []
        try:
            if unsaved:
                self._store.save_rows(self._run, unsaved)
        except BaseException:
            self._unsaved = unsaved + self._unsaved
            raise
        finally:
            self._saved_at = time.perf_counter()
        for answers in self._answers:
            answers.flush(more=more)
