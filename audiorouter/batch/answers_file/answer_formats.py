"""Records of answers as text, one after another: CSV, JSON Lines, or a list of JSON."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from audiorouter.csv_cells import VERBATIM_COLUMN, defused, needs_quotes
from audiorouter.json_values import json_text

SUFFIXES = (".csv", ".jsonl", ".json")


class AnswerFormat:
    """The file whose `suffix` is one of `SUFFIXES`: its `start`, its records, and its `end`.

    Only CSV has `columns`. In it cells that a spreadsheet would run as formulas are defused, unless
    they are to be `verbatim`, which a column more says; JSON always is.
    """

    def __init__(self, suffix: str, columns: Sequence[str], *, verbatim: bool = False):
        self._suffix = suffix
        self._written: Callable[[str], str] = str if verbatim else defused
        self._more = {VERBATIM_COLUMN: True} if verbatim else {}
        self._columns = list(dict.fromkeys([*columns, *self._more]))
        self._stream = io.StringIO()
        self._plain = csv.writer(self._stream, lineterminator="\n")
        self._quoting = csv.writer(self._stream, lineterminator="\n", quoting=csv.QUOTE_ALL)

    @property
    def start(self) -> str:
        """What stands before the first record."""
        if self._suffix == ".csv":
            return self._line([self._written(name) for name in self._columns])
        return "[" if self._suffix == ".json" else ""

    def record(self, record: Mapping[str, Any], *, first: bool) -> str:
        """A record; the `first` one has none before it."""
        if self._suffix == ".csv":
            record = {**record, **self._more}
            return self._line([self._written(_cell(record.get(name))) for name in self._columns])
        if self._suffix == ".jsonl":
            return json_text(record) + "\n"
        indented = json_text(record, indent=1).replace("\n", "\n ")
        return f"{'' if first else ','}\n {indented}"

    def as_first(self, record: str) -> str:
        """A record that was made to stand after others as the first one."""
        return record.removeprefix(",") if self._suffix == ".json" else record

    def end(self, *, empty: bool) -> str:
        """What stands after the last record, of which there is none where it is `empty`."""
        if self._suffix == ".json":
            return "]\n" if empty else "\n]\n"
        return ""

    def _line(self, cells: Sequence[str]) -> str:
        # The writer knows commas and its own ends of lines alone.
        (self._quoting if needs_quotes("".join(cells)) else self._plain).writerow(cells)
        line = self._stream.getvalue()
        self._stream.seek(0)
        self._stream.truncate()
        return line


def _cell(value: Any) -> str:
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    return json_text(value) if not isinstance(value, bool) else str(value).lower()
