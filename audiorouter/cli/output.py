"""Printing data: tables for people, JSON for programs, both on the command's own stdout.

Names, questions and answers come from anywhere, so control characters in them are shown instead of
sent (`audiorouter.text.visible`).
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from typing import IO, Any, TextIO

from audiorouter.cli.streams import data_stream
from audiorouter.cli.table import (
    Column,
    Screen,
    Table,
    aligned,
    cell,
    fitted,
    screen_of,
    tabbed,
    wrapped,
)
from audiorouter.json_values import json_text
from audiorouter.machine.shown_text import as_it_is
from audiorouter.text import visible, visible_json

_PIECE = 1 << 16


def print_text(text: object = "") -> None:
    """Print a line, or several, for people."""
    data_stream().write(f"{visible(str(text))}\n")


def print_now(line: str) -> None:
    """Print a line that somebody waits for, while the command goes on."""
    print_text(line)
    data_stream().flush()


def print_json(value: Any, *, indent: int | None = 2) -> None:
    """Print a value as JSON; without `indent` on one line."""
    data_stream().write(f"{visible_json(json_text(value, indent=indent))}\n")


def print_file(content: str) -> None:
    """Print what could be a file as well, as it is: a terminal is shown what it must not get."""
    data_stream().write(content)


def print_file_of(content: IO[bytes]) -> None:
    """Print a file of UTF-8 as it is, from its start, and close it."""
    content.seek(0)
    with io.TextIOWrapper(content, encoding="utf-8", newline="") as text:
        while piece := text.read(_PIECE):
            print_file(piece)


def on_terminal() -> bool:
    """Whether a person sees what is printed."""
    return data_stream().isatty()


def print_records(
    records: Sequence[Mapping[str, Any]], columns: Sequence[Column], *, as_json: bool
) -> None:
    """Print records as JSON, or those of their fields that are columns as a table.

    Where no terminal shows it that is a line of titles and a line a record, with tabs between.
    """
    if as_json:
        print_json(list(records))
        return
    rows = [[cell(record.get(column.title)) for column in columns] for record in records]
    table, stream = Table(columns, rows), data_stream()
    screen = screen_of(stream)
    as_it_is(stream).write(f"{tabbed(table) if screen is None else fitted(table, screen)}\n")


def print_report(parts: Iterable[str | Table], to: TextIO | None = None) -> None:
    """Print sentences and tables on stdout or `to`; on a terminal they fit its width."""
    stream = data_stream() if to is None else to
    as_it_is(stream).write(f"{report_text(parts, screen_of(stream))}\n")


def report_text(parts: Iterable[str | Table], screen: Screen | None = None) -> str:
    """Sentences and tables as text for a terminal, or for anything else."""
    if screen is None:
        return "\n".join(aligned(p) if isinstance(p, Table) else visible(p) for p in parts)
    return "\n".join(
        fitted(part, screen) if isinstance(part, Table) else visible(wrapped(part, screen))
        for part in parts
    )
