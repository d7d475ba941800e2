"""Tables in text: CSV, TSV and their dialects (RFC 4180, and what spreadsheets make of it).

Not by the `csv` module: where a quote is never closed, or closes in the middle of a cell, that
takes the rows up to there for one cell and does not tell.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from audiorouter.csv_cells import are_defused, restored
from audiorouter.errors import QuestionFileError
from audiorouter.questions.files.record import Record, RecordMaker
from audiorouter.questions.files.text_window import TextWindow
from audiorouter.text import counted, encodable

LONGEST_ROW = 16_000_000
"""Characters of a row."""
_HEADER = 100_000
"""Characters in which the header is."""
_DELIMITERS = ",;\t|"
_LINE_END = re.compile(r"\r\n|\r|\n")
_QUOTED = re.compile(r'"[^"]*+(?:""[^"]*+)*+"')
_SEPARATOR_LINE = re.compile(r'"?sep=(.)"?[;,\t |]*(?:\r\n|\r|\n)', re.IGNORECASE)
"""What spreadsheets write to themselves before the header."""


class _Row(NamedTuple):
    cells: list[str]
    end: int
    """Where in the text the next row begins."""
    lines: int = 1
    """How many lines it takes."""
    error: str | None = None


def parse_table(
    path: Path, window: TextWindow, make: RecordMaker, delimiter: str
) -> Iterator[Record]:
    """The rows under the header; `delimiter` where the header does not show another one.

    They are read one after another. A row of more than `LONGEST_ROW` characters is taken for one
    whose quote is never closed.

    Raises:
        QuestionFileError: no header, or one that cannot be read or names a column twice.
    """
    position, line = 0, 1
    while len(window.text) < _HEADER and not window.ended:
        window.more()
    if match := _SEPARATOR_LINE.match(window.text):
        position, line, delimiter = match.end(), 2, match[1]
    else:
        delimiter = _delimiter(window.text, delimiter)
    header: list[str] = []
    defused = spaced = False
    while (row := _next_row(window, position, line, delimiter)) is not None:
        if header and (error := _miscount(row, line, len(header), spaced=spaced)):
            row = _first_line(window.text, position, row.cells, error)
        if row.error or any(cell.strip() for cell in row.cells):
            if header:
                cells = [restored(cell) for cell in row.cells] if defused else row.cells
                named = enumerate(zip(header, cells, strict=False), start=1)
                fields = {
                    name or f"column {number}": cell
                    for number, (name, cell) in named
                    if name or cell.strip()
                }
                yield _with_missing(header, row, make.make(line, fields, row.error))
            else:
                defused = are_defused(row.cells)  # asked again
                spaced = delimiter != "," or any(cell.startswith(" ") for cell in row.cells[1:])
                cells = [restored(cell) for cell in row.cells] if defused else row.cells
                header = _header(path, line, row._replace(cells=cells))
        position, line = window.let_go(row.end), line + row.lines
    if not any(header):
        raise QuestionFileError(f"{path}, line 1: there is no header row")


def _next_row(window: TextWindow, position: int, line: int, delimiter: str) -> _Row | None:
    """The row that begins at `position`, on `line`, of a text that may not be at hand yet."""
    while True:
        if position < len(window.text):
            row = _row(window.text, position, line, delimiter)
            # What ends with what is at hand, or makes no sense there, may go on behind it.
            whole = row.error is None and row.end < len(window.text)
            if whole or window.ended or len(window.text) - position > LONGEST_ROW:
                return row
        elif window.ended:
            return None
        window.more(position)


def _delimiter(text: str, usual: str) -> str:
    """The one that stands most often in the header, outside quotes; a tab where it is usual."""
    start = text.lstrip("\r\n")[:_HEADER]
    header = _LINE_END.split(_QUOTED.sub("", start), maxsplit=1)[0]
    if usual == "\t" and usual in header:  # commas belong to the names
        return usual
    return max(usual + _DELIMITERS, key=lambda delimiter: header.count(delimiter))


def _header(path: Path, line: int, row: _Row) -> list[str]:
    if row.error:
        raise QuestionFileError(f"{path}, line {line}: {row.error}")
    header = [encodable(name.strip()) for name in row.cells]
    if repeated := sorted({name for name in header if name and header.count(name) > 1}):
        raise QuestionFileError(f"{path}, line {line}: the column {repeated[0]!r} is there twice")
    return header


def _miscount(row: _Row, line: int, columns: int, *, spaced: bool) -> str | None:
    """What is wrong with the number of cells; of a row of several lines it may be neither.

    Empty ones more than there are columns are nothing wrong, unless a comma of the text seems to
    have pushed them there: a space stands behind it, which is not so of all delimiters (`spaced`).
    """
    count = len(row.cells)
    if row.error or count == columns:
        return row.error
    what = f"{counted(count, 'cell')} under {counted(columns, 'column')}"
    if row.lines > 1:
        last = line + row.lines - 1
        return f"{what}, from here to line {last} (a quote that opens here and closes there?)"
    after = [cell.startswith(" ") for cell in row.cells[1:] if cell.strip()]
    # Of a text that stands behind the clip, and before the last of the others.
    pushed = not spaced and any(after[1:-1]) and not all(after)
    full = any(map(str.strip, row.cells[columns:]))
    return f"{what} (a missing quote?)" if full or (count > columns and pushed) else None


def _with_missing(header: list[str], row: _Row, record: Record) -> Record:
    """The record, with the columns that its row ends before: a delimiter may be missing in it."""
    missing = [name for name in header[len(row.cells) :] if name]
    if row.error or not missing:
        return record
    under = f"{counted(len(row.cells), 'cell')} under {counted(len(header), 'column')}"
    what = f"{under}, so there is none"
    return replace(record, replaced={**record.replaced, **dict.fromkeys(missing, what)})


def _row(text: str, start: int, line: int, delimiter: str) -> _Row:
    """The row that begins at `start`, on `line`."""
    pattern = _cell(delimiter)
    cells: list[str] = []
    position, lines = start, 1
    while True:
        match = pattern.match(text, position)
        if match is None:
            where = line + lines - 1
            return _first_line(text, start, cells, _quote_error(text, position, where))
        quoted, plain, end = match.group("quoted", "plain", "end")
        if quoted is not None:
            cells.append(quoted.replace('""', '"'))
            lines += len(_LINE_END.findall(quoted))
        else:
            cells.append(plain)
        position = match.end()
        if end != delimiter:
            return _Row(cells, position, lines)


def _first_line(text: str, start: int, cells: list[str], error: str) -> _Row:
    """A row that is not read to its end: the next line stands for itself again."""
    match = _LINE_END.search(text, start)
    return _Row(cells, match.end() if match else len(text), error=error)


def _quote_error(text: str, position: int, line: int) -> str:
    """What is wrong with the quoted cell that begins at `position`, on `line`."""
    opening = text.index('"', position)
    match = _QUOTED.match(text, opening)
    if match is None:
        return f"the quote that opens in line {line} is never closed"
    closing = line + len(_LINE_END.findall(match.group()))
    after = text[match.end() :].lstrip(" ")[:1]
    return (
        f"the quote that opens in line {line} closes in line {closing} before {after!r}, "
        f'not at the end of its cell (a quote within one is written "")'
    )


@lru_cache
def _cell(delimiter: str) -> re.Pattern[str]:
    """One cell and what ends it; it matches unless a quoted cell is not closed at its end."""
    ends, space = re.escape(delimiter), " " if delimiter == "\t" else r"[ \t]"
    end = rf"(?P<end>{ends}|\r\n|\r|\n|\Z)"
    quoted = r'"(?P<quoted>[^"]*+(?:""[^"]*+)*+)"'
    return re.compile(
        rf'(?:{space}*+{quoted}{space}*+|(?!{space}*+")(?P<plain>[^{ends}\r\n]*+)){end}'
    )
