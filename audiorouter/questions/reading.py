"""How a questions file was read, in words: which columns were used, and which were not.

It is told while the rows pass by, so that nothing of them has to be kept.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from audiorouter.questions.answers import AnswerColumns, Gold
from audiorouter.questions.cell_values import RowError, present
from audiorouter.questions.choice_labels import label_in
from audiorouter.questions.choices import (
    Choices,
    choice_columns,
    plain,
    read_choices,
    start,
)
from audiorouter.questions.column_names import QUESTION_NAMES, plain_name
from audiorouter.questions.columns import (
    Columns,
    ids_repeated,
    looks_like_choices_or_answers,
    meant_name,
)
from audiorouter.questions.repeated import contradicted_texts
from audiorouter.text import counted

Row = Mapping[str, Any]


class ReadRow(NamedTuple):
    """What was read of a row."""

    fields: Row
    choices: Choices
    gold: Gold
    unread: bool
    """Whether it has choices that cannot be read."""


@dataclass(frozen=True)
class Reading:
    """What was made of a questions file."""

    line: str = ""
    """In one line, such as "2 questions, 4 choices each from `options`, …"."""
    notes: tuple[str, ...] = ()
    """What a user should know: columns not used, ids or questions that are there twice."""


def describe_reading(
    rows: Callable[[], Iterable[ReadRow]],
    columns: Columns,
    answers: AnswerColumns,
    *,
    fields: Callable[[], Iterable[Row]],
    rows_asked: int,
    clips: int | None,
) -> Reading:
    """How the `rows` of a file were read; they, and their `fields`, are asked for more than once.

    `clips` is where each is asked of all of so many.
    """
    seen = _Seen(columns)
    for row in rows():
        seen.add(row)
    parts = [counted(rows_asked, "question"), seen.choices_in_words(), seen.answers_in_words()]
    if clips is None:
        parts.append(f"clips from `{columns.clip}`")
    else:
        parts.append(
            f"each asked of {counted(clips, 'clip')} in the folder, since no column names clips"
        )
    notes = [*_unused(rows, seen, columns, answers), *_unasked(fields, columns)]
    notes += [*seen.letters_alone(), *_repeated(fields, columns), *_contradicted(rows, columns)]
    return Reading(", ".join(parts), tuple(notes))


@dataclass
class _Seen:
    """What was seen of the rows so far."""

    columns: Columns
    rows: int = 0
    listed: int = 0
    """Rows with choices."""
    unread: int = 0
    """Rows whose choices cannot be read."""
    sizes: set[int] = field(default_factory=set)
    """How many choices there are."""
    sources: Counter[str] = field(default_factory=Counter)
    """From which columns they are."""
    shortened: int = 0
    """Rows whose choices are asked without the letters or numbers that stand before them."""
    golds: Counter[str] = field(default_factory=Counter)
    """Right answers by their column."""
    ways: Counter[str] = field(default_factory=Counter)
    unclear: int = 0
    several: int = 0
    letters: bool = True
    """Whether all right answers are letters of choices."""
    answered: bool = False
    used: set[str] = field(default_factory=set)
    """Columns with choices, or right answers."""
    filled: set[str] = field(default_factory=set)

    def add(self, row: ReadRow) -> None:
        """Note one more."""
        fields, choices, gold, unread = row
        asked = choice_columns(fields, self.columns)
        self.rows += 1
        if choices.texts:
            self.listed += 1
            self.sizes.add(len(choices.texts))
            self.sources[_from(choices.columns)] += 1
            self.shortened += choices.texts != choices.written
        elif unread:
            self.unread += 1
        if gold.column is not None:
            self.golds[f"`{gold.column}`"] += 1
            self.unclear += gold.remark is not None
            self.several += gold.by is None and len(gold.answers) > 1
            self.used.add(gold.column)
        if gold.by is not None:
            self.ways[str(gold.by.value)] += 1
        if gold.answers:
            self.answered = True
            self.letters = self.letters and all(map(_is_letter, gold.answers))
        self.used.update(asked)
        self.filled |= {n for n in fields if n not in self.filled and present(fields[n])}

    def choices_in_words(self) -> str:
        """How many choices there are, and from where."""
        unread = self.unread
        if not self.listed:
            read = f"choices that cannot be read in {unread:,}" if unread else "open-ended"
            return read if unread in (0, self.rows) else f"{read}, the others open-ended"
        least, most = min(self.sizes), max(self.sizes)
        number = f"{least}" if least == most else f"{least} to {most}"
        text = f"{number} choices each from {_shares(self.sources)}"
        if self.shortened:
            some = "" if self.shortened == self.listed else f" in {self.shortened:,}"
            text += f" without the letter or number before each{some}"
        if unread:
            text += f" (in {unread:,} they cannot be read)"
        open_ended = self.rows - self.listed - unread
        return f"{text} ({open_ended:,} open-ended)" if open_ended else text

    def answers_in_words(self) -> str:
        """From where right answers are, and how they name choices."""
        if not self.golds:
            return "no right answers"
        text = f"right answers from {_shares(self.golds)}"
        if self.ways:
            text += f" by {_shares(self.ways)}"
        missing = self.rows - self.golds.total()
        several, unclear = self.several, self.unclear
        more = [f"{several:,} with several, of which any counts"] if several else []
        more += [f"{missing:,} without"] if missing else []
        more += [f"{unclear:,} not understood"] if unclear else []
        return f"{text} ({', '.join(more)})" if more else text

    def letters_alone(self) -> Iterator[str]:
        """What is said of a file without choices whose answers are the letters of choices."""
        if self.answered and self.letters and not self.listed:
            yield "all right answers are letters, but no column was read as choices"


def _is_letter(answer: str) -> bool:
    label = label_in(answer)
    return label is not None and label in set("ABCDE")


def _shares(counts: Counter[str]) -> str:
    if len(counts) == 1:
        return next(iter(counts))
    return " and ".join(f"{name} ({n:,})" for name, n in counts.most_common())


def _from(columns: Sequence[str]) -> str:
    between = " … " if len(columns) > 2 else " and "
    return between.join(f"`{name}`" for name in dict.fromkeys([columns[0], columns[-1]]))


def _unused(
    rows: Callable[[], Iterable[ReadRow]], seen: _Seen, columns: Columns, answers: AnswerColumns
) -> Iterator[str]:
    """Columns that sound like choices or answers, or are a slip of a name that is known, were not
    used, and say something of their own."""
    used = {columns.clip, columns.question, columns.id, *seen.used}
    # A file of ours, asked again, says of an earlier answer whether it was right.
    used |= set() if not {"prediction", "scored_by"} <= {*columns.names} else {"correct"}
    known = {*columns.listed, *(name for each in columns.each for name in each.columns)}
    unused = [
        name
        for name in columns.names
        if name not in used
        and name in seen.filled
        and (
            name in known
            or name in columns.answers
            or looks_like_choices_or_answers(name)
            or meant_name(name) is not None
        )
        and not _says_the_same(name, rows(), columns, answers)
    ]
    slips = {name: meant for name in unused if (meant := meant_name(name)) is not None}
    for name, meant in slips.items():
        yield f"`{name}` is not used: did you mean `{meant}`?"
    if others := [name for name in unused if name not in slips]:
        names = ", ".join(f"`{name}`" for name in others)
        yield f"not used, though the name sounds like choices or answers: {names}"


def _unasked(fields: Callable[[], Iterable[Row]], columns: Columns) -> Iterator[str]:
    """Columns that are called like the question's and say something else."""
    known = set(map(plain_name, QUESTION_NAMES))
    names = [
        name
        for name in columns.names
        if name != columns.question
        and plain_name(name) in known
        and any(
            present(row.get(name)) and row[name] != row.get(str(columns.question))
            for row in fields()
        )
    ]
    if names:
        listed = ", ".join(f"`{name}`" for name in names)
        yield f"asked is `{columns.question}`, and not, though called like a question: {listed}"


def _says_the_same(
    name: str, rows: Iterable[ReadRow], columns: Columns, answers: AnswerColumns
) -> bool:
    """Whether a known column repeats what was read from another."""
    for row, listed, gold, _ in rows:
        if not present(row.get(name)):
            continue
        if name in columns.answers:
            again = answers.gold_in(name, row, listed)
            if _said(again) != _said(gold):
                return False
        elif name in columns.listed:
            try:
                only = Columns(columns.names, None, None, (name,), (), (), None)
                if read_choices(row, only).texts != listed.texts:
                    return False
            except RowError:
                return False
        elif isinstance(row[name], list | dict) or plain(str(row[name])) not in {
            plain(text) for text in (*listed.texts, *listed.written)
        }:
            return False
    return name in columns.answers or name in columns.listed or any(
        name in each.columns for each in columns.each
    )  # fmt: skip


def _said(gold: Gold) -> tuple[int, ...] | tuple[str, ...]:
    return gold.indices or tuple(plain(answer) for answer in gold.answers)


def _repeated(fields: Callable[[], Iterable[Row]], columns: Columns) -> Iterator[str]:
    if columns.id is None:
        return
    found = ids_repeated(fields, columns.id)
    if found is not None:
        yield (
            f"{counted(found.number, 'id')} in `{columns.id}` "
            f"{'is' if found.number == 1 else 'are'} there more than once, such as {found.first!r}"
        )


def _contradicted(rows: Callable[[], Iterable[ReadRow]], columns: Columns) -> Iterator[str]:
    """Questions that are asked again about the same clip, with another right answer."""

    def answered() -> Iterator[tuple[str, str]]:
        for fields, choices, gold, _ in rows():
            if right := _right(choices, gold):
                clip = "" if columns.clip is None else f"{fields.get(columns.clip)}: "
                asked = f"{clip}{fields.get(str(columns.question))!r}"
                yield "\0".join([asked, *sorted(map(plain, choices.texts))]), "\0".join(right)

    found = contradicted_texts(answered)
    if found is not None:
        first = start(found.first.partition("\0")[0])
        verb = "is" if found.number == 1 else "are"
        yield (
            f"{counted(found.number, 'question')} {verb} asked again with another right answer, "
            f"such as {first}"
        )


def _right(choices: Choices, gold: Gold) -> list[str]:
    """The right answers in words, whatever names them."""
    closed = [choices.texts[index] for index in gold.indices]
    return sorted({plain(text) for text in (closed if choices.texts else gold.answers)})
