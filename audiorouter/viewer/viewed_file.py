"""An answers file, to look at: what stands in it and nothing else, and clips in a folder."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

from audiorouter.batch.answers_file.saved_answers import read_answers
from audiorouter.batch.past.past_rows import PastRow
from audiorouter.clips import NO_SOURCES, Sources
from audiorouter.decoding.suffixes import READ
from audiorouter.errors import ClipError, UsageError
from audiorouter.questions.clip_names import ClipNames, NoClipError
from audiorouter.viewer.clip_worker import ClipWorker
from audiorouter.viewer.rows import NoDetails, Values, shown
from audiorouter.viewer.sound import missing, played
from audiorouter.viewer.viewed_answers import ViewedAnswers

_MOST_PROBLEMS = 20
"""Rows that cannot be read, of which the page says why."""


class ViewedFile(ViewedAnswers):
    """Answers as `batch -o` writes them. Clips are looked for in the folder `clips`, by their names
    as questions files name them, and nowhere else; without it there is no sound. Close it.

    Raises:
        UsageError: there is no such file or folder, or it is no answers file.
    """

    def __init__(self, path: Path, clips: Path | None = None, *, sources: Sources = NO_SOURCES):
        if clips is not None and not clips.is_dir():
            raise UsageError(f"{clips}: no such folder of clips")
        self.name = str(path)
        self.title = path.name
        self._rows, self.problems = read_answers(path)
        self._names = None if clips is None else ClipNames(clips, clips, suffixes=READ | {*sources})
        self._worker = ClipWorker(sources)

    @property
    def has_sound(self) -> bool:
        """Whether it was told where clips are."""
        return self._names is not None

    @property
    def rows(self) -> list[PastRow]:
        """All rows that can be read, as the file has them."""
        return self._rows

    @property
    def head(self) -> Values:
        """How many rows there are; what made them is not in the file."""
        return {
            "name": self.name,
            "number": None,
            "started": None,
            "status": None,
            "questions": len(self._rows),
            "answered": sum(row.prediction is not None for row in self._rows),
            "right": sum(row.correct is True for row in self._rows),
            "scored": sum(row.correct is not None for row in self._rows),
            "provenance": {},
        }

    @property
    def notes(self) -> list[str]:
        """What the file has not, and what of it cannot be read."""
        notes = self.problems[:_MOST_PROBLEMS]
        if (more := len(self.problems) - _MOST_PROBLEMS) > 0:
            notes.append(f"{self.name}: {more:,} more rows or cells cannot be read.")
        if left := sum(row.left for row in self._rows):
            notes.append(f"{self.name}: its run ended before {left:,} of its questions.")
        lacking = [
            name
            for name in ("findings", "reason", "probabilities")
            if not any(name in row.fields for row in self._rows)
        ]
        if lacking:
            notes.append(
                f"{self.name} has no {', '.join(lacking)}: `batch --fields "
                f"{','.join(lacking)}` writes them."
            )
        if self._names is None:
            notes.append(f"{self.name} does not say where its clips are: `--clips FOLDER` does.")
        return notes

    def shown(self, rows: Sequence[PastRow]) -> list[Values]:
        """Some of the rows with what the file has of them."""
        return [shown(row, self.clip(row), NoDetails()) for row in rows]

    def clip(self, row: PastRow) -> str | None:
        """A hash of the clip's name: its audio is not looked at before somebody listens."""
        return _key(row.audio) if row.audio else None

    def sound(self, clip: str) -> Values:
        """The clip of that name in the folder, decoded in a process apart."""
        if self._names is None:
            return missing("It is not known where the clip is: name its folder by --clips.")
        try:
            path = self._names.find(self._called[clip]).path
            facts = self._worker.facts(path)
        except (NoClipError, ClipError, OSError) as error:
            return missing(str(error))
        return played(path, facts.sample_rate, lambda: self._worker.samples(path))

    def close(self) -> None:
        """Stop the process that decodes clips."""
        self._worker.close()

    @cached_property
    def _called(self) -> dict[str, str]:
        return {_key(row.audio): row.audio for row in self._rows if row.audio}


def _key(name: str) -> str:
    return hashlib.blake2b(name.encode("utf-8", "surrogatepass"), digest_size=20).hexdigest()
