"""Which benchmark a name is, and where its questions file is in a folder."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from audiorouter.benchmarks.catalogue import BENCHMARKS
from audiorouter.benchmarks.description import Benchmark, Source
from audiorouter.errors import UsageError
from audiorouter.machine.called import to_type
from audiorouter.questions.files import read_records
from audiorouter.questions.files.parquet import parquet_columns
from audiorouter.text import first_of, unknown

_FEW = 3
"""How many of several files a message names."""


@dataclass(frozen=True)
class Found:
    """Files of a benchmark, in one of the layouts in which it is had."""

    source: Source
    files: tuple[Path, ...]


def find_benchmark(name: str, others: Iterable[Benchmark] = ()) -> Benchmark:
    """The benchmark called `name`, whatever its case: of ours, or of `others`.

    Raises:
        UsageError: there is none.
    """
    known = {benchmark.name: benchmark for benchmark in (*BENCHMARKS, *others)}
    if name.casefold() not in known:
        raise UsageError(unknown("benchmark", name, known))
    return known[name.casefold()]


def named_benchmark(questions: Path, others: Iterable[Benchmark] = ()) -> Benchmark | None:
    """The benchmark of which `questions` is the name; None where it is the path of a file.

    A file of that name goes before the benchmark; its own folder may well be called so.

    Raises:
        UsageError: there is no such file, it has no ending as a questions file has, and no
            benchmark is called so.
    """
    is_file = os.path.lexists(questions) and not questions.is_dir()
    if questions.suffix or questions.name != str(questions) or is_file:
        return None
    try:
        return find_benchmark(str(questions), others)
    except UsageError as error:
        raise UsageError(f"{questions}: no such file, and {error}") from None


def questions_file(benchmark: Benchmark, folder: Path) -> Path:
    """The benchmark's questions file in `folder` or below, as `batch` reads it.

    Raises:
        UsageError: it is not there, there are several, or it has to be prepared first.
    """
    if not folder.is_dir():
        raise UsageError(f"{folder}: no such folder of clips")
    prepared = _matching(folder, (benchmark.prepared_name,))
    if prepared:
        return _only(benchmark, prepared)
    found = find_source(benchmark, folder)
    if found.source.convert is not None:
        raise UsageError(
            f"{first_of(found.files, _FEW)}: batch cannot read {benchmark.name} as it is had; run "
            f"`{to_type('benchmarks', 'prepare', benchmark.name, folder)}` first"
        )
    return _only(benchmark, found.files)


def find_source(benchmark: Benchmark, folder: Path) -> Found:
    """The files from which the benchmark's questions come, in `folder` or below.

    Raises:
        UsageError: they are not there, or there are several where one is wanted.
    """
    others: list[Path] = []
    for source in benchmark.sources:
        matching = _matching(folder, source.files)
        fitting = [path for path in matching if source.columns <= _columns(path)]
        others += [path for path in matching if path not in fitting]
        if fitting:
            files = tuple(fitting) if source.parts else (_only(benchmark, fitting),)
            return Found(source, files)
    if others:
        wanted = " or ".join(", ".join(sorted(source.columns)) for source in benchmark.sources)
        raise UsageError(
            f"{first_of(others, _FEW)}: not {benchmark.name}, whose columns are, among others, "
            f"{wanted}"
        )
    names = " or ".join(dict.fromkeys(name for s in benchmark.sources for name in s.files))
    raise UsageError(
        f"{folder}: there is no {names} of {benchmark.name} in it or below; fetch "
        + "; ".join(benchmark.fetch)
    )


def _matching(folder: Path, patterns: tuple[str, ...]) -> list[Path]:
    """Files below `folder`, but hidden ones, the end of whose path is like one of the patterns."""
    return [
        path
        for path in _files(folder)
        if any(_ends_like(path, folder, pattern) for pattern in patterns)
    ]


def _ends_like(path: Path, folder: Path, pattern: str) -> bool:
    wanted = pattern.split("/")
    # The folder itself may be the one that the pattern names.
    parts = (folder.absolute().name, *path.relative_to(folder).parts)
    return len(parts) >= len(wanted) and all(
        fnmatch(part, one) for part, one in zip(parts[-len(wanted) :], wanted, strict=True)
    )


def _files(folder: Path) -> Iterator[Path]:
    for where, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (Path(where) / name for name in sorted(names) if not name.startswith("."))


def _columns(path: Path) -> set[str]:
    if path.suffix == ".parquet":
        return set(parquet_columns(path))
    return {name for record in read_records(path)[:1] for name in record.fields}


def _only(benchmark: Benchmark, files: list[Path] | tuple[Path, ...]) -> Path:
    if len(files) > 1:
        raise UsageError(
            f"several files may be {benchmark.name}: {first_of(files, _FEW)}; name the folder of "
            "one, or give the file instead of the name"
        )
    return files[0]
