"""How a questions file was read, in words: which columns were used, and which were not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from audiorouter.questions.answers import AnswerColumns, Gold
from audiorouter.questions.choices import Choices, choice_columns, label_in, plain, read_choices
from audiorouter.questions.columns import (
    QUESTION_NAMES,
    Columns,
    RowError,
    looks_like_choices_or_answers,
    meant_name,
    plain_name,
    present,
)
from audiorouter.text import counted

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Reading:
    """What was made of a questions file."""

    line: str = ""
    """In one line, such as "2 questions, 4 choices each from `options`, …"."""
    notes: tuple[str, ...] = ()
    """What a user should know: columns that were not used, ids that are there twice."""


def describe_reading(
    rows: Sequence[Row],
    choices: Sequence[Choices],
    columns: Columns,
    answers: AnswerColumns,
    *,
    rows_asked: int,
    clips: int | None,
) -> Reading:
    """How the rows of a file were read; `clips` where each is asked of all of so many."""
    golds = [answers.gold(row, listed) for row, listed in zip(rows, choices, strict=True)]
    parts = [counted(rows_asked, "question"), _choices(rows, choices, columns), _answers(golds)]
    if clips is None:
        parts.append(f"clips from `{columns.clip}`")
    else:
        parts.append(
            f"each asked of {counted(clips, 'clip')} in the folder, since no column names clips"
        )
    notes = [*_unused(rows, choices, golds, columns, answers), *_unasked(rows, columns)]
    notes += [*_letters_alone(choices, golds), *_repeated(rows, columns)]
    return Reading(", ".join(parts), tuple(notes))


def _choices(rows: Sequence[Row], choices: Sequence[Choices], columns: Columns) -> str:
    listed = [found for found in choices if found.texts]
    unread = sum(
        not found.texts and bool(choice_columns(row, columns))
        for row, found in zip(rows, choices, strict=True)
    )
    if not listed:
        read = f"choices that cannot be read in {unread:,}" if unread else "open-ended"
        return read if unread in (0, len(rows)) else f"{read}, the others open-ended"
    least, most = min(len(c.texts) for c in listed), max(len(c.texts) for c in listed)
    number = f"{least}" if least == most else f"{least} to {most}"
    sources = Counter(_from(found.columns) for found in listed)
    text = f"{number} choices each from {_shares(sources)}"
    if unread:
        text += f" (in {unread:,} they cannot be read)"
    open_ended = len(rows) - len(listed) - unread
    return f"{text} ({open_ended:,} open-ended)" if open_ended else text


def _answers(golds: Sequence[Gold]) -> str:
    given = [gold for gold in golds if gold.column is not None]
    if not given:
        return "no right answers"
    text = f"right answers from {_shares(Counter(f'`{gold.column}`' for gold in given))}"
    ways = Counter(gold.by for gold in given if gold.by is not None)
    if ways:
        text += f" by {_shares(Counter({str(way.value): n for way, n in ways.items()}))}"
    missing = len(golds) - len(given)
    unclear = sum(gold.remark is not None for gold in given)
    several = sum(gold.by is None and len(gold.answers) > 1 for gold in given)
    more = [f"{several:,} with several, of which any counts"] if several else []
    more += [f"{missing:,} without"] if missing else []
    more += [f"{unclear:,} not understood"] if unclear else []
    return f"{text} ({', '.join(more)})" if more else text


def _shares(counts: Counter[str]) -> str:
    if len(counts) == 1:
        return next(iter(counts))
    return " and ".join(f"{name} ({n:,})" for name, n in counts.most_common())


def _from(columns: Sequence[str]) -> str:
    between = " … " if len(columns) > 2 else " and "
    return between.join(f"`{name}`" for name in dict.fromkeys([columns[0], columns[-1]]))


def _unused(
    rows: Sequence[Row],
    choices: Sequence[Choices],
    golds: Sequence[Gold],
    columns: Columns,
    answers: AnswerColumns,
) -> Iterator[str]:
    """Columns that sound like choices or answers, or are a slip of a name that is known, were not
    used, and say something of their own."""
    used = {columns.clip, columns.question, columns.id, *(gold.column for gold in golds)}
    for row in rows:
        used.update(choice_columns(row, columns))
    # A file of ours, asked again, says of an earlier answer whether it was right.
    used |= set() if not {"prediction", "scored_by"} <= {*columns.names} else {"correct"}
    known = {*columns.listed, *(name for each in columns.each for name in each.columns)}
    unused = [
        name
        for name in columns.names
        if name not in used
        and any(present(row.get(name)) for row in rows)
        and (
            name in known
            or name in columns.answers
            or looks_like_choices_or_answers(name)
            or meant_name(name) is not None
        )
        and not _says_the_same(name, rows, choices, golds, columns, answers)
    ]
    slips = {name: meant for name in unused if (meant := meant_name(name)) is not None}
    for name, meant in slips.items():
        yield f"`{name}` is not used: did you mean `{meant}`?"
    if others := [name for name in unused if name not in slips]:
        names = ", ".join(f"`{name}`" for name in others)
        yield f"not used, though the name sounds like choices or answers: {names}"


def _unasked(rows: Sequence[Row], columns: Columns) -> Iterator[str]:
    """Columns that are called like the question's and say something else."""
    known = set(map(plain_name, QUESTION_NAMES))
    names = [
        name
        for name in columns.names
        if name != columns.question
        and plain_name(name) in known
        and any(
            present(row.get(name)) and row[name] != row.get(str(columns.question)) for row in rows
        )
    ]
    if names:
        listed = ", ".join(f"`{name}`" for name in names)
        yield f"asked is `{columns.question}`, and not, though called like a question: {listed}"


def _says_the_same(
    name: str,
    rows: Sequence[Row],
    choices: Sequence[Choices],
    golds: Sequence[Gold],
    columns: Columns,
    answers: AnswerColumns,
) -> bool:
    """Whether a known column repeats what was read from another."""
    for row, listed, gold in zip(rows, choices, golds, strict=True):
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


def _letters_alone(choices: Sequence[Choices], golds: Sequence[Gold]) -> Iterator[str]:
    """A file without choices whose answers are the letters of choices."""
    given = [answer for gold in golds for answer in gold.answers]
    if given and not any(listed.texts for listed in choices):
        labels = [label_in(answer) for answer in given]
        if all(label is not None and label in "ABCDE" for label in labels):
            yield "all right answers are letters, but no column was read as choices"


def _repeated(rows: Sequence[Row], columns: Columns) -> Iterator[str]:
    if columns.id is None:
        return
    counts = Counter(str(row[columns.id]) for row in rows if present(row.get(columns.id)))
    repeated = [name for name, count in counts.items() if count > 1]
    if repeated:
        yield (
            f"{counted(len(repeated), 'id')} in `{columns.id}` "
            f"{'is' if len(repeated) == 1 else 'are'} there more than once, such as {repeated[0]!r}"
        )
