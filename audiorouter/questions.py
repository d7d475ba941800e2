"""Questions: what is asked of which clip, with the choices and, if known, the right answer."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from audiorouter.clips import find_clips
from audiorouter.errors import QuestionFileError, UsageError
from audiorouter.question_files import Record, read_records

AUDIO_COLUMNS = ("audio", "file", "path", "audio_id", "audio_path")
QUESTION_COLUMN = "question"
CHOICES_COLUMN = "choices"
ANSWER_COLUMN = "answer"
ID_COLUMN = "id"

_URL = re.compile(r"^[a-z][a-z0-9+.-]+://", re.IGNORECASE)
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
    """The clip as the file names it."""
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


def read_questions(
    path: Path, clips_dir: Path, *, allow_outside: bool = False, limit: int | None = None
) -> QuestionSet:
    """Read the questions file at `path` about clips in `clips_dir`.

    A file without a clip column asks every question of every clip in the folder. Rows that cannot
    be answered are kept, with their `problem`.

    Raises:
        QuestionFileError: the file as a whole cannot be used.
        UsageError: `clips_dir` is no folder.
    """
    if not clips_dir.is_dir():
        raise UsageError(f"{clips_dir}: no such folder of clips")
    records = read_records(path)
    columns = _columns(records)
    if QUESTION_COLUMN not in columns:
        raise QuestionFileError(
            f"{path}, line {records[0].line}: there is no column {QUESTION_COLUMN!r} "
            f"(columns: {', '.join(columns) or 'none'})"
        )
    audio_column = next((name for name in AUDIO_COLUMNS if name in columns), None)
    reader = _RowReader(clips_dir, path.parent, allow_outside)
    if audio_column is None:
        questions = _every_clip(reader, records[:limit], clips_dir)[:limit]
    else:
        questions = [
            reader.read(record, record.fields.get(audio_column), str(number))
            for number, record in enumerate(records[:limit], start=1)
        ]
    return QuestionSet(path, _layout(audio_column), tuple(questions))


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


def _every_clip(reader: _RowReader, records: Sequence[Record], folder: Path) -> list[Question]:
    clips = [clip.relative_to(folder).as_posix() for clip in find_clips(folder)]
    if not clips:
        raise QuestionFileError(f"{folder}: there are no audio files in it to ask about")
    return [
        reader.read(record, clip, f"{clip}#{number}")
        for clip in clips
        for number, record in enumerate(records, start=1)
    ]


@dataclass(frozen=True)
class _RowReader:
    """Makes a `Question` of a record; every complaint ends up in the question itself."""

    clips_dir: Path
    file_dir: Path
    allow_outside: bool

    def read(self, record: Record, audio: Any, fallback_id: str) -> Question:
        fields = record.fields
        text = str(fields.get(QUESTION_COLUMN) or "").strip()
        audio_text = str(audio or "").strip()
        choices: tuple[str, ...] = ()
        path: Path | None = None
        problem = record.error
        try:
            choices = _choices(fields)
            if problem is None:
                path = self._resolve(audio_text)
                if not text:
                    raise _RowError("the question is empty")
        except _RowError as error:
            problem = problem or str(error)
        answer = fields.get(ANSWER_COLUMN)
        answer = None if answer is None or str(answer).strip() == "" else str(answer).strip()
        gold = gold_index(answer, choices) if answer and choices else None
        remark = None
        if answer and choices and gold is None:
            remark = f"the answer {answer!r} is not among the choices, so the row is not scored"
        return Question(
            id=str(fields.get(ID_COLUMN) or fallback_id),
            line=record.line,
            audio=audio_text,
            path=path,
            text=text,
            choices=choices,
            answer=answer,
            gold_index=gold,
            record=fields,
            problem=problem,
            remark=remark,
        )

    def _resolve(self, audio: str) -> Path:
        """The clip's path: in the clips folder first, then beside the questions file."""
        if not audio:
            raise _RowError("no clip is named")
        if _URL.match(audio):
            raise _RowError(f"the clip is a URL ({audio}); download it first")
        if "\0" in audio:
            raise _RowError("the clip's name holds a NUL character")
        there = [base / audio for base in (self.clips_dir, self.file_dir)]
        allowed = [
            path
            for path, base in zip(there, (self.clips_dir, self.file_dir), strict=True)
            if self.allow_outside or _inside(base, path)
        ]
        if not allowed or (not any(map(_is_file, allowed)) and any(map(_is_file, there))):
            raise _RowError(
                f"the clip {audio} lies outside the folder {self.clips_dir} "
                "(--allow-outside permits it)"
            )
        for path in allowed:
            if _is_file(path):
                return path
        raise _RowError(f"there is no clip {audio} in {self.clips_dir}")


class _RowError(Exception):
    pass


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a name that is longer than any file's
        return False


def _inside(folder: Path, path: Path) -> bool:
    return path.resolve().is_relative_to(folder.resolve())


def _choices(fields: Mapping[str, Any]) -> tuple[str, ...]:
    value = fields.get(CHOICES_COLUMN)
    if value is None or value == "":
        choices = _lettered_choices(fields)
    elif isinstance(value, list):
        choices = [str(choice).strip() for choice in value]
    elif str(value).lstrip().startswith("["):
        try:
            choices = [str(choice).strip() for choice in json.loads(str(value))]
        except (json.JSONDecodeError, TypeError) as error:
            raise _RowError(f"choices: not a JSON list ({error})") from None
    else:
        choices = [choice.strip() for choice in str(value).split("|")]
    _check_choices(choices)
    return tuple(choices)


def _lettered_choices(fields: Mapping[str, Any]) -> list[str]:
    """Choices in columns A, B, C … up to the first that is missing or empty."""
    choices: list[str] = []
    while (value := fields.get(choice_letter(len(choices)))) not in (None, ""):
        choices.append(str(value).strip())
    return choices


def _check_choices(choices: Sequence[str]) -> None:
    seen: dict[str, int] = {}
    for index, choice in enumerate(choices):
        if not choice:
            raise _RowError(f"choices: choice {choice_letter(index)} is empty")
        first = seen.setdefault(_plain(choice), index)
        if first != index:
            raise _RowError(
                f"choices: {choice_letter(first)} and {choice_letter(index)} are the same "
                f"({choice!r})"
            )
