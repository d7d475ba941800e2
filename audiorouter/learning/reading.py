"""Questions files as a training or an evaluation reads them, and what is said of that."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from audiorouter.errors import UsageError
from audiorouter.machine.paths import StrPath
from audiorouter.plugins import Registry
from audiorouter.questions import Question, read_questions


class Reads(Protocol):
    """What a request says of its questions' clips."""

    @property
    def clips(self) -> StrPath:
        """Folder of audio files."""

    @property
    def allow_outside(self) -> bool:
        """Whether clips may lie outside the folder of clips."""

    @property
    def every_clip(self) -> bool:
        """Whether every question may be asked of every clip."""


@contextmanager
def told_with(notes: Sequence[str]) -> Iterator[None]:
    """Have an error say what was noted of the files as well, which nobody would read after it."""
    try:
        yield
    except UsageError as error:
        raise UsageError("\n".join([*notes, str(error)])) from error


def read_file_of(
    request: Reads, path: StrPath, registry: Registry, say: Callable[[str], None]
) -> tuple[Question, ...]:
    """The questions of one of a request's files.

    Raises:
        UsageError: they cannot be read.
    """
    read = read_questions(
        Path(path),
        Path(request.clips),
        allow_outside=request.allow_outside,
        every_clip=request.every_clip,
        sources=registry.sources,
    )
    for line in (read.reading.line, *read.reading.notes):
        say(line)
    return tuple(read.questions)
