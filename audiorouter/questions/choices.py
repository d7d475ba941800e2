"""The choices of a row, in whichever form they stand there."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from audiorouter.questions.cell_values import (
    RowError,
    choice_letter,
    present,
    says_nothing,
    text_of,
)
from audiorouter.questions.cells import nested_value
from audiorouter.questions.choice_labels import label_in, labelled_lines, prefixed, rows_of_labels
from audiorouter.questions.column_names import plain_name
from audiorouter.questions.columns import Columns

MAX_CHOICES = 1_000
MAX_CHOICE = 10_000
"""Characters of a choice."""

TEXT_KEYS = ("text", "texts", "content", "value", "choice_text", "option_text", "choices",
             "options", "choice", "option", "answer", "name")  # fmt: skip
"""What the text is called, where choices are objects."""
LABEL_KEYS = ("label", "labels", "id", "ids", "key", "keys", "letter", "index", "idx", "option",
              "choice")  # fmt: skip
"""What the letter or number is called there."""

MARK_NAMES = frozenset({"correct", "iscorrect", "right", "isright", "isanswer"})
"""What says there whether a choice is right, by its plain name."""

_LETTER_OR_TEXT = frozenset({"option", "choice", "answer", "value"})
"""What may be the text there, and the letter or number where another member has the text."""
_NO_TEXTS = frozenset(
    {"feedback", "explanation", "rationale", "reason", "comment", "note", "hint", "image", "audio"}
)
"""What else may be said of a choice there, by its plain name."""
_LONGEST_QUOTE = 200
_NO_LIST = re.compile(r"\s*(?:None|none|null|NULL|\[\s*\]|\(\s*\)|\{\s*\})\s*")
"""Text that is no list of choices, or one of none, and no single one."""
_INLINE = re.compile(r"(?:^|(?<=[\s;,/]))[(\[]?([A-Z]|\d{1,2})(?:[)\]]|[.:](?=\s))\s*(?=\S)")


@dataclass(frozen=True)
class Choices:
    """The choices of a row; those that are empty are left out."""

    texts: tuple[str, ...] = ()
    """As they are asked: without the letters that may stand before them in the file."""
    written: tuple[str, ...] = ()
    """As they stand in the file."""
    labels: tuple[str, ...] = ()
    """What each is called: the letter or number in the file, else A, B, C … by its place."""
    named: bool = False
    """Whether the labels stand in the file."""
    places: tuple[int, ...] = ()
    """Which each is in the file, from 0, those counted that are empty."""
    listed: int = 0
    """How many the file lists, those counted that are empty."""
    columns: tuple[str, ...] = ()
    """Where they come from."""
    marked: tuple[int, ...] = ()
    """Those that the file marks as right, where some are marked as wrong."""
    notes: tuple[str, ...] = ()
    """What is odd about them though they can be asked."""

    @property
    def numbered(self) -> bool:
        """Whether the file calls them by numbers."""
        return self.named and self.labels[0].isdigit()

    def may_be_place(self, number: int) -> bool:
        """Whether one of them has this place, counted from 0 or from 1."""
        return number in self.places or number - 1 in self.places

    def equal_to(self, index: int) -> tuple[int, ...]:
        """The choices with the same text as this one, itself among them."""
        wanted = exactly(self.texts[index])
        return tuple(i for i, text in enumerate(self.texts) if exactly(text) == wanted)


@dataclass(frozen=True)
class _Listed:
    """Choices as the file lists them, with empty ones, which are None."""

    texts: list[str | None]
    labels: list[str] | None = None
    blank: bool = False
    """Whether empty texts stand in the list, rather than nothing."""
    unread: tuple[str, ...] = ()
    """The columns whose text was taken for none."""
    marks: tuple[bool | None, ...] = ()
    """Whether each is right, where they say so."""


def choice_columns(fields: Mapping[str, Any], columns: Columns) -> tuple[str, ...]:
    """The columns in which a row has its choices: one that lists them, else one for each."""
    for name in columns.listed:
        value = fields.get(name)
        if present(value) and not (isinstance(value, str) and _NO_LIST.fullmatch(value)):
            return (name,)
    for each in columns.each:
        if any(present(fields.get(name)) for name in each.columns):
            return each.columns
    return ()


def read_choices(fields: Mapping[str, Any], columns: Columns) -> Choices:
    """The choices of a row, none for an open-ended question.

    Raises:
        RowError: there is one only, there are too many, or they cannot be read.
    """
    names = choice_columns(fields, columns)
    if not names:
        return Choices()
    if len(names) == 1:
        listed = _listed(names[0], fields[names[0]])
    else:
        labels = next(each.labels for each in columns.each if each.columns == names)
        cells = [fields.get(name) for name in names]
        texts = [
            text_of(name, cell) if present(cell) else None
            for name, cell in zip(names, cells, strict=True)
        ]
        nothing = [name for name, cell in zip(names, cells, strict=True) if says_nothing(cell)]
        listed = _Listed(texts, list(labels), unread=tuple(nothing))
    return _checked(listed, names)


@lru_cache(maxsize=1024)  # the choices of a row are compared again and again
def plain(text: str) -> str:
    """Text as it is compared: without case, with single spaces, in one Unicode form."""
    return unicodedata.normalize("NFC", " ".join(text.split()).casefold())


@lru_cache(maxsize=1024)
def exactly(text: str) -> str:
    """The same with its case: by that alone are told apart Cm7 and CM7, 5 mHz and 5 MHz."""
    return unicodedata.normalize("NFC", " ".join(text.split()))


def mark_of(item: Mapping[str, Any]) -> bool | None:
    """Whether a choice that is an object says of itself that it is right; None if it says nothing.

    >>> mark_of({"text": "a dog", "isCorrect": 1}), mark_of({"text": "a dog"})
    (True, None)
    """
    for name, value in item.items():
        if plain_name(name) in MARK_NAMES and str(value).casefold() in ("true", "false", "0", "1"):
            return str(value).casefold() in ("true", "1")
    return None


def start(text: str) -> str:
    """The text, or its beginning where it is long."""
    return text if len(text) <= _LONGEST_QUOTE else f"{text[:_LONGEST_QUOTE]}…"


def _listed(column: str, value: Any) -> _Listed:
    if isinstance(value, str):
        nested = nested_value(column, value)
        if nested is None:
            parts = _separated(column, value)
            nothing = tuple(part for part in parts if says_nothing(part))
            listed = _of_parts(column, ["" if part in nothing else part for part in parts])
            return replace(listed, unread=(column,) if nothing else ())
        value = nested
    if isinstance(value, dict):
        return _object(column, value)
    if not isinstance(value, list):
        return _Listed([text_of(column, value) or None])
    if any(isinstance(item, dict) for item in value):
        return _objects(column, value)
    if value and all(_is_pair(item) for item in value):
        labels, texts = zip(*value, strict=True)
        in_order = [label_in(label) for label in labels] in rows_of_labels(len(labels))
        if in_order or not all(map(label_in, texts)):
            return _labelled(column, labels, texts)
    return _of_parts(column, value)


def _of_parts(column: str, parts: Sequence[Any]) -> _Listed:
    return _Listed(
        [
            text_of(f"{column}: choice {choice_letter(index)}", part) or None
            for index, part in enumerate(parts)
        ],
        blank=any(isinstance(part, str) and not part.strip() for part in parts),
    )


def _is_pair(item: Any) -> bool:
    """Whether it is `["A", "x"]`, a label and a text."""
    return (
        isinstance(item, list)
        and len(item) == 2
        and all(isinstance(part, str) for part in item)
        and label_in(item[0]) is not None
    )


def _separated(column: str, text: str) -> list[str]:
    """Text with `|` between choices, one a line, or each after its letter: "(A) x (B) y"."""
    try:
        if (lines := labelled_lines(text)) is not None:
            return lines
    except RowError as error:
        raise RowError(f"{column}: {error}") from None
    if "|" in text:
        return [part.strip() for part in text.split("|")]
    if "\n" in text.strip():
        return [line.strip() for line in text.splitlines() if line.strip()]
    marks = list(_INLINE.finditer(text.strip()))
    found = [mark[1] for mark in marks]
    if len(found) > 1 and found in rows_of_labels(len(found)):
        ends = [*(mark.start() for mark in marks[1:]), len(text.strip())]
        if marks[0].start() == 0:
            return [
                text.strip()[mark.start() : end].strip().rstrip(";,/").strip()
                for mark, end in zip(marks, ends, strict=True)
            ]
    return [text.strip()]


def _object(column: str, value: Mapping[str, Any]) -> _Listed:
    """`{"A": "x", "B": "y"}`, or lists side by side: `{"text": [...], "label": [...]}`."""
    keys = {key.casefold(): key for key in value}
    lists = {name: value[key] for name, key in keys.items() if isinstance(value[key], list)}
    if lists:
        text_key = next((key for key in TEXT_KEYS if key in lists), None)
        if text_key is None:
            raise RowError(f"{column}: an object of lists, none of which is called 'text'")
        label_key = next((key for key in LABEL_KEYS if key in lists and key != text_key), None)
        texts = [text_of(f"{column}: {text_key}", item) or None for item in lists[text_key]]
        if label_key is None:
            return _Listed(texts)
        return _labelled(column, lists[label_key], texts)
    labels = [label if (label := label_in(key)) and len(label) < 3 else None for key in value]
    if None in labels:
        odd = list(value)[labels.index(None)]
        raise RowError(f"{column}: an object whose key {start(odd)!r} is no letter and no number")
    return _labelled(
        column, labels, [text_of(f"{column}: {key}", item) or None for key, item in value.items()]
    )


def _objects(column: str, items: Sequence[Any]) -> _Listed:
    """`[{"id": "A", "text": "x"}, …]`, or `[{"A": "x"}, …]`."""
    texts: list[str | None] = []
    labels: list[Any] = []
    marks: list[bool | None] = []
    called = _beside_letters(column, items)
    for index, item in enumerate(items):
        what = f"{column}: choice {choice_letter(index)}"
        if item is None:
            continue
        if not isinstance(item, dict):
            raise RowError(f"{what}: expected an object, like the others")
        marks.append(mark_of(item))
        keys = {key.casefold(): key for key in item}
        text_key = next((key for key in TEXT_KEYS if key in keys), None)
        label_key = next((key for key in LABEL_KEYS if key in keys and key != text_key), None)
        if called is not None:
            label_key, text_key = called
        if len(item) == 1 and text_key is None and label_in(next(iter(item))):
            labels.append(next(iter(item)))
            texts.append(text_of(what, next(iter(item.values()))) or None)
        elif text_key is None:
            raise RowError(f"{what}: an object without 'text'")
        else:
            texts.append(text_of(what, item[keys[text_key]]) or None)
            labels += [item[keys[label_key]]] if label_key else []
    listed = _labelled(column, labels, texts) if labels else _Listed(texts)
    return replace(listed, marks=tuple(marks))


def _beside_letters(column: str, items: Sequence[Any]) -> tuple[str, str] | None:
    """What letters and texts of choices are called, in lower case, where what may be called like a
    text holds only letters from A on, or 1, 2, 3 …, and another member the texts.

    Raises:
        RowError: several other members may hold them.
    """
    rows = [{key.casefold(): v for key, v in i.items()} for i in items if isinstance(i, dict)]
    named = next((key for key in TEXT_KEYS if rows and key in rows[0]), None)

    def values(key: str) -> list[str]:
        return [str(row.get(key)) for row in rows]

    if named not in _LETTER_OR_TEXT or not _are_labels(list(map(label_in, values(named)))):
        return None
    others = [
        key
        for key in rows[0]
        if key != named
        and plain_name(key) not in {*MARK_NAMES, *_NO_TEXTS}
        and all(isinstance(row.get(key), str | int | float) for row in rows)
        and not any(isinstance(row[key], bool) for row in rows)
        and len(set(values(key))) == len(rows)
    ]
    if any(list(map(label_in, values(k))) == list(map(label_in, values(named))) for k in others):
        return None  # they are called 1, 2, 3, and are 1, 2, 3
    texts = [key for key in others if any(isinstance(row[key], str) for row in rows)] or others
    if len(texts) > 1:
        raise RowError(f"{column}: objects with letters and several texts ({', '.join(texts)})")
    return (named, texts[0]) if texts else None


def _are_labels(labels: Sequence[str | None]) -> bool:
    """Whether these are 1, 2, 3 …, or letters from A on, in whatever order and with few gaps."""
    letters, *numbers = rows_of_labels(len(labels) + 2)
    return len(set(labels)) == len(labels) and (
        set(labels) <= set(letters) or any(labels == row[: len(labels)] for row in numbers)
    )


def _labelled(column: str, labels: Sequence[Any], texts: Sequence[str | None]) -> _Listed:
    if len(labels) != len(texts):
        raise RowError(f"{column}: {len(texts)} choices, but {len(labels)} labels")
    names = [label_in(text_of(f"{column}: label", label)) for label in labels]
    if None in names:
        odd = labels[names.index(None)]
        raise RowError(f"{column}: the label {start(str(odd))!r} is no letter and no number")
    if len(set(names)) != len(names):
        raise RowError(f"{column}: two choices have the same label")
    return _Listed(list(texts), [name for name in names if name])


def _checked(listed: _Listed, columns: tuple[str, ...]) -> Choices:
    what = " … ".join(dict.fromkeys([columns[0], columns[-1]]))
    kept = [(place, text) for place, text in enumerate(listed.texts) if text is not None]
    if len(kept) > MAX_CHOICES:
        raise RowError(f"{what}: there are {len(kept):,}, of {MAX_CHOICES:,} at most")
    if not kept:
        return Choices()
    if len(kept) == 1:
        how = "; separate several by | or give a JSON list" if len(columns) == 1 else ""
        raise RowError(f"{what}: there is only one choice ({start(kept[0][1])!r}){how}")
    written = [text for _, text in kept]
    for place, text in kept:
        if len(text) > MAX_CHOICE:
            raise RowError(
                f"{what}: choice {choice_letter(place)} has {len(text):,} characters, "
                f"of {MAX_CHOICE:,} at most"
            )
    texts, labels, named = written, [choice_letter(place) for place, _ in kept], False
    if listed.labels is not None:
        labels, named = [listed.labels[place] for place, _ in kept], True
    if (split := prefixed(written, labels, named, len(listed.texts))) is not None:
        labels, texts, named = [label for label, _ in split], [text for _, text in split], True
    if len({exactly(text) for text in texts}) == 1:
        raise RowError(f"{what}: all choices are the same ({start(texts[0])!r})")
    return Choices(
        texts=tuple(texts),
        written=tuple(written),
        labels=tuple(labels),
        named=named,
        places=tuple(place for place, _ in kept),
        listed=len(listed.texts),
        columns=columns,
        marked=_marked(listed, kept),
        notes=tuple(_oddities(what, listed, texts, labels)),
    )


def _marked(listed: _Listed, kept: Sequence[tuple[int, str]]) -> tuple[int, ...]:
    if None in listed.marks or len(set(listed.marks)) < 2:
        return ()
    return tuple(index for index, (place, _) in enumerate(kept) if listed.marks[place])


_NA = frozenset({"NA", "N/A", "NULL", "None", "\\N", "-"})
"""What may be a choice, and is what R and databases write where none is."""


def _oddities(what: str, listed: _Listed, texts: Sequence[str], labels: Sequence[str]) -> list[str]:
    notes = []
    empty = sum(text is None for text in listed.texts)
    # Where choices have columns of their own, or a list is filled up with null, nothing is odd
    # about fewer of them; a hole between them is.
    last = max(place for place, text in enumerate(listed.texts) if text is not None)
    if listed.blank or any(text is None for text in listed.texts[:last]):
        verb = "is" if empty == 1 else "are"
        notes.append(f"{what}: {empty} of {len(listed.texts)} choices {verb} empty and left out")
    if listed.unread:
        notes.append(f"{', '.join(listed.unread)}: NaN is read as no choice")
    if doubtful := [text for text in texts if text in _NA or says_nothing(text)]:
        notes.append(f"{what}: {doubtful[0]!r} is asked as a choice")
    seen: dict[str, str] = {}
    for label, text in zip(labels, texts, strict=True):
        first = seen.setdefault(exactly(text), label)
        if first != label:
            notes.append(f"{what}: {first} and {label} are the same ({start(text)!r})")
    return notes
