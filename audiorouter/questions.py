"""Questions: what is asked of which clip, with the choices and, if known, the right answer."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

from audiorouter.clip_names import ClipNames, NoClipError, clip_name
from audiorouter.clips import NO_SOURCES, Sources, find_clips, skipped_files
from audiorouter.decoding.suffixes import READ
from audiorouter.errors import QuestionFileError, UsageError
from audiorouter.json_values import cleaned, parse
from audiorouter.question_files import Record, read_records
from audiorouter.text import path_text

T = TypeVar("T")

AUDIO_COLUMNS = ("audio", "file", "path", "audio_id", "audio_path")
QUESTION_COLUMN = "question"
CHOICES_COLUMN = "choices"
ANSWER_COLUMN = "answer"
ID_COLUMN = "id"

MAX_QUESTION = 100_000
"""Characters of a question."""
MAX_CHOICES = 1_000
MAX_CHOICE = 10_000
"""Characters of a choice."""

_LONGEST_QUOTE = 200
_LETTER_ANSWER = re.compile(r"^\(?([A-Za-z]{1,2})[).:]?$")


class Layout(StrEnum):
    """Whose file layout it is; it decides what the answers file adds."""

    OURS = "ours"
    MMAU = "mmau"
    MMAR = "mmar"


@dataclass(frozen=True)
class Question:
    """One question about one clip.

    `choices` is empty for an open-ended question. `gold_index` is the position of the right choice,
    or None where it is not known. `problem` is set where the row cannot be answered as it stands.
    """

    id: str
    line: int
    audio: str
    """The clip as the file names it, see `audiorouter.text.path_of`."""
    path: Path | None
    """Where that clip is; None where the row has a problem."""
    text: str
    choices: tuple[str, ...] = ()
    answer: str | None = None
    gold_index: int | None = None
    record: Mapping[str, Any] = field(default_factory=dict)
    problem: str | None = None
    """Why the row cannot be answered."""
    remark: str | None = None
    """What is wrong with the row though it can be answered."""
    place: str = ""
    """Where the file has it, for people: `line 4`, or `row 4` where lines do not tell."""

    @property
    def closed(self) -> bool:
        """Whether it is asked with choices, also where those could not be read."""
        listed = (self.record.get(CHOICES_COLUMN), self.record.get(choice_letter(0)))
        return bool(self.choices) or any(value not in (None, "") for value in listed)

    def metadata(self, name: str) -> str | None:
        """A column of the row that is not ours, as text (`domain`, `task`, `category` …)."""
        value = self.record.get(name)
        return None if value is None or value == "" else str(value)


@dataclass(frozen=True)
class QuestionSet:
    """The questions of one file, in its order."""

    path: Path
    layout: Layout
    questions: tuple[Question, ...]
    skipped: Mapping[str, int] = field(default_factory=dict)
    """How many files were left out where every clip of a folder is asked about, by reason."""


def read_questions(
    path: Path,
    clips_dir: Path,
    *,
    allow_outside: bool = False,
    limit: int | None = None,
    sources: Sources = NO_SOURCES,
) -> QuestionSet:
    """Read the questions file at `path` about clips in `clips_dir`.

    A file without a clip column asks every question of every clip in the folder, also of those
    that `sources` decode. Rows that cannot be answered are kept, with their `problem`.

    Raises:
        QuestionFileError: the file as a whole cannot be used.
        UsageError: `clips_dir` is no folder.
    """
    if not clips_dir.is_dir():
        raise UsageError(f"{clips_dir}: no such folder of clips")
    clips = ClipNames(clips_dir, path.parent, allow_outside, READ | sources.keys())
    records = read_records(path, clips.keep)
    columns = _columns(records)
    if QUESTION_COLUMN not in columns:
        raise QuestionFileError(
            f"{path}, {records[0].place}: there is no column {QUESTION_COLUMN!r} "
            f"(columns: {', '.join(columns) or 'none'})"
        )
    audio_column = next((name for name in AUDIO_COLUMNS if name in columns), None)
    reader = _RowReader(clips, audio_column)
    skipped: Mapping[str, int] = {}
    if audio_column is None:
        paths, skipped = find_clips(clips_dir, sources), skipped_files(clips_dir, sources)
        questions = _every_clip(reader, records[:limit], clips_dir, paths)[:limit]
    else:
        questions = [
            reader.read(record, str(number))
            for number, record in enumerate(records[:limit], start=1)
        ]
    return QuestionSet(path, _layout(audio_column), tuple(questions), skipped)


def choice_letter(index: int) -> str:
    """Letter of a choice: A … Z, AA, AB …

    >>> choice_letter(0), choice_letter(27)
    ('A', 'AB')
    """
    letters = ""
    index += 1
    while index:
        index, remainder = divmod(index - 1, 26)
        letters = chr(ord("A") + remainder) + letters
    return letters


def gold_index(answer: str, choices: Sequence[str]) -> int | None:
    """Which choice the answer names: by its text, else by its letter; None where neither fits.

    >>> gold_index("dog", ["cat", "dog"]), gold_index("(A)", ["cat", "dog"])
    (1, 0)
    """
    wanted = _plain(answer)
    for index, choice in enumerate(choices):
        if _plain(choice) == wanted:
            return index
    if match := _LETTER_ANSWER.match(answer.strip()):
        letters = [choice_letter(index) for index in range(len(choices))]
        if match[1].upper() in letters:
            return letters.index(match[1].upper())
    return None


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()


def _columns(records: Iterable[Record]) -> list[str]:
    """Columns in the order in which they first appear; JSON rows need not all have the same."""
    return list(dict.fromkeys(name for record in records for name in record.fields))


def _layout(audio_column: str | None) -> Layout:
    if audio_column == "audio_id":
        return Layout.MMAU
    if audio_column == "audio_path":
        return Layout.MMAR
    return Layout.OURS


def _every_clip(
    reader: _RowReader, records: Sequence[Record], folder: Path, paths: Sequence[Path]
) -> list[Question]:
    clips = [path_text(clip.relative_to(folder).as_posix()) for clip in paths]
    if not clips:
        raise QuestionFileError(f"{folder}: there are no audio files in it to ask about")
    return [
        reader.read(record, f"{clip}#{number}", clip)
        for clip in clips
        for number, record in enumerate(records, start=1)
    ]


@dataclass(frozen=True)
class _RowReader:
    """Makes a `Question` of a record; every complaint ends up in the question itself."""

    clips: ClipNames
    audio_column: str | None

    def read(self, record: Record, fallback_id: str, clip: str | None = None) -> Question:
        """The question in a row, about `clip` or else the one that the row names."""
        fields = record.fields
        problems = [record.error] if record.error else []
        remarks: list[str] = []

        def tried(read: Callable[[], T], otherwise: T, complaints: list[str]) -> T:
            try:
                return read()
            except (_RowError, NoClipError) as error:
                complaints.append(str(error))
                return otherwise

        asked = {QUESTION_COLUMN, *_choice_columns(fields)}
        for column, what in record.replaced.items():
            if column != self.audio_column:  # that one names a clip or it does not
                (problems if column in asked else remarks).append(f"{column}: {what}")
        none: tuple[str, ...] = ()
        choices = tried(lambda: _choices(fields), none, problems)
        named, kept = clip, None
        if self.audio_column and clip is None:
            named = clip_name(fields.get(self.audio_column))
            kept = record.files.get(self.audio_column)
        audio = tried(lambda: _text("the clip's name", named), "", problems)
        text = tried(lambda: _text(QUESTION_COLUMN, fields.get(QUESTION_COLUMN)), "", problems)
        found = None if problems else tried(lambda: self.clips.find(audio, kept), None, problems)
        if found and found.remark:
            remarks.append(found.remark)
        if not text and not problems:
            problems.append("the question is empty")
        if len(text) > MAX_QUESTION:
            problems.append(
                f"the question has {len(text):,} characters, of {MAX_QUESTION:,} at most"
            )
        answer = tried(lambda: _text(ANSWER_COLUMN, fields.get(ANSWER_COLUMN)), "", remarks)
        gold = gold_index(answer, choices) if answer and choices else None
        if answer and choices and gold is None:
            remarks.append(
                f"the answer {_start(answer)!r} is not among the choices, so the row is not scored"
            )
        return Question(
            id=tried(lambda: _text(ID_COLUMN, fields.get(ID_COLUMN)), "", remarks) or fallback_id,
            line=record.line,
            place=record.place,
            audio=audio,
            path=found.path if found else None,
            text=text[:MAX_QUESTION],
            choices=choices,
            answer=answer or None,
            gold_index=gold,
            record=fields,
            problem=problems[0] if problems else None,
            remark="; ".join(remarks) or None,
        )


class _RowError(Exception):
    pass


def _choice_columns(fields: Mapping[str, Any]) -> list[str]:
    """`choices`, or else the columns A, B, C … up to the first that is missing or empty."""
    if fields.get(CHOICES_COLUMN) not in (None, ""):
        return [CHOICES_COLUMN]
    columns: list[str] = []
    while fields.get(letter := choice_letter(len(columns))) not in (None, ""):
        columns.append(letter)
    return columns


def _choices(fields: Mapping[str, Any]) -> tuple[str, ...]:
    columns = _choice_columns(fields)
    if columns == [CHOICES_COLUMN]:
        choices = _listed_choices(fields[CHOICES_COLUMN])
    else:
        choices = [_text(f"choice {letter}", fields[letter]) for letter in columns]
    _check_choices(choices)
    return tuple(choices)


def _listed_choices(value: Any) -> list[str]:
    if isinstance(value, str) and value.lstrip().startswith("["):
        try:
            value, problem = cleaned(parse(value))
        except ValueError as error:
            raise _RowError(f"choices: not a JSON list ({error})") from None
        if problem:
            raise _RowError(f"choices: {problem}")
    if isinstance(value, list):
        return [
            _text(f"choices: choice {choice_letter(index)}", choice)
            for index, choice in enumerate(value)
        ]
    return [choice.strip() for choice in _text(CHOICES_COLUMN, value).split("|")]


def _text(what: str, value: Any) -> str:
    """A value as text without space around it; nothing is the empty text."""
    if isinstance(value, list | dict):
        kind = "a list" if isinstance(value, list) else "an object"
        raise _RowError(f"{what}: expected text, not {kind}")
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value).strip()


def _start(text: str) -> str:
    return text if len(text) <= _LONGEST_QUOTE else f"{text[:_LONGEST_QUOTE]}…"


def _check_choices(choices: Sequence[str]) -> None:
    if len(choices) > MAX_CHOICES:
        raise _RowError(f"choices: there are {len(choices):,}, of {MAX_CHOICES:,} at most")
    seen: dict[str, int] = {}
    for index, choice in enumerate(choices):
        if not choice:
            raise _RowError(f"choices: choice {choice_letter(index)} is empty")
        if len(choice) > MAX_CHOICE:
            raise _RowError(
                f"choices: choice {choice_letter(index)} has {len(choice):,} characters, "
                f"of {MAX_CHOICE:,} at most"
            )
        first = seen.setdefault(_plain(choice), index)
        if first != index:
            raise _RowError(
                f"choices: {choice_letter(first)} and {choice_letter(index)} are the same "
                f"({_start(choice)!r})"
            )
