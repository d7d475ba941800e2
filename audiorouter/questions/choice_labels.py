"""The letters and numbers that stand before choices, and what only begins as if by one."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from audiorouter.questions.column_names import CHOICE_STEMS
from audiorouter.questions.columns import RowError, choice_letter
from audiorouter.text import spelled

_STEMS = "|".join(stem for stem in CHOICE_STEMS if stem)
_LABEL = re.compile(
    rf"(?:(?:{_STEMS})[\s_.:-]*)?[(\[]?\s*([A-Z]{{1,2}}|\d{{1,3}})\s*[)\]]?[.:)、]?", re.IGNORECASE
)
_PREFIX = re.compile(
    r"(?:[(\[]\s*([A-Za-z]|\d{1,2})\s*[)\]][.:]?\s*"
    r"|([A-Za-z]|\d{1,2})(?:[)、]\s*|[.:]\s+|\s+-\s+))(?=\S)"
)
_MARKED = re.compile(
    rf"(?:(?:{_STEMS})\s*)?[(\[]?\s*([A-Z]|\d{{1,2}})\s*(?:[)\]、]|[:：](?!\d)|\.(?=\s|$)|\s[-–—]\s)",
    re.IGNORECASE,
)
"""What looks like a label to a reader, also where it is none that is taken off."""
_CHORD = r"[A-G][#b♯♭]?(?:maj|min|dim|aug|sus|m|M)?\d{0,2}"
_ONE_TEXT = re.compile(
    r"\s*(?:[#b♯♭]?\w{1,2}\s+-\s+[#b♯♭]?\w{1,2}\s+-\s"  # steps: 1 - 4 - 5
    rf"|{_CHORD}(?:\s+-\s+{_CHORD})+\s*$"  # notes and chords: A - C# - E
    r"|\d{1,2}\s+-\s+[-+]?\d|\d{1,2}:\s+\d+\s*(?:$|\()"  # a range, a score, a ratio: 0 - 1 s, 2: 3
    # A note's name, and what there is of it: A - flat
    r"|[A-Ga-g](?:\s+-|:)\s+(?:flat|sharp|natural|major|minor|maj|min|dur|moll)\s*$)"
)
"""What begins as if by a label, and is whole: in a row of such choices none is taken for one."""
NUMBER = re.compile(r"\d{1,4}(?:\.0)?")
"""What may be a place among choices, as tables write it."""
_IN_DIGITS = {spelled(number): str(number) for number in range(100)}
_COUNT = re.compile(
    rf"(?<![\w.,/:-])(?<!-\s)(?:\d+|{'|'.join(reversed(_IN_DIGITS))})(?!\s*[-–—]\s|[\w.,/:-])"
)
"""Numbers, unless they are parts of others, of a time or a range."""
_LAST_LETTER = re.compile(r"\s([A-Z])\s*$")
_ANSWER_LINE = re.compile(r"(?:correct |right )?answer\s*[:=]", re.IGNORECASE)
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
    of its own stands before each.

    Raises:
        RowError: it stands before another one.
    """
    seen = [marked_by(text) for text in written]
    marked = None not in seen and len(set(seen)) == len(seen)
    if marked and label in seen and seen[place] != label and not _are_whole(written):
        raise RowError(f"the answer {label!r} is the place of one choice and stands before another")


def words_of(answer: str, texts: Sequence[str]) -> list[int]:
    """The choices that have a number as a word, in digits or spelled, or end with a letter; where
    others have another number or letter there.

    >>> words_of("4", ["2 times", "4 times"]), words_of("2", ["two dogs", "four dogs"])
    ([1], [0])
    >>> words_of("1", ["a man", "no one"]), words_of("3", ["3 dogs", "3 cats"])
    ([], [])
    >>> words_of("A", ["speaker B", "speaker A"]), words_of("A", ["B major", "A major"])
    ([1], [])
    """
    if NUMBER.fullmatch(answer):
        answer = str(int(float(answer)))
        there = [{_IN_DIGITS.get(word, word) for word in _COUNT.findall(t.lower())} for t in texts]
    elif re.fullmatch("[A-Z]", answer):
        there = [set(_LAST_LETTER.findall(text)) for text in texts]
    else:
        return []
    found = [index for index, words in enumerate(there) if answer in words]
    return found if any(words - {answer} for words in there) else []


def _are_whole(written: Sequence[str]) -> bool:
    """Whether what choices begin with is a part of them, though it looks like a label."""
    return all(_ONE_TEXT.match(text) for text in written)


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
    if named:
        return split if found == list(labels) else None
    return split if any(set(found) <= set(row) for row in rows_of_labels(listed)) else None


def labelled_lines(text: str) -> list[str] | None:
    """The choices of a text with lines of which some begin with A, B, C … or 1, 2, 3 …, in order.

    A line between two of those that goes on in lower case belongs to the one before it, and a
    heading such as "Options:" to none. None where no lines begin so, as there are many forms.

    Raises:
        RowError: a line tells the answer.
    """
    lines = [line.strip().rstrip("|").strip() for line in text.splitlines() if line.strip()]
    labels = {at: parts[0] for at, line in enumerate(lines) if (parts := split_label(line))}
    if len(labels) < 2 or list(labels.values()) not in rows_of_labels(len(labels)):
        return None
    if (odd := next((line for line in lines if _ANSWER_LINE.match(line)), None)) is not None:
        raise RowError(f"there is a line that tells the answer ({odd[:60]!r}): give it a column")
    choices: list[str] = []
    for at, line in enumerate(lines):
        between = at not in labels and min(labels) < at < max(labels)
        if between and line[:1].islower() and marked_by(line) is None:
            choices[-1] += f" {line}"
        elif choices or not line.endswith(":"):
            choices.append(line)
    return choices


def _label(found: str) -> str:
    return str(int(found)) if found.isdigit() else found.upper()
