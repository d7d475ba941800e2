"""What is known of a benchmark: where it is had, how it lies on a disk, and how it is scored."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from audiorouter.questions.files import Record
from audiorouter.scoring import AuthorsRule

Convert = Callable[[Sequence[Record], Path, Path], Iterator[Mapping[str, Any]]]
"""Makes rows that `batch` reads of a source's records. It is given the benchmark's folder, from
which clips are named, and the folder in which the source is, that one or one below."""


@dataclass(frozen=True)
class Source:
    """One layout in which a benchmark is had."""

    files: tuple[str, ...]
    """Names of its questions file, as patterns of `fnmatch`, on the path below the folder."""
    columns: frozenset[str]
    """Columns by which it is told from other files of that name."""
    convert: Convert | None = None
    """None where `batch` reads it as it is."""
    parts: bool = False
    """Whether several files make it up together."""
    version: str | None = None
    """The benchmark's version, where the layout tells it."""


@dataclass(frozen=True, kw_only=True)
class Benchmark:
    """A benchmark by its name, such as `mmau:test-mini`; all texts are for people."""

    name: str
    title: str
    questions: int | None
    """How many there are; None where the authors' own figures are only about."""
    size: str
    paper: str
    licence: str
    fetch: tuple[str, ...]
    """What to fetch from where, a line each; nothing is downloaded."""
    layout: str
    """How the files lie in the folder."""
    prompt: str
    """What the authors put to a model, and what differs here."""
    rule: AuthorsRule
    scorer: str
    """How the authors score, and what differs here."""
    published: str
    """Where the authors' figures stand."""
    sources: tuple[Source, ...]
    notes: tuple[str, ...] = ()

    @property
    def slug(self) -> str:
        """Its name as a part of names of files."""
        return self.name.replace(":", "-")

    @property
    def prepared_name(self) -> str:
        """What the questions file is called that `prepare` writes."""
        return f"{self.slug}.questions.jsonl"

    def as_json(self) -> dict[str, Any]:
        """All but how it is converted, as values of JSON."""
        fields = {name: value for name, value in vars(self).items() if name != "sources"}
        fields |= {"rule": str(self.rule), "fetch": list(self.fetch), "notes": list(self.notes)}
        files = [name for source in self.sources for name in source.files]
        return fields | {"files": files}
