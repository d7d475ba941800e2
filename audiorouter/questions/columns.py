"""Which column of a questions file is what, by the names that people give them."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from audiorouter.questions.cell_values import RowError, choice_letter, has_content, present
from audiorouter.questions.clip_names import clip_name
from audiorouter.questions.column_names import (
    ANSWER_NAMES,
    CHOICE_STEMS,
    CHOICES_NAMES,
    CLIP_NAMES,
    ID_NAMES,
    OWN_NAMES,
    QUESTION_NAMES,
    plain_name,
)
from audiorouter.questions.repeated import Repeated, repeated_texts
from audiorouter.text import one_slip_apart

MOST_COLUMNS = 100
"""Columns with a choice each."""

_LOOKALIKE = re.compile(
    "choice|option|candidate|alternative|distractor|incorrect|wrong|foil|answer|correct|gold"
    "|truth|label|^gt$|^[a-h]$"
)
_NUMBER_NAME = re.compile(r"(index|idx)$")
_GRADES = frozenset({"true", "false", "0", "1", "0.0", "1.0"})
_SHORTEST_SLIP = 5
"""Letters: `date` is no `gate`."""


@dataclass(frozen=True)
class ChoiceColumns:
    """Columns that hold a choice each; `labels` are the letters or numbers in their names."""

    columns: tuple[str, ...]
    labels: tuple[str, ...]


@dataclass(frozen=True)
class Columns:
    """The columns of a file by their roles; those named first are preferred."""

    names: tuple[str, ...]
    """All, in the order in which they first appear; JSON rows need not all have the same."""
    clip: str | None
    question: str | None
    listed: tuple[str, ...]
    """Columns with all the choices."""
    each: tuple[ChoiceColumns, ...]
    answers: tuple[str, ...]
    id: str | None


def find_columns(
    rows: Sequence[Mapping[str, Any]], clips: Callable[[], Iterable[str]], suffixes: Iterable[str]
) -> Columns:
    """Which column is what.

    Where none is called like one of clips, a column counts whose every value names one, by its
    ending or because there is one of that name; `clips` are the paths of those that there are.

    Raises:
        RowError: several such columns name clips.
    """
    names, filled = _names(rows)
    endings = set(suffixes)

    def values(name: str) -> Iterator[Any]:
        return (row[name] for row in rows if present(row.get(name)))

    def first(known: Sequence[str]) -> str | None:
        named = list(_named(names, known))
        return next((name for name in named if name in filled), next(iter(named), None))

    def every(known: Sequence[str]) -> tuple[str, ...]:
        return tuple(name for name in _named(names, known) if name in filled)

    slips = {name for name in filled if (meant := meant_name(name)) and meant not in CLIP_NAMES}
    question = first(QUESTION_NAMES)
    listed, each = every(CHOICES_NAMES), tuple(_choice_columns(names))
    answers = tuple(
        name
        for name in _named(names, ANSWER_NAMES)
        if any(has_content(row.get(name)) for row in rows)  # a choice may be called NaN
        and (plain_name(name) != "correct" or not _are_grades(values(name)))
    )
    clip = first(CLIP_NAMES)
    identity = _identity(rows, names, filled)
    if len(called := every(CLIP_NAMES)) > 1:
        there = _clips_by_name(clips(), numbers=True)
        clip = next(
            (name for name in called if _half_name_clips(values(name), endings, there)), clip
        )
    if clip is None:
        taken = {question, identity, *listed, *answers, *(c for e in each for c in e.columns)}
        taken |= slips
        others = [name for name in names if name in filled and name not in taken]
        there = _clips_by_name(clips()) if others or identity else set()
        clip = _clip_column(others, values, endings, there)
        if clip is None and identity is not None:
            clip = _clip_column([identity], values, endings, there)
    return Columns(names, clip, question, listed, each, answers, identity)


def looks_like_choices_or_answers(name: str) -> bool:
    """Whether a column that is not known as either sounds like one."""
    plain = plain_name(name)
    return plain not in map(plain_name, OWN_NAMES) and _LOOKALIKE.search(plain) is not None


def meant_name(name: str) -> str | None:
    """The known name of which a column's name is a slip, if it is one.

    >>> meant_name("anwser"), meant_name("Auido"), meant_name("note")
    ('answer', 'audio', None)
    """
    plain = plain_name(name)
    if len(plain) < _SHORTEST_SLIP or plain in _KNOWN or plain in map(plain_name, OWN_NAMES):
        return None
    return next((known for p, known in _KNOWN.items() if one_slip_apart(plain, p)), None)


def says_choice(name: str) -> bool:
    """Whether a column of answers says by its name that these choose among the choices.

    >>> says_choice("correct_option"), says_choice("answer_key"), says_choice("label")
    (True, True, False)
    """
    return plain_name(name).endswith(("option", "choice", "letter", "key"))


def says_index(name: str) -> bool:
    """Whether a column of answers says by its name that they are numbers of choices."""
    return _NUMBER_NAME.search(plain_name(name)) is not None


def column_called(wanted: str, fields: Mapping[str, Any]) -> str | None:
    """How a row writes the name of a column in which it has something; None where it has none.

    >>> column_called("sub-category", {"Sub_Category": "tempo"})
    'Sub_Category'
    """
    plain = plain_name(wanted)
    written_so = [wanted] if wanted in fields else []
    others = (name for name in fields if plain_name(name) == plain)
    called = itertools.chain(written_so, others)  # most rows write it so, and others are not read
    return next((name for name in called if present(fields[name])), None)


def _names(rows: Iterable[Mapping[str, Any]]) -> tuple[tuple[str, ...], set[str]]:
    """All columns, in the order in which they first appear, and those with anything in them."""
    names: dict[str, None] = {}
    filled: set[str] = set()
    for row in rows:
        names |= dict.fromkeys(row)
        filled |= {name for name in row if name not in filled and present(row[name])}
    return tuple(names), filled


def _are_grades(values: Iterable[Any]) -> bool:
    """Whether these say of answers that they were right or wrong."""
    return all(str(value).strip().casefold() in _GRADES for value in values)


def _named(names: Sequence[str], known: Sequence[str]) -> Iterator[str]:
    """The names that are known, in the order in which they are known."""
    plain = {name: plain_name(name) for name in names}
    for wanted in dict.fromkeys(map(plain_name, known)):
        yield from (name for name in names if plain[name] == wanted)


def _choice_columns(names: Sequence[str]) -> Iterator[ChoiceColumns]:
    known = {plain_name(name) for name in (*CHOICES_NAMES, *ANSWER_NAMES)}  # `options` is no S
    plain: dict[str, str] = {}
    for name in names:
        if plain_name(name) not in known:
            plain.setdefault(plain_name(name), name)
    letters = [choice_letter(n).casefold() for n in range(MOST_COLUMNS)]
    families = [letters]
    families += [[form.format(n) for n in range(MOST_COLUMNS)] for form in ("{}", "{:02}")]
    for stem in CHOICE_STEMS:
        for family in families if stem not in ("", "answer") else [letters]:
            labels = _row_of([label if stem + label in plain else "" for label in family])
            if len(labels) >= 2:
                yield ChoiceColumns(
                    tuple(plain[stem + label] for label in labels), tuple(map(_shown_label, labels))
                )
                break


def _row_of(labels: Sequence[str]) -> list[str]:
    """Those that are there, up to where two in a row are missing; a first one has to be there."""
    start = 1 if labels[0] == "" and labels[1] in ("1", "01") else 0
    found: list[str] = []
    for label, following in zip(labels[start:], [*labels[start + 1 :], ""], strict=True):
        if not label and (not following or not found):
            break
        found.append(label)
    return [label for label in found if label]


def _shown_label(label: str) -> str:
    return str(int(label)) if label.isdigit() else label.upper()


def _identity(
    rows: Sequence[Mapping[str, Any]], names: Sequence[str], filled: set[str]
) -> str | None:
    for name in _named(names, ID_NAMES):
        if name in filled and (
            plain_name(name) == "id" or ids_repeated(lambda: rows, name) is None
        ):
            return name
    return None


def ids_repeated(rows: Callable[[], Iterable[Mapping[str, Any]]], column: str) -> Repeated | None:
    """The ids in a column that are there more than once."""
    return repeated_texts(lambda: (str(row[column]) for row in rows() if present(row.get(column))))


def _clip_column(
    columns: Iterable[str],
    values: Callable[[str], Iterable[Any]],
    endings: Collection[str],
    there: Collection[str],
) -> str | None:
    """The only one of the columns in which every value names a clip."""
    found = [
        name
        for name in columns
        if all(_names_clip(value, endings, there) for value in values(name))
    ]
    if len(found) > 1:
        raise RowError(
            f"the columns {', '.join(map(repr, found))} all name clips: call the right one 'audio'"
        )
    return found[0] if found else None


def _half_name_clips(
    values: Iterable[Any], endings: Collection[str], there: Collection[str]
) -> bool:
    """Whether half of the values at least name clips."""
    balance = sum(1 if _names_clip(value, endings, there) else -1 for value in values)
    return balance >= 0


def _names_clip(value: Any, endings: Collection[str], there: Collection[str]) -> bool:
    """Whether it names a clip, by its ending or because there is one of that name."""
    value = clip_name(value)
    if not isinstance(value, str) or "://" in value:
        return False
    return PurePath(value.strip()).suffix.lower() in endings or value.strip() in there


def _clips_by_name(clips: Iterable[str], *, numbers: bool = False) -> set[str]:
    """What clips may be called; by a number alone only where nothing else is meant by it."""
    there: set[str] = set()
    for path in map(PurePath, clips):
        stems = [path.stem, path.with_suffix("").as_posix()]
        there |= {path.as_posix(), path.name}
        there |= {stem for stem in stems if numbers or not stem.isdigit()}
    return there


_KNOWN = {
    plain_name(name): name
    for names in (CLIP_NAMES, QUESTION_NAMES, CHOICES_NAMES, ANSWER_NAMES, ID_NAMES)
    for name in names
}
"""All names by how they are compared."""
