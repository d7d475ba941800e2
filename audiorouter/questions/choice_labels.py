"""The letters and numbers that stand before choices, and what only begins as if by one."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from audiorouter.questions.cell_values import RowError, choice_letter
from audiorouter.questions.column_names import CHOICE_STEMS

_STEMS = "|".join(stem for stem in CHOICE_STEMS if stem)
_LABEL = re.compile(
    rf"(?:(?:{_STEMS})[\s_.:-]*)?[(\[]?\s*([A-Z]{{1,2}}|\d{{1,3}})\s*[)\]]?[.:)、]?", re.IGNORECASE
)
_PREFIX = re.compile(
    r"(?:[(\[]\s*([A-Za-z]|\d{1,2})\s*[)\]][.:]?\s*"
    r"|([A-Za-z]|\d{1,2})(?:[)、]\s*|[.:](?:\s+|(?=[^\x00-\x7f\W\d]))|\s+[-–—]\s+))(?=\S)"
)
_MARKED = re.compile(
    rf"(?:(?:{_STEMS})[\s_.-]+)?[(\[]?\s*([A-Z]|\d{{1,2}})\s*(?:[)\]、]|[:：](?!\d)|\.(?=\s|$)|\s[-–—]\s)",
    re.IGNORECASE,
)
"""What looks like a label to a reader, also where it is none that is taken off."""
_CHORD = r"[A-G][#b♯♭]?(?:maj|min|dim|aug|sus|m|M)?\d{0,2}"
_DASH = r"\s+[-–—]\s+"
_STEPS = re.compile(
    rf"\s*(?:[#b♯♭]?\w{{1,2}}{_DASH}[#b♯♭]?\w{{1,2}}{_DASH}"  # 1 - 4 - 5
    rf"|{_CHORD}(?:{_DASH}{_CHORD})+\s*$)"  # notes and chords: A - C# - E
)
_RANGE = re.compile(rf"\s*(\d{{1,2}})(?:{_DASH}|:\s+(?=\d+\s*(?:$|\()))([-+]?\d+)")
"""A range, a score or a ratio: 0 - 1 s, 2: 3."""
_MADE_OF = re.compile(
    rf"[A-Ga-g](?:{_DASH}|:\s+)(flat|sharp|natural|major|minor|maj|min|dur|moll)\s*$"
)
"""A note's name, and what there is of it: A - flat."""
_MOST_IN_A_RATIO = 12
_ORDINAL = re.compile(r"\s*\d{1,2}\.\s|\s*\w{1,2}\s+[-–—]\s")
"""1. Satz, A - section."""
_ANSWER_LINE = re.compile(
    r"(?:(?:correct |right )?(?:answer|key|solution)|correct|ans\.?)\s*[:=]", re.IGNORECASE
)
_OWN_LINE = re.compile(
    r"(?:none|neither|no one|nothing)\b|(?:all|both|any|other)(?:\s+of\b|s?\s*$)", re.IGNORECASE
)
"""How a choice without a letter begins among others on lines."""
_WIDE = {wide: wide - 0xFEE0 for wide in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}
"""Full-width letters, digits and signs, as East Asian texts have them."""


def label_in(text: str) -> str | None:
    """The letter or number that the whole text is.

    >>> label_in("(b)"), label_in("option_1"), label_in("dog")
    ('B', '1', None)
    """
    match = _LABEL.fullmatch(unicodedata.normalize("NFKC", text).strip())
    return None if match is None else _label(match[1])


def split_label(text: str) -> tuple[str, str] | None:
    """The letter or number before a text, and the text: "(B) dog", "B. dog", "2) dog".

    >>> split_label("(B) dog"), split_label("1.5 s"), split_label("A. 10² Hz")
    (('B', 'dog'), None, ('A', '10² Hz'))
    """
    match = _PREFIX.match(text.translate(_WIDE))
    return None if match is None else (_label(match[1] or match[2]), text[match.end() :].strip())


def marked_by(text: str) -> str | None:
    """The letter or number that a reader sees before a text, whether or not it is taken off.

    >>> marked_by("B – a dog"), marked_by("Option B: a dog"), marked_by("a dog"), marked_by("4.5 s")
    ('B', 'B', None, None)
    """
    match = _MARKED.match(text.strip())
    return None if match is None else _label(match[1])


def check_marks(label: str, place: int, written: Sequence[str]) -> None:
    """Make sure that the choice at a place is the one that its label stands before, where a label
    of its own stands before each, or before those that follow a heading.

    Raises:
        RowError: it stands before another one.
    """
    seen = [marked_by(text) for text in written]
    marks = [mark for mark in seen if mark is not None]
    in_order = any(marks == row for row in rows_of_labels(len(marks)))
    # A, C, D in any order are labels of a part of more choices; C, M, E, G are initials of names.
    few = any(set(marks) <= set(row) for row in rows_of_labels(len(marks) + 2))
    own = len(marks) == len(seen) == len(set(marks)) and (few or marks == sorted(marks))
    marked = own or (len(marks) > 1 and in_order)
    if marked and label in marks and seen[place] != label and not _are_whole(written):
        raise RowError(f"the answer {label!r} is the place of one choice and stands before another")


def behind_label(answer: str, written: Sequence[str]) -> int | None:
    """The choice that is this behind a letter, where choices are asked whole though A, B, C …
    stand before them: "Dm" of "B - Dm"."""
    split = [split_label(text) for text in written]
    labels = [parts[0] for parts in split if parts is not None]
    if labels != [choice_letter(n) for n in range(len(written))]:
        return None
    wanted = answer.strip().casefold()
    found = [n for n, parts in enumerate(split) if parts and parts[1].casefold() == wanted]
    return found[0] if len(found) == 1 else None


def _are_whole(written: Sequence[str]) -> bool:
    """Whether what choices begin with is a part of them, though it looks like a label: in
    "0 - 1 s" and "1 - 2 s", in "A - C# - E", in "A - flat" and "B - flat"."""
    ranges = [match for text in written if (match := _RANGE.match(text))]
    if len(ranges) >= max(2, len(written) - (len(written) > 2)):
        starts, ends = ([int(match[group]) for match in ranges] for group in (1, 2))
        follow = len(starts) > 1 and starts[1:] == ends[:-1]
        in_order = [str(n) for n in starts] in rows_of_labels(len(starts))
        return follow or not in_order or max(ends) <= _MOST_IN_A_RATIO
    made_of = [match for text in written if (match := _MADE_OF.match(text))]
    if len(made_of) == len(written):
        letters = [match[0][0].upper() for match in made_of]
        in_order = letters in rows_of_labels(len(letters))
        return not in_order or len({match[1] for match in made_of}) < len(made_of)
    return all(_STEPS.match(text) for text in written)


def rows_of_labels(count: int) -> tuple[list[str], ...]:
    """What `count` choices are called in order: letters, or numbers from 1 or from 0."""
    letters = [choice_letter(n) for n in range(count)]
    return letters, [str(n + 1) for n in range(count)], [str(n) for n in range(count)]


def prefixed(
    written: Sequence[str], labels: Sequence[str], named: bool, listed: int
) -> list[tuple[str, str]] | None:
    """Labels and texts, where every choice begins with a label of its own and these are a row."""
    split = [parts for text in written if (parts := split_label(text)) is not None]
    found = [label for label, _ in split]
    if _are_whole(written):
        return None
    if len(split) != len(written) or len(set(found)) != len(found):
        return None
    if len({text for _, text in split}) == 1 < len(split) and all(map(_ORDINAL.match, written)):
        return None
    if named:
        return split if found == list(labels) else None
    return split if any(set(found) <= set(row) for row in rows_of_labels(listed)) else None


def labelled_lines(text: str) -> list[str] | None:
    """The choices of a text with lines of which some begin with A, B, C … or 1, 2, 3 …, in order.

    A line between two of those that goes on in lower case belongs to the one before it, unless it
    begins like "none of these", and a heading such as "Options:" to none. None where no lines
    begin so, as there are many forms.

    Raises:
        RowError: a line tells the answer.
    """
    lines = [line.strip().rstrip("|").strip() for line in text.splitlines() if line.strip()]
    labels = {at: parts[0] for at, line in enumerate(lines) if (parts := split_label(line))}
    if len(labels) < 2 or list(labels.values()) not in rows_of_labels(len(labels)):
        return None
    if _are_whole([lines[at] for at in labels]):
        return None
    if (odd := next((line for line in lines if _ANSWER_LINE.match(line)), None)) is not None:
        raise RowError(f"there is a line that tells the answer ({odd[:60]!r}): give it a column")
    choices: list[str] = []
    for at, line in enumerate(lines):
        between = at not in labels and min(labels) < at < max(labels)
        goes_on = line[:1].islower() and marked_by(line) is None and not _OWN_LINE.match(line)
        if between and goes_on:
            choices[-1] += f" {line}"
        elif choices or not line.endswith((":", "：")):
            choices.append(line)
    return choices


def _label(found: str) -> str:
    return str(int(found)) if found.isdigit() else found.upper()
