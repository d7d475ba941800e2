"""What is there of a benchmark, and a questions file of it where `batch` needs one."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from audiorouter.benchmarks.description import Benchmark
from audiorouter.benchmarks.finding import Found, find_source
from audiorouter.clips import NO_SOURCES, Sources
from audiorouter.errors import UsageError
from audiorouter.json_values import json_text
from audiorouter.machine.files import make_folder, write_file
from audiorouter.questions import QuestionSet, read_questions
from audiorouter.questions.files import Record, read_records
from audiorouter.questions.files.embedded import file_suffix


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
        write_file(path, _lines(convert(records, folder, found.files[0].parent)))
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


def _lines(rows: Iterable[Any]) -> str:
    return "".join(f"{json_text(row)}\n" for row in rows)


def _sha256(files: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in files:
        with path.open("rb") as stream:
            while chunk := stream.read(1 << 20):
                digest.update(chunk)
    return digest.hexdigest()
