"""A row as it stands in a questions file, in values that can be written again."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, overload

from audiorouter.json_values import DEEPEST, Cleaned, cleaned, repeated_names
from audiorouter.machine.spool import Spool
from audiorouter.questions.files.embedded import KeepFile, LiftedFile, holds_file, lift_file

REPEATED = "it is there twice, with different values"
"""What is said of a name that an object of JSON has more than once."""
MOST_SHAPES = 1_000
_RECORD_BYTES = 500
"""Bytes of memory of a record without its cells."""
_UNDECODED = re.compile("[\udc80-\udcff]")


@dataclass(frozen=True)
class Record:
    """A row as it stands in the file: `line` counts from 1; `error` where it could not be read."""

    line: int
    fields: Mapping[str, Any]
    """Its columns, as values that can be written again. An audio file in a cell is its name."""
    error: str | None = None
    replaced: Mapping[str, str] = field(default_factory=dict)
    """Columns in which something that cannot be written was replaced, each with what it was."""
    files: Mapping[str, Path] = field(default_factory=dict)
    """Where the audio files are now whose bytes stood in the row, by column."""
    place: str = ""
    """Where it stands, for people: `line 4`, or `row 4` where lines do not tell rows apart."""


class Records(Sequence[Record]):
    """The records of a file, which lie on the disk where there are many; each is made when read.

    They are said to be on lines where no two of them begin on the same one, else they are rows.
    """

    def __init__(self, records: Iterable[Record], *, by_line: bool):
        self._kept: Spool[tuple[Any, ...]] = Spool()
        self._by_line = by_line
        self.unread: str | None = None
        """Why the first of them could not be read, where none could."""
        self.line = 0
        """Where the last one begins."""
        self._shapes: dict[tuple[str, ...], int] = {}
        names: set[str] = set()
        readable = False
        for record in records:
            shape = tuple(record.fields)
            if shape not in self._shapes and (
                len(self._shapes) < MOST_SHAPES or not names.issuperset(shape)
            ):
                self._shapes[shape] = len(self._kept)
                names |= {*shape}
            self._by_line = self._by_line and record.line > self.line
            self.line = record.line
            readable = readable or record.error is None
            if not self._kept:
                self.unread = record.error
            self._kept.append(
                (record.line, record.fields, record.error, record.replaced, record.files)
            )
        if readable:
            self.unread = None

    def shapes(self, limit: int | None = None) -> list[tuple[str, ...]]:
        """Each different list of columns that rows have, of the first `limit` of them.

        Beyond `MOST_SHAPES` only those that bring another column.
        """
        return [s for s, first in self._shapes.items() if limit is None or first < limit]

    def __len__(self) -> int:
        return len(self._kept)

    def __iter__(self) -> Iterator[Record]:
        for number, kept in enumerate(self._kept, start=1):
            yield self._record(number, kept)

    @overload
    def __getitem__(self, place: int) -> Record: ...
    @overload
    def __getitem__(self, place: slice) -> list[Record]: ...
    def __getitem__(self, place: int | slice) -> Record | list[Record]:
        numbers = range(len(self))[place]
        if isinstance(numbers, int):
            return self._record(numbers + 1, self._kept[numbers])
        return [self._record(number + 1, self._kept[number]) for number in numbers]

    def _record(self, number: int, kept: tuple[Any, ...]) -> Record:
        place = f"line {kept[0]}" if self._by_line else f"row {number}"
        line, fields, error, replaced, files = kept
        return Record(line, fields, error, replaced, files, place)


@lru_cache(maxsize=1024)
def _cleaned_name(given: str) -> Cleaned:
    """Rows have the same columns."""
    return cleaned(given)


def memory_of(record: Record) -> int:
    """About how many bytes of memory a record takes."""
    return _RECORD_BYTES + value_bytes(record.fields) + value_bytes(record.error)


def value_bytes(value: Any) -> int:
    """About how many bytes of memory a value takes, with all that is in it."""
    total, left = 0, [value]
    while left:
        item = left.pop()
        total += sys.getsizeof(item)
        if isinstance(item, Mapping):
            left.extend(item.values())  # names are shared by the rows
        elif isinstance(item, list):
            left.extend(item)
    return total


@dataclass(frozen=True)
class RecordMaker:
    """Makes records of what the parsers read.

    `encoding` is that of the file: bytes that are not in it stand in texts as `\\udc80` …, and are
    said to be so. `keep` takes the audio files that stand in cells.
    """

    encoding: str
    keep: KeepFile

    def make(self, line: int, raw: Mapping[str, Any], error: str | None = None) -> Record:
        """The record of the values `raw`, by column, on `line`."""
        fields: dict[str, Any] = {}
        replaced: dict[str, str] = {}
        files: dict[str, Path] = {}
        for given, value in raw.items():
            name = _cleaned_name(given)
            lifted: list[LiftedFile] = []
            value = self._without_files(value, lifted)
            paths = [file.path for file in lifted if file.path is not None]
            if len(paths) == 1:
                files[name.value] = paths[0]
            kept = cleaned(value)
            fields[name.value] = kept.value
            problems = [name.problem, *(file.problem for file in lifted)]
            problems += [self._undecoded(value), kept.problem]
            if problem := next(filter(None, problems), None):
                replaced[name.value] = problem
        for given in repeated_names(raw):
            replaced[_cleaned_name(given).value] = REPEATED
        return Record(line, fields, error, replaced, files)

    def _without_files(self, value: Any, lifted: list[LiftedFile], depth: int = 0) -> Any:
        """The value with names for the audio files in it, which are added to those `lifted`."""
        if depth > DEEPEST:
            return value
        if holds_file(value):
            lifted.append(lift_file(value, self.keep))
            return lifted[-1].name
        if isinstance(value, list):
            return [self._without_files(item, lifted, depth + 1) for item in value]
        if isinstance(value, dict) and not repeated_names(value):
            return {
                name: self._without_files(item, lifted, depth + 1) for name, item in value.items()
            }
        return value

    def _undecoded(self, value: Any) -> str | None:
        """What is said of a text that holds bytes which are not in the file's encoding."""
        if not isinstance(value, str) or not (match := _UNDECODED.search(value)):
            return None
        byte = ord(match[0]) - 0xDC00
        return f"the byte {byte:#04x} is not {self.encoding}; save the file as UTF-8"
