"""A part of the questions, by their clips: what one of several machines is to answer."""

from __future__ import annotations

import hashlib
import re
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import overload

from audiorouter.errors import UsageError
from audiorouter.machine.called import to_type
from audiorouter.machine.mounts import network_file_system
from audiorouter.machine.paths import cache_dir
from audiorouter.questions import Question, QuestionSet
from audiorouter.text import path_text

_MOST = 1_000_000
_FORM = re.compile(r"(\d{1,7})/(\d{1,7})", re.ASCII)


@dataclass(frozen=True)
class QuestionShard:
    """The questions about every `count`th clip, by a hash of the clip's name.

    All questions about a clip are in one shard, which stays the same when the file is sorted anew
    or grows. A clip below the folder of clips goes by its path there, so that the folder may lie
    elsewhere on another machine.

    >>> QuestionShard.read("8/8") == QuestionShard.read("0/8")
    True
    """

    index: int
    """From 0."""
    count: int

    @classmethod
    def read(cls, text: str) -> QuestionShard:
        """The shard that is written I/N; arrays of jobs count from 0 to N-1, or from 1 to N.

        Either will do, since N is 0 here.

        Raises:
            UsageError: it is not written so.
        """
        match = _FORM.fullmatch(text)
        number, count = map(int, match.groups()) if match else (0, 0)
        if not 1 <= count <= _MOST or number > count:
            raise UsageError(
                f"--shard {text}: write I/N, such as 3/8, with I from 0 to N-1 or from 1 to N"
            )
        return cls(number % count, count)

    def holds(self, question: Question, clips: Path) -> bool:
        """Whether the question is in it."""
        name = clip_name(question, clips).encode("utf-8", "surrogateescape")
        digest = hashlib.blake2b(name, digest_size=8).digest()
        return int.from_bytes(digest) % self.count == self.index

    def of(self, questions: QuestionSet, clips: Path) -> QuestionSet:
        """Its part of the questions, in their order."""
        held = (i for i, each in enumerate(questions.questions) if self.holds(each, clips))
        return replace(questions, questions=SomeQuestions(questions.questions, held))


def clip_name(question: Question, clips: Path) -> str:
    """By what a question's clip is told from others; one without a clip goes by what it names."""
    if question.path is None:
        return question.audio
    path, cache = question.path, cache_dir()
    below = path.is_relative_to(clips)
    if path.is_relative_to(cache) and (not below or cache.is_relative_to(clips)):
        return path.name  # a hash of its address or bytes: the cache lies elsewhere on others
    return path_text(path.relative_to(clips) if below else path)


class SomeQuestions(Sequence[Question]):
    """Those of the questions that stand at some places, read when they are asked for."""

    def __init__(self, questions: Sequence[Question], places: Iterable[int]):
        self._questions = questions
        self._places = array("Q", places)

    def __len__(self) -> int:
        return len(self._places)

    @overload
    def __getitem__(self, place: int) -> Question: ...
    @overload
    def __getitem__(self, place: slice) -> list[Question]: ...
    def __getitem__(self, place: int | slice) -> Question | list[Question]:
        if isinstance(place, slice):
            return [self._questions[number] for number in self._places[place]]
        return self._questions[self._places[place]]


def check_store(path: Path) -> None:
    """Make sure that a shard's store is one that no other machine writes.

    Raises:
        UsageError: it is on a file system that others share.
    """
    network = network_file_system(path)
    if network is not None:
        raise UsageError(
            f"--shard: the store {path} is on a network file system ({network}), which several "
            "machines must not write: give each one a store on its own disk (--db), and merge "
            f"those (`{to_type('store', 'merge', 'SHARD.db')}`)"
        )
