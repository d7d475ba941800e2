"""A question about a clip, and the questions of a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from audiorouter.questions.columns import column_called
from audiorouter.questions.layout import Layout
from audiorouter.questions.reading import Reading
from audiorouter.scoring import AuthorsRule


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
    """The right answer as the row names it: a text, a letter, a number."""
    gold_index: int | None = None
    other_answers: tuple[str, ...] = ()
    """Further right answers, of which any counts."""
    other_gold: tuple[int, ...] = ()
    """Further right choices: equal to the first, or other annotators' answers."""
    written: tuple[str, ...] = ()
    """The choices as the file has them, where letters stand before them there."""
    unread_choices: bool = False
    """Whether the row has choices that could not be read."""
    record: Mapping[str, Any] = field(default_factory=dict)
    problem: str | None = None
    """Why the row cannot be answered."""
    remark: str | None = None
    """What is wrong with the row though it can be answered."""
    place: str = ""
    """Where the file has it, for people: `line 4`, or `row 4` where lines do not tell."""
    note: str | None = None
    """What is odd about the row though nothing is wrong with its answer."""
    url: str | None = None
    """Where the clip is fetched from, if that is not done yet."""

    @property
    def closed(self) -> bool:
        """Whether it is asked with choices, also where those could not be read."""
        return bool(self.choices) or self.unread_choices

    @property
    def answers(self) -> tuple[str, ...]:
        """All right answers as the row names them; any of them counts."""
        return () if self.answer is None else (self.answer, *self.other_answers)

    @property
    def gold_indices(self) -> tuple[int, ...]:
        """All right choices; any of them counts."""
        return () if self.gold_index is None else (self.gold_index, *self.other_gold)

    @property
    def written_choices(self) -> tuple[str, ...]:
        """The choices, verbatim as the file has them."""
        return self.written or self.choices

    def metadata(self, name: str) -> str | None:
        """A column of the row that is not ours, as text (`domain`, `task`, `category` …).

        However the row writes its name: `Sub_Category` is `sub-category`.
        """
        column = column_called(name, self.record)
        return None if column is None else str(self.record[column])


@dataclass(frozen=True)
class QuestionSet:
    """The questions of one file, in its order."""

    path: Path
    layout: Layout
    questions: Sequence[Question]
    """Of `open_questions` each is made when it is read."""
    reading: Reading = field(default_factory=Reading)
    """How the file was read."""
    skipped: Mapping[str, int] = field(default_factory=dict)
    """How many files were left out where every clip of a folder is asked about, by reason."""
    benchmark: str | None = None
    """Of which of `audiorouter.benchmarks` they are, where they were asked for by its name."""
    authors_rule: AuthorsRule | None = None
    """How that one's authors score."""
    shapes: Sequence[tuple[str, ...]] = ()
    """The columns that rows have, each different list of them once."""
