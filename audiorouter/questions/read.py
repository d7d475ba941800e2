"""Questions: what is asked of which clip, with the choices and, if known, the right answer."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple, TypeVar, overload

from audiorouter.clips import NO_SOURCES, Sources, find_clips, skipped_files
from audiorouter.decoding.suffixes import READ
from audiorouter.errors import QuestionFileError, UsageError
from audiorouter.machine.mapped import Mapped
from audiorouter.machine.spool import Spool
from audiorouter.questions.answer_lists import with_listed_answers
from audiorouter.questions.answers import Gold, find_answers
from audiorouter.questions.cell_values import RowError, present, text_of
from audiorouter.questions.choices import Choices, choice_columns, read_choices
from audiorouter.questions.clip_names import ClipNames, NoClipError, clip_name
from audiorouter.questions.column_names import CLIP_NAMES, QUESTION_NAMES
from audiorouter.questions.columns import Columns, find_columns, meant_name
from audiorouter.questions.files import REPEATED, Record, Records, read_records, shards_of
from audiorouter.questions.layout import layout_of
from audiorouter.questions.question import Question, QuestionSet
from audiorouter.questions.reading import ReadRow, describe_reading
from audiorouter.questions.remote_clips import RemoteClips
from audiorouter.text import path_text

T = TypeVar("T")

MAX_QUESTION = 100_000
"""Characters of a question."""
MOST_ROWS = 10_000
"""Rows that a file makes, unasked, that asks every question of every clip."""


def read_questions(
    path: Path,
    clips_dir: Path,
    *,
    allow_outside: bool = False,
    every_clip: bool = False,
    limit: int | None = None,
    sources: Sources = NO_SOURCES,
    remote: RemoteClips | None = None,
) -> QuestionSet:
    """Read the questions of a file or data set about the clips in a folder; see `open_questions`.

    Raises:
        QuestionFileError: the file as a whole cannot be used.
        UsageError: `clips_dir` is no folder, or one without audio, and no clip is found elsewhere.
    """
    found = open_questions(
        path,
        clips_dir,
        allow_outside=allow_outside,
        every_clip=every_clip,
        limit=limit,
        sources=sources,
        remote=remote,
    )
    return replace(found, questions=tuple(found.questions))


def open_questions(
    path: Path,
    clips_dir: Path,
    *,
    allow_outside: bool = False,
    every_clip: bool = False,
    limit: int | None = None,
    sources: Sources = NO_SOURCES,
    remote: RemoteClips | None = None,
) -> QuestionSet:
    """The questions of a file or data set about the clips in a folder, each made when it is read.

    The file is read and checked here; its rows lie on the disk where there are many.

    A file in which no column names clips asks every question of every clip in the folder, also of
    those that `sources` decode; above `MOST_ROWS` rows only with `every_clip`. Rows that cannot be
    answered are kept, with their `problem`.

    Raises:
        QuestionFileError: the file as a whole cannot be used.
        UsageError: `clips_dir` is no folder, or one without audio, and no clip is found elsewhere.
    """
    if not clips_dir.is_dir():
        raise UsageError(f"{clips_dir}: no such folder of clips")
    named = ClipNames(
        clips_dir, shards_of(path)[0].parent, allow_outside, READ | sources.keys(), remote
    )
    records = read_records(path, named.keep)
    rows = Mapped(records, lambda record: record.fields)
    there = cache(lambda: find_clips(clips_dir, sources))
    try:
        columns = find_columns(
            rows,
            lambda: (clip.relative_to(clips_dir).as_posix() for clip in there()),
            {*READ, *sources},
        )
    except RowError as error:
        raise QuestionFileError(f"{path}, {records[0].place}: {error}") from None
    if columns.question is None:
        slip = _slip_of(columns, QUESTION_NAMES)
        raise QuestionFileError(
            f"{path}, {records[0].place}: there is no column {QUESTION_NAMES[0]!r}"
            + (f": did you mean it by {slip!r}? Name" if slip else "; name")
            + f" the one with the questions so (columns: {', '.join(columns.names) or 'none'})"
        )
    columns = with_listed_answers(rows, columns)
    asked = Spool(_asked(row, columns) for row in rows)
    answers = find_answers(rows, Mapped(asked, lambda row: row.choices), columns)
    golds = Spool(answers.gold(f, row.choices) for f, row in zip(rows, asked, strict=True))
    reader = _RowReader(named, columns)
    clips: list[str] | None = None
    skipped: Mapping[str, int] = {}
    if columns.clip is None:
        if (slip := _slip_of(columns, CLIP_NAMES)) is not None and not every_clip:
            raise QuestionFileError(
                f"{path}, {records[0].place}: no column names clips: did you mean "
                f"{meant_name(slip)!r} by {slip!r}? (--every-clip asks each question of every clip)"
            )
        clips = _every_clip(path, clips_dir, there(), len(records), limit, permitted=every_clip)
        skipped = skipped_files(clips_dir, sources)
    questions = _Questions(reader, records, asked, golds, clips, limit)
    if (
        all(question.path is None for question in questions)
        and not any(columns.clip in record.files for record in records)
        and not there()
    ):
        raise UsageError(f"{clips_dir}: there are no audio files in this folder of clips")

    def read() -> Iterator[ReadRow]:
        for fields, row, gold in islice(zip(rows, asked, golds, strict=True), limit):
            yield ReadRow(fields, row.choices, gold, unread=row.problem is not None)

    reading = describe_reading(
        read,
        columns,
        answers,
        fields=lambda: islice(rows, limit),
        rows_asked=len(questions),
        clips=None if clips is None else len(clips),
    )
    layout = layout_of(columns.clip, columns.names)
    return QuestionSet(path, layout, questions, reading, skipped, shapes=records.shapes(limit))


def _slip_of(columns: Columns, known: Collection[str]) -> str | None:
    """The first column whose name is a slip of one of the known names."""
    return next((name for name in columns.names if meant_name(name) in known), None)


def _every_clip(
    path: Path,
    folder: Path,
    clips: Sequence[Path],
    rows: int,
    limit: int | None,
    *,
    permitted: bool,
) -> list[str]:
    """The names of all clips, of which everything is to be asked."""
    if not clips:
        raise QuestionFileError(f"{folder}: there are no audio files in it to ask about")
    every = rows * len(clips)
    if min(every, limit or every) > MOST_ROWS and not permitted:
        raise QuestionFileError(
            f"{path}: no column names clips, and {rows:,} questions of each of {len(clips):,} "
            f"clips are {every:,}: name the clip of each row in a column {CLIP_NAMES[0]!r}, or "
            "permit it with --every-clip"
        )
    return [path_text(clip.relative_to(folder).as_posix()) for clip in clips]


class _Asked(NamedTuple):
    """The choices of a row, or why they cannot be read."""

    choices: Choices
    problem: str | None = None


def _asked(fields: Mapping[str, Any], columns: Columns) -> _Asked:
    try:
        return _Asked(read_choices(fields, columns))
    except RowError as error:
        return _Asked(Choices(), str(error))


class _Questions(Sequence[Question]):
    """The questions in records, each about its clip, or all of them about each of `clips`."""

    def __init__(
        self,
        reader: _RowReader,
        records: Records,
        asked: Sequence[_Asked],
        golds: Sequence[Gold],
        clips: Sequence[str] | None,
        limit: int | None,
    ):
        self._reader = reader
        self._records = records
        self._asked = asked
        self._golds = golds
        self._clips: Sequence[str | None] = [None] if clips is None else clips
        every = len(records) * len(self._clips)
        self._count = every if limit is None else min(every, limit)

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Question]:
        return islice(self._all(), self._count)

    def _all(self) -> Iterator[Question]:
        for clip in self._clips:
            rows = zip(self._records, self._asked, self._golds, strict=True)
            for number, row in enumerate(rows, start=1):
                yield self._read(number, *row, clip)

    @overload
    def __getitem__(self, place: int) -> Question: ...
    @overload
    def __getitem__(self, place: slice) -> list[Question]: ...
    def __getitem__(self, place: int | slice) -> Question | list[Question]:
        if isinstance(place, slice):
            return [self[number] for number in range(self._count)[place]]
        clip, number = divmod(range(self._count)[place], len(self._records))
        row = self._records[number], self._asked[number], self._golds[number]
        return self._read(number + 1, *row, self._clips[clip])

    def _read(
        self, number: int, record: Record, row: _Asked, gold: Gold, clip: str | None
    ) -> Question:
        name = str(number) if clip is None else f"{clip}#{number}"
        return self._reader.read(record, row, gold, name, clip)


@dataclass(frozen=True)
class _RowReader:
    """Makes a `Question` of a record; every complaint ends up in the question itself."""

    clips: ClipNames
    columns: Columns

    def read(
        self, record: Record, row: _Asked, gold: Gold, fallback_id: str, clip: str | None
    ) -> Question:
        """The question in a row, about `clip` or else the one that the row names."""
        fields, columns = record.fields, self.columns
        problems = [record.error] if record.error else []
        remarks: list[str] = []

        def tried(read: Callable[[], T], otherwise: T, complaints: list[str]) -> T:
            try:
                return read()
            except (RowError, NoClipError) as error:
                complaints.append(str(error))
                return otherwise

        def text_in(column: str | None, complaints: list[str]) -> str:
            if column is None:
                return ""
            value = fields.get(column)
            return tried(lambda: text_of(column, value if present(value) else None), "", complaints)

        with_choices = choice_columns(fields, columns)
        asked = {columns.question, columns.clip, *with_choices}
        for column, what in record.replaced.items():
            # The clip's name names one or it does not, unless there are two names.
            if column != columns.clip or what == REPEATED:
                (problems if column in asked else remarks).append(f"{column}: {what}")
        problems += [row.problem] if row.problem else []
        choices, notes = row.choices, list(row.choices.notes)
        named, kept = clip, None
        if columns.clip and clip is None:
            named = clip_name(fields.get(columns.clip))
            kept = record.files.get(columns.clip)
        audio = tried(lambda: text_of("the clip's name", named), "", problems)
        text = text_in(columns.question, problems)
        found = None if problems else tried(lambda: self.clips.find(audio, kept), None, problems)
        if found and found.remark:
            notes.append(found.remark)
        if not text and not problems:
            problems.append("the question is empty")
        if len(text) > MAX_QUESTION:
            problems.append(
                f"the question has {len(text):,} characters, of {MAX_QUESTION:,} at most"
            )
        if gold.column is not None and record.replaced.get(gold.column) == REPEATED:
            gold = Gold()  # of which that is said already
        remarks += [gold.remark] if gold.remark else []
        return Question(
            id=text_in(columns.id, remarks) or fallback_id,
            line=record.line,
            place=record.place,
            audio=audio,
            path=found.path if found else None,
            url=found.url if found else None,
            text=text[:MAX_QUESTION],
            choices=choices.texts,
            answer=gold.answers[0] if gold.answers else None,
            gold_index=gold.indices[0] if gold.indices else None,
            other_answers=gold.answers[1:],
            other_gold=gold.indices[1:],
            written=choices.written if choices.written != choices.texts else (),
            unread_choices=row.problem is not None and bool(with_choices),
            record=fields,
            problem=problems[0] if problems else None,
            remark="; ".join(remarks) or None,
            note="; ".join(notes) or None,
        )
