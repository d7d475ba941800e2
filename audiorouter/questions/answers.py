"""Right answers: which choices they name, by text, by letter, or by number.

A number says nothing of where it counts from. That is read off the file: a 0 somewhere means
from 0, a number as large as there are choices means from 1. Where neither is there, or both are,
the rows are not scored, and say so.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from audiorouter.csv_cells import are_answers
from audiorouter.questions.answer_texts import answer_texts, may_be_marks
from audiorouter.questions.choice_labels import NUMBER, check_marks, label_in, split_label, words_of
from audiorouter.questions.choices import Choices, exactly, plain, start
from audiorouter.questions.columns import (
    Columns,
    RowError,
    choice_letter,
    present,
    says_index,
    says_nothing,
)
from audiorouter.questions.layout import Layout, layout_of

_YES_NO = frozenset({"yes", "no", "true", "false", "y", "n", "t", "f"})
_WHOLE_FLOAT = re.compile(r"([+-]?\d+)\.0")


class NamedBy(StrEnum):
    """How an answer names a choice."""

    TEXT = "text"
    LETTER = "letter"
    NUMBER = "number"
    FROM_0 = "index from 0"
    FROM_1 = "index from 1"
    MARK = "mark"


@dataclass(frozen=True)
class Gold:
    """What a row says of the right answer."""

    answers: tuple[str, ...] = ()
    """As they stand in the row; any of them counts."""
    indices: tuple[int, ...] = ()
    """The right choices: several where choices are equal, or several answers are given."""
    column: str | None = None
    by: NamedBy | None = None
    remark: str | None = None
    """Why the row is not scored."""


@dataclass(frozen=True)
class _Counting:
    """How the numbers in a column of answers are meant."""

    base: int | None = None
    """Where they count from; None where that is not known."""
    seen: bool = False
    """Whether some number can be nothing but a place among the choices."""
    by_name: bool = False
    """Whether the column says by its name that it holds numbers of choices."""
    over_labels: bool = False
    """Whether they count though the choices have numbers for labels: there is a 0 among them."""
    texts: bool = False
    """Whether an answer that is the text of a choice is meant so, as in answers files of ours."""
    letters: bool = False
    """Whether some answer can be nothing but a letter, and none nothing but a text."""
    mixed: bool = False
    """Whether there are answers of both kinds."""
    plainly: bool = False
    """Whether some number or letter is no word of a choice, so that it can only name one."""


@dataclass(frozen=True)
class AnswerColumns:
    """The columns of a file with right answers, the one first that fits the choices."""

    names: tuple[str, ...] = ()
    counting: Mapping[str, _Counting] | None = None

    def gold(self, fields: Mapping[str, Any], choices: Choices) -> Gold:
        """What the row says of the right answer, in the first of the columns that it fills."""
        for name in self.names:
            if _given(fields.get(name), choices):
                return self.gold_in(name, fields, choices)
        if choices.marked:
            texts = tuple(choices.written[index] for index in choices.marked)
            right = {same for index in choices.marked for same in choices.equal_to(index)}
            return Gold(texts, tuple(sorted(right)), choices.columns[0], NamedBy.MARK)
        return Gold()

    def gold_in(self, name: str, fields: Mapping[str, Any], choices: Choices) -> Gold:
        """What the row says of the right answer in one of the columns."""
        try:
            answers = tuple(answer_texts(name, fields[name], choices))
            if not choices.texts:
                return Gold(answers, column=name)
            counting = (self.counting or {}).get(name, _Counting())
            if may_be_marks(answers, fields[name], choices):
                raise RowError(
                    f"the answer {start(str(list(answers)))!r} may be a mark for each choice: "
                    "name the right one, so the row is not scored"
                )
        except RowError as error:
            return Gold(column=name, remark=str(error))
        return _named_by(name, answers, choices, counting)


def find_answers(
    rows: Sequence[Mapping[str, Any]], choices: Sequence[Choices], columns: Columns
) -> AnswerColumns:
    """Which columns hold the right answers, and how the numbers in them count.

    Of several columns that one is first that names a choice in half of the rows at least. One
    that gives several answers comes after one that gives a single one of them in every row.
    """
    columns = replace(columns, answers=_single_first(rows, columns.answers))
    counting = {
        name: _lettered(_count_from(name, _numbers(name, rows, choices)), name, rows, choices)
        for name in columns.answers
    }
    ours = layout_of(columns.clip, columns.names) is Layout.OURS
    if "answer" in counting and are_answers(columns.names) and ours:
        counting["answer"] = replace(counting["answer"], texts=True)
    found = AnswerColumns(columns.answers, counting)
    if len(columns.answers) < 2:
        return found
    for name in columns.answers:
        balance = sum(
            1 if found.gold_in(name, row, listed).indices else -1
            for row, listed in zip(rows, choices, strict=True)
            if listed.texts and _given(row.get(name), listed)
        )
        if balance >= 0:
            rest = [other for other in columns.answers if other != name]
            return AnswerColumns((name, *rest), counting)
    return found


def _given(value: Any, choices: Choices) -> bool:
    """Whether there is an answer: `NaN` is none, unless a choice is called so."""
    return present(value) or (says_nothing(value) and bool(_by_text(value, choices)))


def _single_first(rows: Sequence[Mapping[str, Any]], names: tuple[str, ...]) -> tuple[str, ...]:
    def texts(name: str, row: Mapping[str, Any]) -> set[str]:
        try:
            return set(map(plain, answer_texts(name, row[name], Choices())))
        except RowError:
            return set()

    def one_of_several(name: str, several: str) -> bool:
        more = False
        for row in rows:
            if present(row.get(name)) and present(row.get(several)):
                one, many = texts(name, row), texts(several, row)
                if len(one) != 1 or not one <= many:
                    return False
                more = more or len(many) > 1
        return more

    last = [
        name
        for name in names
        if any(one_of_several(other, name) for other in names if other != name)
    ]
    return tuple(name for name in names if name not in last) + tuple(last)


def _numbers(
    name: str, rows: Iterable[Mapping[str, Any]], choices: Iterable[Choices]
) -> Iterator[tuple[int, Choices]]:
    """The numbers in a column that can be places among the choices."""
    for row, listed in zip(rows, choices, strict=True):
        if not listed.texts or not present(row.get(name)):
            continue
        try:
            answers = list(answer_texts(name, row[name], listed))
        except RowError:
            continue
        if may_be_marks(answers, row[name], listed):
            continue
        for answer in answers:
            if NUMBER.fullmatch(answer) and (says_index(name) or _names_only(answer, listed)):
                yield int(float(answer)), listed


def _names_only(answer: str, choices: Choices) -> bool:
    """Whether a number or a letter can only name a choice: it is none, and no word of one."""
    if _by_text(answer, choices):
        return False
    return choices.named or not (words_of(answer, choices.texts) or _is_flag(answer, choices))


def _is_flag(answer: str, choices: Choices) -> bool:
    """Whether it is 1 or 0 where the choices are yes and no."""
    return answer in ("0", "1", "0.0", "1.0") and set(map(plain, choices.texts)) <= _YES_NO


def _lettered(
    counting: _Counting,
    name: str,
    rows: Iterable[Mapping[str, Any]],
    choices: Iterable[Choices],
) -> _Counting:
    """Whether answers are letters, by those that are no choice's text, or no choice's letter."""
    letters = texts = plainly = False
    for row, listed in zip(rows, choices, strict=True):
        if listed.texts and present(row.get(name)) and isinstance(row[name], str):
            by_label, by_text = (
                _label(row[name], listed) in listed.labels,
                _by_text(row[name], listed),
            )
            letters |= by_label and not by_text
            texts |= bool(by_text) and not by_label
            plainly |= by_label and _names_only(row[name], listed)
    return replace(
        counting,
        letters=letters and not texts,
        mixed=letters and texts,
        plainly=plainly or counting.seen,
    )


def _count_from(name: str, numbers: Iterable[tuple[int, Choices]]) -> _Counting:
    by_name = says_index(name)
    there = zero = end = named_0 = places = False
    digits = True
    for number, listed in numbers:
        there = True
        digits = digits and listed.named and listed.labels[0].isdigit()
        named_0 = named_0 or "0" in listed.labels
        zero = zero or number == 0
        end = end or number == listed.places[-1] + 1
        places = places or bool({number, number - 1} & {*listed.places})
    if there and digits and not by_name:
        # Choices that are called 1, 2, 3 are meant by these numbers, unless there is a 0; then
        # they count from 0, unless there is a 3 as well.
        if not (end if named_0 else zero):
            return _Counting(seen=True)
        return _Counting(None if named_0 or end else 0, True, over_labels=True)
    if zero and end:
        return _Counting(None, True, by_name)
    if zero or end:
        return _Counting(0 if zero else 1, True, by_name)
    return _Counting(0 if by_name else None, places, by_name)


def _named_by(name: str, answers: Sequence[str], choices: Choices, counting: _Counting) -> Gold:
    """Which choices the answers name; any of them counts."""
    indices: set[int] = set()
    ways: Counter[NamedBy] = Counter()
    why: list[str] = []
    for answer in answers:
        try:
            by, found = _named(answer, choices, counting)
        except RowError as error:
            why.append(str(error))
            continue
        ways[by] += 1
        for index in found:
            indices.update(choices.equal_to(index))
    most = ways.most_common(1)[0][0] if ways else None
    remark = f"{why[0]}, so the row is not scored" if why and not indices else None
    return Gold(tuple(answers), tuple(sorted(indices)), name, most, remark)


def _named(answer: str, choices: Choices, counting: _Counting) -> tuple[NamedBy, Sequence[int]]:
    if counting.texts and (found := _by_text(answer, choices)):
        return NamedBy.TEXT, found
    digits = NUMBER.fullmatch(answer) is not None
    by_text = [] if digits and counting.by_name else _by_text(answer, choices)
    if digits:
        number = int(float(answer))
        if not by_text:
            if not counting.by_name and not choices.named and not counting.plainly:
                if len(words := words_of(answer, choices.texts)) == 1:
                    return NamedBy.TEXT, words  # "4" of "4 times", in a file that counts no choices
                if _is_flag(answer, choices):
                    raise RowError(f"the answer {answer!r} may be yes or no, or count the choices")
            return _by_number(answer, number, choices, counting)
        if counting.seen and not set(_places(number, choices, counting)) <= set(by_text):
            raise RowError(
                f"the answer {answer!r} is the text of one choice and the number of another"
            )
    label = _label(label_in(answer), choices)
    labelled = label is not None and label in choices.labels
    if by_text:
        if not labelled or choices.labels.index(str(label)) in by_text or digits:
            return NamedBy.TEXT, by_text
        if counting.mixed:
            raise RowError(
                f"the answer {answer!r} is the text of one choice and the letter of another"
            )
        if not counting.letters:
            return NamedBy.TEXT, by_text
    if label is not None and labelled:
        place = choices.labels.index(label)
        if not choices.named:
            check_marks(label, place, choices.written)
            words = [] if counting.plainly else words_of(answer, choices.texts)
            if len(words) == 1 and words != [place]:
                raise RowError(
                    f"the answer {answer!r} is a word of one choice and the letter of another"
                )
        by = NamedBy.LETTER if str(label_in(answer)).isalpha() else NamedBy.NUMBER
        return by, [place]
    if (split := split_label(answer)) is not None:
        label = _label(split[0], choices)
        if label in choices.labels:
            named = choices.labels.index(str(label))
            if named in _by_text(split[1], choices):
                return NamedBy.TEXT, [named]
            raise RowError(
                f"the answer {start(answer)!r} names choice {split[0]}, whose text is "
                f"{start(choices.texts[named])!r}"
            )
    raise RowError(f"the answer {start(answer)!r} is not among the choices")


def _label(label: str | None, choices: Choices) -> str | None:
    """The label of a choice; letters also count where choices are called by numbers."""
    if label is not None and label.isalpha() and choices.labels[0].isdigit():
        letters = [choice_letter(place) for place in choices.places]
        return choices.labels[letters.index(label)] if label in letters else None
    return label


def _by_text(answer: str, choices: Choices) -> list[int]:
    """The choices with this text, or else with the same whole number: tables write 2 as 2.0.

    Where several differ in case alone, it has to be written as one of them is.
    """
    for same in (exactly, plain, _whole):
        wanted = same(answer)
        both = enumerate(zip(choices.texts, choices.written, strict=True))
        if found := [index for index, texts in both if wanted in map(same, texts)]:
            told_apart = len({exactly(choices.texts[index]) for index in found}) > 1
            return [] if told_apart and same is plain else found
    return []


def _whole(text: str) -> str:
    match = _WHOLE_FLOAT.fullmatch(text.strip())
    return match[1] if match else plain(text)


def _by_number(
    answer: str, number: int, choices: Choices, counting: _Counting
) -> tuple[NamedBy, Sequence[int]]:
    if choices.named and not counting.by_name and not counting.over_labels:
        label = str(number)
        if label in choices.labels:
            return NamedBy.NUMBER, [choices.labels.index(label)]
        if choices.labels[0].isdigit():
            raise RowError(f"the answer {answer!r} is not among the choices")
    if counting.base is None:
        raise RowError(
            f"the answer {answer!r} may count from 0 or from 1: give the choice's text or letter, "
            "or its number from 0 in a column 'answer_index'"
        )
    placed = _placed(number, choices, counting)
    if placed is not None and not counting.by_name and not choices.named:
        check_marks(str(number), placed, choices.written)
    if placed is None:
        raise RowError(
            f"the answer {answer!r} is not among the choices, counted from {counting.base}"
        )
    return (NamedBy.FROM_1 if counting.base else NamedBy.FROM_0), [placed]


def _placed(number: int, choices: Choices, counting: _Counting) -> int | None:
    if counting.base is None:
        return None
    place = number - counting.base
    return choices.places.index(place) if place in choices.places else None


def _places(number: int, choices: Choices, counting: _Counting) -> list[int]:
    """The choices that a number may mean as a place, from wherever it counts."""
    if counting.base is None and choices.named and choices.labels[0].isdigit():
        return [choices.labels.index(str(number))] if str(number) in choices.labels else []
    bases = (0, 1) if counting.base is None else (counting.base,)
    placed = (_placed(number, choices, replace(counting, base=base)) for base in bases)
    return [place for place in placed if place is not None]
