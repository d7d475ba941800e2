"""JSON in the forms that questions come in, told apart by what stands in the file.

One object a line (JSON Lines), a list of objects, either of them within an object (`{"data": …}`,
the Hub's viewer), objects by their ids, and tables by columns as pandas and datasets write them.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from audiorouter.errors import QuestionFileError
from audiorouter.json_values import parse
from audiorouter.questions.column_names import ID_NAMES, role_of
from audiorouter.questions.files.json_text import Container, Span, member, scan
from audiorouter.questions.files.record import Record, RecordMaker
from audiorouter.questions.files.said_once import names_audio, said_once, with_said_once
from audiorouter.questions.files.text_window import TextWindow
from audiorouter.text import counted

LIST_NAMES = [
    *("data", "rows", "questions", "items", "examples", "samples", "records", "entries"),
    *("annotations", "instances", "results", "train", "validation", "dev", "test"),
]
"""Names under which an object may hold its list of questions beside other lists."""

_ROW_TEXTS = frozenset(["question", "prompt", "query", "instruction"])
"""What an object has that is one question, and an object around a list of them has not."""


MOST_WHOLE = 512_000_000
"""Characters of a file that is one JSON text: only JSON Lines are read line by line."""


def parse_json(path: Path, window: TextWindow, make: RecordMaker) -> Iterator[Record]:
    """The records in a JSON text of any of those forms.

    JSON Lines are read one after another; of the other forms the whole text is read first.

    Raises:
        QuestionFileError: it is not JSON, in none of them, or too long for one that is read whole.
    """
    if _begins_with_objects(path, window):
        yield from _Reader(path, "", make).lines(
            (number, line) for number, line in window.lines() if line.strip()
        )
        return
    while not window.ended:
        _read_on(path, window)
    text = window.text
    if "\n" not in text:
        text = text.replace("\r", "\n")  # which can stand in no JSON text
    yield from _Reader(path, text, make).records()


def _begins_with_objects(path: Path, window: TextWindow) -> bool:
    """Whether the first line is an object, and others follow."""
    while True:
        first, _, rest = window.text.lstrip().partition("\n")
        if rest.strip():
            return _is_object(first)
        if window.ended:
            return False
        _read_on(path, window)


def _read_on(path: Path, window: TextWindow) -> None:
    if len(window.text) > MOST_WHOLE:
        raise QuestionFileError(
            f"{path}: JSON that is not one object a line is read whole, up to {MOST_WHOLE:,} "
            "characters, and this is more: save it as JSON Lines, CSV or parquet"
        )
    window.more()


@dataclass(frozen=True)
class _Reader:
    path: Path
    text: str
    make: RecordMaker

    def records(self) -> Iterator[Record]:
        lines = [
            (number, line)
            # Not by splitlines, which also cuts at characters that may stand in a JSON text.
            for number, line in enumerate(self.text.split("\n"), start=1)
            if line.strip()
        ]
        if len(lines) > 1 and _is_object(lines[0][1]):
            return self.lines(lines)
        found = scan(self.text)
        if found.clean and len(found.containers) == 1:
            return self._document(found.containers[0])
        # A list that is not closed is cut, or so broken that its rows cannot be told.
        if not self.text.lstrip().startswith("[") and any(_is_object(line) for _, line in lines):
            return self.lines(lines)
        if found.clean and found.containers:
            return (self._record(Span(value.start, value.end)) for value in found.containers)
        if not lines:
            return iter(())
        raise self._not_json(lines)

    def lines(self, lines: Iterable[tuple[int, str]]) -> Iterator[Record]:
        """The records in numbered lines, one in each."""
        for number, line in lines:
            yield self._parsed(number, _without_comma(line))

    def _document(self, value: Container) -> Iterator[Record]:
        if self.text[value.start] == "[":
            return self._list(value, {})
        members = dict(filter(None, (member(self.text, part) for part in value.parts)))
        if len(members) < len(value.parts):
            return iter([self._record(Span(value.start, value.end))])
        opening = {name: self.text[span.start : span.end][:1] for name, span in members.items()}
        if {"columns", "data"} <= members.keys() and opening["columns"] == "[":
            rows = self._inside(members["data"])
            if rows.parts and self._opens(rows.parts[0], "["):
                return self._split_table(members["columns"], rows)
        asked = {n.casefold() for n in members if opening[n] not in "[{"} & _ROW_TEXTS
        lists = self._lists(members)
        # A prompt may be told once for all questions; a question is one, whatever stands beside it.
        told = "question" not in asked and any(
            _ROW_TEXTS & self._first_names(rows) for rows in lists.values()
        )
        if told or not asked:
            if members and all(map(names_audio, members)):
                return self._by_clip(members)
            if (rows_of := self._questions_among(lists)) is not None:
                around = {name: span for name, span in members.items() if name not in lists}
                return self._list(rows_of, self._shared(around))
            if (inner := self._only_object(members)) is not None:
                return self._list(*inner)
            if members and set(opening.values()) == {"{"}:
                return self._objects(members)
            if members and set(opening.values()) == {"["}:
                return self._columns({name: self._inside(at).parts for name, at in members.items()})
        elif (rows_of := self._clips_of_one_question(members, lists)) is not None:
            once = {name.casefold() for name in members if name not in lists}
            if len(rows_of.parts) > 1:
                once -= set(ID_NAMES)
            return self._list(rows_of, self._shared(members, once))
        return iter([self._record(Span(value.start, value.end))])

    def _list(self, value: Container, shared: Mapping[str, Any]) -> Iterator[Record]:
        """The records of a list; what is `shared` holds for those that have no such thing."""
        for part in value.parts:
            record = self._record(part)
            if shared and record.error is None:
                record = replace(record, fields=with_said_once(record.fields, shared))
            yield record

    def _lists(self, members: Mapping[str, Span]) -> dict[str, Container]:
        """The lists of objects in an object, by their names."""
        return {
            name: inside
            for name, span in members.items()
            if self._opens(span, "[")
            and role_of(name) != "choices"
            and ((inside := self._inside(span)).parts or name in LIST_NAMES)
            and all(self._opens(part, "{") for part in inside.parts[:1])
        }

    def _asks(self, rows: Container) -> bool:
        """Whether the first object of a list is a question: it says so, or has one about a clip."""
        names = self._first_names(rows)
        about_clip = any(role_of(name) == "clip" for name in names)
        return "question" in names or (about_clip and bool(_ROW_TEXTS & names))

    def _first_names(self, rows: Container) -> set[str]:
        """The names in the first object of a list, in lower case."""
        inside = [self._inside(part).parts for part in rows.parts[:1]]
        pairs = [member(self.text, part) for parts in inside for part in parts]
        return {pair[0].casefold() for pair in pairs if pair is not None}

    def _clips_of_one_question(
        self, members: Mapping[str, Span], lists: Mapping[str, Container]
    ) -> Container | None:
        """The list of clips of which an object asks its question, where it names none itself."""
        if any(role_of(name) == "clip" for name in members) or len(lists) != 1:
            return None
        ((name, rows),) = lists.items()
        names = self._first_names(rows)
        named = any(role_of(one) == "clip" for one in names)
        return rows if named and role_of(name) is None and not _ROW_TEXTS & names else None

    def _shared(self, members: Mapping[str, Span], names: Collection[str] = ()) -> dict[str, Any]:
        """What is said once for all questions: their clip, their choices, and what has such a name.

        Raises:
            QuestionFileError: it is not JSON.
        """
        shared = {}
        for name, span in members.items():
            own = name.casefold() in names
            if not own and role_of(name) is None:
                continue
            try:
                value = parse(self._source(span))
            except ValueError as error:
                raise QuestionFileError(
                    f"{self.path}, line {self._line(span.start)}: {name!r}, which all questions "
                    f"have in common, is not JSON ({_reason(error)})"
                ) from None
            if own or said_once(name, value):
                shared[name] = value
        return shared

    def _questions_among(self, lists: Mapping[str, Container]) -> Container | None:
        """The list of questions among those of an object, if there is one."""
        if len(lists) > 1:
            named = {name: lists[name] for name in LIST_NAMES if name in lists}
            others = [rows for name, rows in lists.items() if name not in named]
            if len(named) != 1 or any(map(self._asks, others)):
                raise QuestionFileError(
                    f"{self.path}, line {self._line(min(v.start for v in lists.values()))}: "
                    f"there are several lists ({', '.join(lists)}); "
                    "keep the one with the questions"
                )
            lists = named
        return next(iter(lists.values()), None)

    def _objects(self, members: Mapping[str, Span]) -> Iterator[Record]:
        """Questions by their ids, or pandas' columns, each an object of values by row."""
        parts = {name: self._inside(span).parts for name, span in members.items()}
        cells = {
            name: dict(filter(None, (member(self.text, part) for part in of)))
            for name, of in parts.items()
        }
        first = next(iter(cells.values()))
        if first and all(row.isdecimal() for row in first) and _ROW_TEXTS & _folded(members):
            if any(of.keys() != first.keys() for of in cells.values()):
                raise QuestionFileError(f"{self.path}: its columns do not have the same rows")
            return self._columns({name: list(of.values()) for name, of in cells.items()})
        return self._by_id(members)

    def _by_id(self, members: Mapping[str, Span]) -> Iterator[Record]:
        for name, span in members.items():
            record = self._record(span)
            if record.error is None and "id" not in record.fields:
                record = replace(record, fields={"id": name, **record.fields})
            yield record

    def _by_clip(self, members: Mapping[str, Span]) -> Iterator[Record]:
        """Questions by the names of their clips: one, or a list of them."""
        for name, span in members.items():
            for part in self._inside(span).parts if self._opens(span, "[") else [span]:
                record = self._record(part)
                if record.error is None:
                    record = replace(record, fields={"audio": name, **record.fields})
                yield record

    def _only_object(
        self, members: Mapping[str, Span]
    ) -> tuple[Container, Mapping[str, Any]] | None:
        """The list of questions in the only object of one, and what it says for all of them:
        `{"data": {"questions": […]}}`."""
        if len(members) != 1:
            return None
        (span,) = members.values()
        if not self._opens(span, "{"):
            return None
        pairs = [member(self.text, part) for part in self._inside(span).parts]
        within = dict(pair for pair in pairs if pair is not None)
        texts = [name for name, at in within.items() if not self._opens(at, "[")]
        asked = _ROW_TEXTS & _folded(dict.fromkeys(texts))
        lists = self._lists(within)
        if asked or (rows := self._questions_among(lists)) is None:
            return None
        return rows, self._shared({n: at for n, at in within.items() if n not in lists})

    def _columns(self, columns: Mapping[str, Sequence[Span]]) -> Iterator[Record]:
        lengths = {len(cells) for cells in columns.values()}
        if len(lengths) != 1:
            raise QuestionFileError(
                f"{self.path}: its columns have different lengths ({sorted(lengths)})"
            )
        return (
            self._cells(dict(zip(columns, row, strict=True)))
            for row in zip(*columns.values(), strict=True)
        )

    def _split_table(self, names: Span, rows: Container) -> Iterator[Record]:
        """Pandas' `{"columns": […], "data": [[…], …]}`."""
        try:
            header = [str(name) for name in parse(self._source(names))]
        except ValueError as error:
            raise QuestionFileError(
                f"{self.path}, line {self._line(names.start)}: the names of the columns are not "
                f"JSON ({_reason(error)})"
            ) from None
        for part in rows.parts:
            cells = self._inside(part).parts
            if len(cells) == len(header):
                yield self._cells(dict(zip(header, cells, strict=True)))
            else:
                what = f"{counted(len(cells), 'cell')} under {counted(len(header), 'column')}"
                yield Record(self._line(part.start), {}, what)

    def _cells(self, row: Mapping[str, Span]) -> Record:
        source = ", ".join(f"{json.dumps(name)}: {self._source(at)}" for name, at in row.items())
        return self._parsed(self._line(max(at.start for at in row.values())), f"{{{source}}}")

    def _record(self, part: Span) -> Record:
        return self._parsed(self._line(part.start), self._source(part))

    def _parsed(self, line: int, source: str) -> Record:
        try:
            value = parse(source)
        except ValueError as error:
            return Record(line, {}, f"not JSON ({_reason(error)})")
        if not isinstance(value, dict):
            return Record(line, {}, "not a JSON object")
        return self._unwrapped(line, value)

    def _unwrapped(self, line: int, value: dict[str, Any]) -> Record:
        """The record, also where it stands in a row as the Hub's viewer gives it."""
        if not ({"row_idx", "row"} <= value.keys() and isinstance(value["row"], dict)):
            return self.make.make(line, value)
        record = self.make.make(line, value["row"])
        names = value.get("truncated_cells") or ()
        cut = {str(name): "the Hub's viewer cut the text short" for name in names}
        return replace(record, replaced={**record.replaced, **cut})

    def _inside(self, span: Span) -> Container:
        found = scan(self.text, span.start, span.end).containers
        return found[0] if found else Container(span.start, span.end, ())

    def _opens(self, span: Span, bracket: str) -> bool:
        return self.text.startswith(bracket, span.start, span.end)

    def _source(self, span: Span) -> str:
        return self.text[span.start : span.end]

    def _line(self, position: int) -> int:
        return bisect_left(self._line_feeds, position) + 1

    @cached_property
    def _line_feeds(self) -> list[int]:
        return [match.start() for match in re.finditer("\n", self.text)]

    def _not_json(self, lines: Sequence[tuple[int, str]]) -> QuestionFileError:
        try:
            value = parse(self.text)
        except json.JSONDecodeError as error:
            return QuestionFileError(f"{self.path}, line {error.lineno}: not JSON ({error.msg})")
        except ValueError as error:
            return QuestionFileError(f"{self.path}, line {lines[0][0]}: not JSON ({error})")
        return QuestionFileError(
            f"{self.path}, line {lines[0][0]}: expected a JSON list of questions, "
            f"or one object a line, not {type(value).__name__}"
        )


def _is_object(line: str) -> bool:
    line = _without_comma(line)
    if not (line.startswith("{") and line.endswith("}")):
        return False
    try:
        return isinstance(parse(line), dict)
    except ValueError:
        return False


def _without_comma(line: str) -> str:
    """A line of JSON Lines, also where it ends like an element of a list."""
    line = line.strip()
    return line[:-1].rstrip() if line.endswith(",") else line


def _folded(names: Mapping[str, Any]) -> set[str]:
    return {name.casefold() for name in names}


def _reason(error: ValueError) -> str:
    return error.msg if isinstance(error, json.JSONDecodeError) else str(error)
