"""Right answers: which choices they name, by text, by letter, or by number."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from audiorouter.csv_cells import are_answers
from audiorouter.questions.answer_counting import Counting, count_from, with_letters
from audiorouter.questions.answer_texts import answer_texts, may_be_marks
from audiorouter.questions.cell_values import RowError, present, says_nothing
from audiorouter.questions.choice_labels import (
    behind_label,
    check_marks,
    label_in,
    marked_by,
    split_label,
)
from audiorouter.questions.choice_matches import flagged, label_of, with_text
from audiorouter.questions.choice_words import NUMBER, words_of
from audiorouter.questions.choices import Choices, plain, start
from audiorouter.questions.columns import Columns
from audiorouter.questions.layout import Layout, layout_of


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
class AnswerColumns:
    """The columns of a file with right answers, the one first that fits the choices."""

    names: tuple[str, ...] = ()
    counting: Mapping[str, Counting] | None = None

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
            counting = (self.counting or {}).get(name, Counting())
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
        name: with_letters(count_from(name, rows, choices), name, rows, choices)
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
    return present(value) or (says_nothing(value) and bool(with_text(value, choices)))


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


def _named_by(name: str, answers: Sequence[str], choices: Choices, counting: Counting) -> Gold:
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


def _named(answer: str, choices: Choices, counting: Counting) -> tuple[NamedBy, Sequence[int]]:
    if counting.texts and (found := with_text(answer, choices)):
        return NamedBy.TEXT, found
    digits = NUMBER.fullmatch(answer) is not None
    by_text = [] if digits and counting.by_name else with_text(answer, choices)
    if digits:
        number = int(float(answer))
        if not by_text:
            if not counting.by_name and not choices.numbered and not counting.plainly:
                if len(words := words_of(answer, choices.texts)) == 1:
                    return NamedBy.TEXT, words  # "4" of "4 times", in a file that counts no choices
                if (flag := flagged(answer, choices)) == number:
                    return NamedBy.FROM_0, [number]
                if flag is not None:
                    raise RowError(f"the answer {answer!r} may be yes or no, or count the choices")
            return _by_number(answer, number, choices, counting)
        if counting.seen and not set(_places(number, choices, counting)) <= set(by_text):
            raise RowError(
                f"the answer {answer!r} is the text of one choice and the number of another"
            )
    label = label_of(label_in(answer), choices)
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
            bare = answer.strip().upper() == label and not counting.plainly
            words = words_of(label, choices.texts) if bare else []
            if behind_label(answer, choices.written) not in (None, place):
                raise RowError(
                    f"the answer {answer!r} is the text of one choice and the letter of another"
                )
            if len(words) == 1 and words != [place]:
                raise RowError(
                    f"the answer {answer!r} is a word of one choice and the letter of another"
                )
        by = NamedBy.LETTER if str(label_in(answer)).isalpha() else NamedBy.NUMBER
        return by, [place]
    letter = answer.strip().upper()
    if letter == label and letter.isalpha() and len(words := words_of(letter, choices.texts)) == 1:
        return NamedBy.TEXT, words  # "D" of "speaker D", where there are two
    if (split := split_label(answer)) is not None:
        label = label_of(split[0], choices)
        if label in choices.labels:
            named = choices.labels.index(str(label))
            if named in with_text(split[1], choices):
                return NamedBy.TEXT, [named]
            raise RowError(
                f"the answer {start(answer)!r} names choice {split[0]}, whose text is "
                f"{start(choices.texts[named])!r}"
            )
    if (behind := behind_label(answer, choices.written)) is not None:
        return NamedBy.TEXT, [behind]
    raise RowError(f"the answer {start(answer)!r} is not among the choices")


def _by_number(
    answer: str, number: int, choices: Choices, counting: Counting
) -> tuple[NamedBy, Sequence[int]]:
    if choices.named and not counting.by_name and not counting.over_labels:
        label = str(number)
        if label in choices.labels:
            return NamedBy.NUMBER, [choices.labels.index(label)]
        if choices.numbered:
            raise RowError(f"the answer {answer!r} is not among the choices")
    if counting.base is None and not choices.may_be_place(number):
        marks = [marked_by(text) for text in choices.written]
        if marks.count(str(number)) == 1:  # "5" of "1 - bad", "3 - fair" and "5 - good"
            return NamedBy.NUMBER, [marks.index(str(number))]
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


def _placed(number: int, choices: Choices, counting: Counting) -> int | None:
    if counting.base is None:
        return None
    place = number - counting.base
    return choices.places.index(place) if place in choices.places else None


def _places(number: int, choices: Choices, counting: Counting) -> list[int]:
    """The choices that a number may mean as a place, from wherever it counts."""
    if counting.base is None and choices.numbered:
        return [choices.labels.index(str(number))] if str(number) in choices.labels else []
    bases = (0, 1) if counting.base is None else (counting.base,)
    placed = (_placed(number, choices, replace(counting, base=base)) for base in bases)
    return [place for place in placed if place is not None]
