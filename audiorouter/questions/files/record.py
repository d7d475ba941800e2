"""A row as it stands in a questions file, in values that can be written again."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from audiorouter.json_values import cleaned
from audiorouter.questions.files.embedded import KeepFile, holds_file, lift_file

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
            name = cleaned(given)
            problem = name.problem
            if holds_file(value):
                lifted = lift_file(value, self.keep)
                value, problem = lifted.name, problem or lifted.problem
                if lifted.path is not None:
                    files[name.value] = lifted.path
            kept = cleaned(value)
            fields[name.value] = kept.value
            if problem := problem or self._undecoded(value) or kept.problem:
                replaced[name.value] = problem
        return Record(line, fields, error, replaced, files)

    def _undecoded(self, value: Any) -> str | None:
        """What is said of a text that holds bytes which are not in the file's encoding."""
        if not isinstance(value, str) or not (match := _UNDECODED.search(value)):
            return None
        byte = ord(match[0]) - 0xDC00
        return f"the byte {byte:#04x} is not {self.encoding}; save the file as UTF-8"
