"""Printing data: tables for people, JSON for programs, both on the command's own stdout.

Names, questions and answers come from anywhere, so control characters in them are shown instead of
sent (`audiorouter.text.visible`).
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

from audiorouter.cli.streams import data_stream
from audiorouter.json_values import json_text
from audiorouter.text import visible, visible_json

ELLIPSIS = "…"
_WIDEST = 60
_NO_LIMIT = 1 << 16
"""Columns of what is no terminal."""


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


def on_terminal() -> bool:
    """Whether a person sees what is printed."""
    return data_stream().isatty()


def print_records(records: Sequence[Mapping[str, Any]], *, as_json: bool) -> None:
    """Print records of the same fields as JSON or as a table."""
    if as_json:
        print_json(list(records))
    elif records:
        print_text(table(list(records[0]), [[cell(v) for v in r.values()] for r in records]))


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns as wide as their content, up to a limit, with a line under the header.

    On a terminal long cells are broken, so that the table is no wider than that. Elsewhere it is as
    wide as it wants to be: one line a row.
    """
    from rich.console import Console
    from rich.rule import Rule
    from rich.table import Table

    grid = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="")
    for name in header:
        grid.add_column(name, overflow="fold")
    grid.add_row(*[Rule(characters="-", style="") for _ in header])
    for row in rows:
        grid.add_row(*map(_shortened, row))
    drawn = io.StringIO()
    console = Console(
        file=drawn,
        width=None if on_terminal() else _NO_LIMIT,
        color_system=None,
        force_jupyter=False,
        markup=False,
        emoji=False,
        highlight=False,
    )
    console.print(grid)
    return "\n".join(line.rstrip() for line in drawn.getvalue().rstrip("\n").split("\n"))


def cell(value: Any) -> str:
    """A value as a table shows it."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {inner}" for name, inner in value.items()) or "-"
    return str(value)


def _shortened(text: str) -> str:
    text = visible(" ".join(text.split()))
    return text if len(text) <= _WIDEST else text[: _WIDEST - 1] + ELLIPSIS
