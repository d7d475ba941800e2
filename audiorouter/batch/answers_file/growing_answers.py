"""An answers file that grows row by row, and can be read at every moment."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from typing import IO, Any

from audiorouter.batch.answers_file.answer_files import as_record, columns_of
from audiorouter.batch.answers_file.answer_formats import AnswerFormat
from audiorouter.batch.answers_file.part_file import PartFile
from audiorouter.batch.rows import GO_ON, Row
from audiorouter.errors import UsageError
from audiorouter.machine.files import put_in_place
from audiorouter.questions import Question, QuestionSet

NOT_AT_ITS_END = f"not answered: the batch is under way, or was killed {GO_ON}"
"""Error of the row that stands last as long as others are to come."""

_QUICK = 0.1
"""Seconds that writing may take as often as it is asked for."""


class GrowingAnswers:
    """Answers in the order of the questions, or as they come where they are to be `unordered`.

    Rows that are finished before one that stands above them wait for it as the text that they will
    be. After each `flush` the file is whole as it is: after the rows in order it then has those
    that wait, and a row that says that others are to come, over which the next are written.
    """

    def __init__(
        self,
        suffix: str,
        questions: QuestionSet,
        fields: Sequence[str],
        *,
        verbatim: bool = False,
        unordered: bool = False,
        wer: bool = False,
    ):
        self._layout = questions.layout
        self._fields = fields
        columns = columns_of(questions, fields, wer=wer) if suffix == ".csv" else ()
        self._format = AnswerFormat(suffix, columns, verbatim=verbatim)
        self._unordered = unordered
        self._waiting: dict[int, str] = {}
        self._next = 0
        self._written = 0
        self._text: list[str] = [self._format.start]
        self.behind = False
        """Whether rows have come that are not in the file."""
        self._place = 0
        """Where in the file the next record goes."""
        self._file: int | None = None
        self._part: PartFile | None = None
        self._failure: str | None = None
        self._not_before = 0.0

    @property
    def waiting(self) -> int:
        """How many rows wait for one that stands above them."""
        return len(self._waiting)

    def add(self, position: int, row: Row, fields: Mapping[str, Any] | None = None) -> None:
        """Take the row at that position of the questions; `fields` are its own, where made."""
        self.behind = True
        record = as_record(self._layout, row, self._fields, fields)
        if self._unordered:
            self._append(self._format.record(record, first=not self._written))
            return
        self._waiting[position] = self._format.record(record, first=position == 0)
        while (text := self._waiting.pop(self._next, None)) is not None:
            self._append(text)
            self._next += 1

    def _append(self, text: str) -> None:
        self._text.append(text)
        self._written += 1

    def write_to(self, place: PartFile | IO[bytes]) -> None:
        """Write into an open file, or into one that takes the place of its output at the end.

        That one is begun by the next `flush`.
        """
        if isinstance(place, PartFile):
            self._part = place
        else:
            self._file = os.dup(place.fileno())

    def flush(self, *, more: bool) -> None:
        """Write what has come; `more` where rows are to come still. `close` tells what fails.

        Where very many rows wait it is done less often, so that it takes a tenth of the time.
        """
        started = time.monotonic()
        if more and started < self._not_before:
            return
        data = _bytes("".join(self._text))
        self._text.clear()
        self.behind = False
        if self._failure is not None:
            return
        last = self._waiting_and_last() if more else ""
        rest = _bytes(last + self._format.end(empty=not (self._written or last)))
        try:
            if self._file is None:
                self._file = self._opened()
            _write_at(self._file, data + rest, self._place)
            self._place += len(data)
            os.ftruncate(self._file, self._place + len(rest))
        except (OSError, UsageError) as error:
            reason = error.strerror if isinstance(error, OSError) else str(error)
            place = "" if self._part is None else f"{self._part.output}: "
            self._failure = f"{place}cannot be written ({reason})"
        took = time.monotonic() - started
        self._not_before = started + 10 * took if took > _QUICK else 0.0

    def close(self, *, in_place: bool = False) -> None:
        """End the file; `in_place` it takes the place of what is where it is to be.

        Raises:
            UsageError: it could not be written, or not be put there.
        """
        if self._file is not None:
            os.close(self._file)
            self._file = None
        if self._failure is None and in_place and self._part is not None:
            try:
                put_in_place(self._part.path, self._part.output)
            except UsageError as error:
                self._failure = str(error)
        if self._failure is not None:
            raise UsageError(
                f"{self._failure}; the answers are in the store: run it again with another -o"
            )

    def _opened(self) -> int:
        assert self._part is not None
        return self._part.open()

    def _waiting_and_last(self) -> str:
        """Rows that wait for others, and the one that says that more are to come."""
        waiting = [self._waiting[position] for position in sorted(self._waiting)]
        if waiting and not self._written:
            waiting[0] = self._format.as_first(waiting[0])
        row = Row(Question("", 0, "", None, ""), error=NOT_AT_ITS_END, left=True)
        record = as_record(self._layout, row, self._fields)
        last = self._format.record(record, first=not (self._written or waiting))
        return "".join([*waiting, last])


def _bytes(text: str) -> bytes:
    """UTF-8; a lone surrogate is written as its escape."""
    return text.encode("utf-8", "backslashreplace")


def _write_at(file: int, data: bytes, place: int) -> None:
    view = memoryview(data)
    while view:
        written = os.pwrite(file, view, place)
        view, place = view[written:], place + written
