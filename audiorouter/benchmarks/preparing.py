"""What is there of a benchmark, and a questions file of it where `batch` needs one."""

from __future__ import annotations

import contextlib
import hashlib
import json
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from audiorouter.benchmarks.description import Benchmark, Convert
from audiorouter.benchmarks.finding import Found, find_source
from audiorouter.border import describe
from audiorouter.clips import NO_SOURCES, Sources
from audiorouter.errors import UsageError
from audiorouter.json_values import json_text
from audiorouter.machine.files import make_folder, write_file
from audiorouter.questions import QuestionSet, read_questions
from audiorouter.questions.files import Record, read_records
from audiorouter.questions.files.embedded import file_suffix

MOST_ROWS = 1_000_000
"""Rows that one benchmark may be made into."""


@dataclass(frozen=True)
class Prepared:
    """A benchmark in a folder, as far as it is there."""

    benchmark: Benchmark
    files: tuple[Path, ...]
    """From which its questions come."""
    questions_file: Path
    """What `batch` reads: one of `files`, or what was made of them."""
    converted: bool
    version: str | None
    """The benchmark's version, where its layout tells."""
    sha256: str
    """Of the content of `files`, in their order: with it two people can tell that they asked the
    same."""
    questions: int
    clips: int
    clips_there: int
    problems: tuple[str, ...]
    """What is wrong with the rows that cannot be asked, a line each."""
    reading: str
    """How the questions file was read."""

    @property
    def expected(self) -> int | None:
        """How many questions there should be."""
        return self.benchmark.questions

    @property
    def complete(self) -> bool:
        """Whether every question is there and can be asked."""
        return not self.problems and self.expected in (None, self.questions)

    def as_json(self) -> dict[str, Any]:
        """What was found, as values of JSON."""
        return {
            "benchmark": self.benchmark.name,
            "version": self.version,
            "files": [str(path) for path in self.files],
            "sha256": self.sha256,
            "questions_file": str(self.questions_file),
            "converted": self.converted,
            "questions": self.questions,
            "expected": self.expected,
            "clips": self.clips,
            "clips_there": self.clips_there,
            "complete": self.complete,
            "problems": list(self.problems),
            "reading": self.reading,
        }


def prepare(benchmark: Benchmark, folder: Path, *, sources: Sources = NO_SOURCES) -> Prepared:
    """Check what is in `folder` of a benchmark; write a questions file into it if one is needed.

    Clips that stand in parquet files are written there as well. Nothing is downloaded.

    Raises:
        UsageError: the benchmark is not there, or the folder cannot be written.
    """
    if not folder.is_dir():
        raise UsageError(f"{folder}: no such folder")
    found = find_source(benchmark, folder)
    convert = found.source.convert
    path = found.files[0]
    if convert is not None:
        path = folder / benchmark.prepared_name
        records = _records(found, folder / f"{benchmark.slug}-clips")
        write_file(path, _converted(benchmark, convert, records, folder, found.files[0].parent))
    try:
        asked = read_questions(path, folder, sources=sources)
    except UsageError as error:
        raise UsageError(f"{error}; fetch {'; '.join(benchmark.fetch)}") from None
    return _prepared(benchmark, found, path, asked)


def _prepared(benchmark: Benchmark, found: Found, path: Path, asked: QuestionSet) -> Prepared:
    named = {question.audio for question in asked.questions}
    there = {question.audio for question in asked.questions if question.path is not None}
    return Prepared(
        benchmark=benchmark,
        files=found.files,
        questions_file=path,
        converted=found.source.convert is not None,
        version=found.source.version,
        sha256=_sha256(found.files),
        questions=len(asked.questions),
        clips=len(named),
        clips_there=len(there),
        problems=tuple(f"{q.place}: {q.problem}" for q in asked.questions if q.problem),
        reading=asked.reading.line,
    )


def _records(found: Found, clips: Path) -> list[Record]:
    """All records of a source; clips that stand in them are written to the folder `clips`."""

    def keep(name: str | None, data: bytes) -> Path:
        digest = hashlib.blake2b(data, digest_size=20).hexdigest()
        path = clips / f"{digest}{file_suffix(name, data)}"
        if not path.is_file():
            make_folder(clips)
            write_file(path, data)
        return path

    return [record for path in found.files for record in read_records(path, keep)]


def _converted(
    benchmark: Benchmark, convert: Convert, records: list[Record], folder: Path, beside: Path
) -> str:
    """The rows that are made of records, as JSON Lines.

    What makes them may be a plugin's: what it prints goes to stderr, whatever it raises is said.

    Raises:
        UsageError: it fails, gives what are no rows, or more than `MOST_ROWS`.
    """
    lines: list[str] = []
    try:
        with contextlib.redirect_stdout(sys.stderr):
            for row in convert(records, folder, beside):
                if not isinstance(row, Mapping) or len(lines) == MOST_ROWS:
                    more = "no row" if len(lines) < MOST_ROWS else f"more than {MOST_ROWS:,} rows"
                    raise UsageError(f"it gives {more} ({type(row).__name__})")
                json.dumps(row)  # raises where a value is none of JSON
                lines.append(f"{json_text(dict(row))}\n")
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 - a plugin may raise anything
        why = str(error) if isinstance(error, UsageError) else describe(error)
        raise UsageError(f"{benchmark.name}: its questions cannot be converted: {why}") from None
    return "".join(lines)


def _sha256(files: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in files:
        with path.open("rb") as stream:
            while chunk := stream.read(1 << 20):
                digest.update(chunk)
    return digest.hexdigest()
