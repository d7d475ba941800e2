"""Tables: fitted to the terminal that shows them, lines of plain columns everywhere else.

On a terminal a table is as wide as that at most. Names and numbers stay whole, texts are broken
between words. Where that leaves texts too little room, each row is written below its name; a table
of numbers is continued below, with its first column again, in as few parts as there can be, of as
many columns each. Colours only repeat what words say.
"""

from __future__ import annotations

import io
import os
import re
import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum, StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple, TextIO

from audiorouter.text import visible

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table as Grid
    from rich.text import Text

ELLIPSIS = "…"
NOTHING = "-"
_GAP = 2
_LEAST = 16
"""Columns in which any text can be read."""
_LONGEST = 240
"""Characters of a text on a terminal."""
_LONGEST_ALIGNED = 60
"""Characters of a text between other columns where lines are not broken."""
_ENDLESS = 1 << 16
"""Columns of what is no terminal."""
_LEAD = re.compile(r" *(?:\S+ {2,})?")
"""Where a line begins: its indent, or a word before a gap."""
_PADDING_AT_THE_END = re.compile(r" +(?=(?:\x1b\[0m)? *$)")
_USUAL_WIDTH = 80
"""Columns of a terminal that does not say how many it has."""


class Kind(Enum):
    """How a column gives way where there is little room."""

    NAME = "stays whole"
    NUMBER = "stays whole, to the right"
    LINE = "one line, cut at its end"
    TEXT = "broken between words"


class Tone(StrEnum):
    """What the colour of a text repeats."""

    GOOD = "green"
    BAD = "red"
    DOUBTFUL = "yellow"


_TONES = {
    "right": Tone.GOOD,
    "wrong": Tone.BAD,
    "finished": Tone.GOOD,
    "interrupted": Tone.DOUBTFUL,
    "lost": Tone.DOUBTFUL,
    "failed": Tone.BAD,
}


class Column(NamedTuple):
    """A column's title, how it is shown, and which colour a text in it has."""

    title: str
    kind: Kind = Kind.TEXT
    tone: Callable[[str], Tone | None] = lambda _: None


def marked(text: str) -> Tone | None:
    """The colour of what is right or wrong, finished or not."""
    return _TONES.get(text)


def readiness(text: str) -> Tone:
    """The colour of what is ready (yes), or says what it needs."""
    return Tone.GOOD if text in ("yes", "ready", "ok") else Tone.DOUBTFUL


@dataclass(frozen=True)
class Table:
    """Rows of as many texts as there are columns."""

    columns: Sequence[Column]
    rows: Sequence[Sequence[str]]
    header: bool = True
    """Whether titles are shown above the columns."""
    least: Sequence[int] = ()
    """Columns of the terminal that each has at least, see `in_step`; empty where nothing asks."""


def in_step(tables: Sequence[Table]) -> list[Table]:
    """Tables with as many columns each, as wide and broken at the same places."""
    widest = [
        max(_natural(table, number) for table in tables)
        for number in range(max((len(table.columns) for table in tables), default=0))
    ]
    return [replace(table, least=widest) for table in tables]


class Screen(NamedTuple):
    """A terminal: how many columns it has, and whether it shows colours."""

    width: int
    colours: bool


def screen_of(stream: TextIO) -> Screen | None:
    """The terminal behind a stream; None where there is none.

    `COLUMNS` holds before what the terminal says, `NO_COLOR` and `TERM=dumb` forbid colours.
    """
    if not stream.isatty():
        return None
    colours = not os.environ.get("NO_COLOR") and os.environ.get("TERM", "dumb") != "dumb"
    told = os.environ.get("COLUMNS", "")
    if told.isascii() and told.isdecimal() and len(told) < 6 and int(told):
        return Screen(int(told), colours)
    try:
        width = os.get_terminal_size(stream.fileno()).columns
    except (OSError, ValueError):
        width = 0
    return Screen(width or _USUAL_WIDTH, colours)


def fitted(table: Table, screen: Screen) -> str:
    """The table as a terminal shows it, with colours where it has them."""
    shown = replace(table, rows=[[_line(text, _LONGEST) for text in row] for row in table.rows])
    return "\n".join(_panels(shown, screen))


def aligned(table: Table) -> str:
    """One line a row, at least two spaces between columns, none of which is empty."""
    last = len(table.columns) - 1
    rows = [
        [
            _line(text, _ENDLESS // 2 if number == last else _LONGEST_ALIGNED) or NOTHING
            for number, text in enumerate(row)
        ]
        for row in table.rows
    ]
    whole = [
        column if column.kind is Kind.NUMBER else column._replace(kind=Kind.NAME)
        for column in table.columns
    ]
    return _grid(Table(whole, rows, table.header), None, Screen(_ENDLESS, colours=False))


def wrapped(text: str, screen: Screen) -> str:
    """Sentences broken between words, each line further in than where it begins.

    What follows a word and a gap, as in a list of names, goes on below its own beginning.
    """
    lines = []
    for line in text.split("\n"):
        lead = next(_LEAD.finditer(line))[0]
        indent = len(line) - len(line.lstrip(" "))
        hangs = len(lead) > indent and len(lead) <= screen.width // 2
        lines += textwrap.wrap(
            line[len(lead) :],
            screen.width,
            initial_indent=lead,
            subsequent_indent=" " * (len(lead) if hangs else indent + _GAP),
            break_long_words=False,
            break_on_hyphens=False,
        ) or [lead.rstrip()]
    return "\n".join(lines)


def tabbed(table: Table) -> str:
    """One line a row, whole and with a tab between columns, for `cut` and `awk`."""
    titles = [[column.title for column in table.columns]] if table.header else []
    rows = [[_line(text, _ENDLESS) for text in row] for row in table.rows]
    return "\n".join("\t".join(row) for row in [*titles, *rows])


def p_cell(p_value: float) -> str:
    """A p-value; none is so small that it is nothing."""
    return "<0.0001" if p_value < 0.0001 else f"{p_value:.2g}"


def cell(value: Any) -> str:
    """A value as a table shows it."""
    if value is None:
        return NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value)) or NOTHING
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {inner}" for name, inner in value.items()) or NOTHING
    return str(value)


def len_of(text: str) -> int:
    """Columns that a text takes on a terminal."""
    from rich.cells import cell_len

    return cell_len(text)


def _panels(table: Table, screen: Screen) -> Iterator[str]:
    """The table, or what it is continued in."""
    natural = [_natural(table, number) for number in range(len(table.columns))]
    flexible = [column.kind in (Kind.LINE, Kind.TEXT) for column in table.columns]
    least = [
        _least(table, n, natural[n]) if gives else natural[n] for n, gives in enumerate(flexible)
    ]
    if _width(least) <= screen.width:
        widths = _shared_out(natural, least, screen.width)
        yield _grid(table, widths, screen)
    elif any(flexible) or natural[0] + _GAP + max(natural[1:], default=0) > screen.width:
        yield _stacked(table, screen)
    else:
        for place, numbers in enumerate(_even_parts(natural, screen.width)):
            yield from [""] if place else []
            yield _grid(_part(table, numbers), [natural[n] for n in numbers], screen)


def _natural(table: Table, number: int) -> int:
    """Columns that the widest text takes, or the title."""
    title = table.columns[number].title if table.header else ""
    wanted = table.least[number] if table.least else 0
    return max(wanted, *map(len_of, (title, *(row[number] for row in table.rows))))


def _least(table: Table, number: int, natural: int) -> int:
    """Columns in which a text can be read: its longest word, and about three lines."""
    title = table.columns[number].title if table.header else ""
    words = {
        word for text in (title, *(row[number] for row in table.rows)) for word in text.split()
    }
    return min(_LEAST, natural, max([-(-natural // 3), *map(len_of, words)]))


def _even_parts(natural: Sequence[int], width: int) -> list[list[int]]:
    """The numbers of the columns of each part, the first in all of them; each two fit.

    There are as few parts as there can be, and among those that fit the longest is the shortest.
    """
    others = range(1, len(natural))
    parts: list[list[int]] = []
    for most in others:
        found: list[list[int]] = []
        for number in others:
            room = found and len(found[-1]) <= most
            if room and _width([natural[n] for n in [*found[-1], number]]) <= width:
                found[-1].append(number)
            else:
                found.append([0, number])
        if not parts or len(found) < len(parts):
            parts = found
    return parts


def _part(table: Table, numbers: Sequence[int]) -> Table:
    return replace(
        table,
        columns=[table.columns[n] for n in numbers],
        rows=[[row[n] for n in numbers] for row in table.rows],
    )


def _width(columns: Sequence[int]) -> int:
    return sum(columns) + _GAP * (len(columns) - 1)


def _shared_out(natural: Sequence[int], least: Sequence[int], width: int) -> list[int]:
    """What columns get: the widest of those that have more than the least give one each."""
    given = list(natural)
    for _ in range(_width(given) - width):
        more = [n for n, columns in enumerate(given) if columns > least[n]]
        given[max(more, key=lambda n: given[n])] -= 1
    return given


def _grid(table: Table, widths: Sequence[int] | None, screen: Screen) -> str:
    """Columns beside each other, with a line under the header."""
    from rich.rule import Rule

    grid = _borderless(header=table.header)
    for number, (title, kind, _) in enumerate(table.columns):
        grid.add_column(
            _styled(title, "bold"),
            justify="right" if kind is Kind.NUMBER else "left",
            no_wrap=kind is not Kind.TEXT,
            overflow="ellipsis" if kind is Kind.LINE else "fold",
            width=None if widths is None else widths[number],
        )
    if table.header:
        grid.add_row(*[Rule(characters="-", style="dim") for _ in table.columns])
    for row in table.rows:
        grid.add_row(
            *(
                _styled(text, column.tone(text))
                for column, text in zip(table.columns, row, strict=True)
            )
        )
    return _drawn(grid, screen)


def _stacked(table: Table, screen: Screen) -> str:
    """Every row below its name: what it has in each column, line by line."""
    from rich.console import Group
    from rich.text import Text

    titles = _GAP + max((len_of(column.title) for column in table.columns[1:]), default=0)
    shown: list[Any] = []
    first = table.columns[0]
    before = f"{first.title} " if first.kind is Kind.NUMBER else ""
    for head, *rest in table.rows:
        shown.append(Text(before + (head or NOTHING), "bold", overflow="fold"))
        below = _borderless(header=False)
        below.add_column(width=titles, no_wrap=True)
        below.add_column(overflow="fold")
        for column, text in zip(table.columns[1:], rest, strict=True):
            if text:
                title = Text(" " * _GAP + column.title)
                below.add_row(title, _styled(text, column.tone(text)))
        shown += [below] if below.rows else []
    return _drawn(Group(*shown), screen)


def _borderless(*, header: bool) -> Grid:
    from rich.table import Table as Grid

    return Grid(
        box=None, padding=(0, _GAP, 0, 0), pad_edge=False, header_style="", show_header=header
    )


def _styled(text: str, style: str | None) -> Text:
    """The text in a style that its padding has not."""
    from rich.text import Text

    styled = Text(text)
    if style is not None:
        styled.stylize(style)
    return styled


def _drawn(what: Any, screen: Screen) -> str:
    drawn = io.StringIO()
    _console(drawn, screen).print(what)
    lines = drawn.getvalue().rstrip("\n").split("\n")
    return "\n".join(_PADDING_AT_THE_END.sub("", line) for line in lines)


def _console(drawn: io.StringIO, screen: Screen) -> Console:
    from rich.console import Console

    return Console(
        file=drawn,
        width=screen.width,
        force_terminal=screen.colours,
        color_system="standard" if screen.colours else None,
        no_color=not screen.colours,
        force_jupyter=False,
        markup=False,
        emoji=False,
        highlight=False,
    )


def _line(text: str, longest: int) -> str:
    """The text in one line that steers no terminal."""
    text = visible(" ".join(text.split()))
    return text if len(text) <= longest else text[: longest - 1] + ELLIPSIS
