"""What `audiorouter benchmarks` shows a person."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from audiorouter.cli.table import Column, Kind
from audiorouter.machine.called import to_type
from audiorouter.text import counted

if TYPE_CHECKING:
    from audiorouter.benchmarks import Benchmark, Prepared
    from audiorouter.plugins import Registry

COLUMNS = (
    Column("name", Kind.NAME),
    Column("questions", Kind.NUMBER),
    Column("rule", Kind.NAME),
    Column("title"),
    Column("from"),
)
"""Of a list of benchmarks; --json has the rest."""
_SHOWN = 5
"""Rows that cannot be asked, of which the reason is shown; --json has all."""


def benchmark_records(registry: Registry) -> list[dict[str, Any]]:
    """Every benchmark with who brings it; of plugins that are slow to import what was seen last."""
    from audiorouter.benchmarks import BENCHMARKS

    known = [one.as_json() for one in (*BENCHMARKS, *registry.benchmarks.values())]
    known += [
        {"name": offer.name, "questions": None, **offer.about}
        for offer in registry.unloaded
        if offer.kind == "benchmark"
    ]
    return [one | {"from": registry.origin(f"benchmark {one['name']}")} for one in known]


def benchmark_report(benchmark: Benchmark) -> Iterator[str]:
    """All that is known of one."""
    yield f"{benchmark.name}: {benchmark.title}"
    for name, text in (
        ("paper", benchmark.paper),
        ("questions", benchmark.size),
        ("licence", benchmark.licence),
        *(("fetch", line) for line in benchmark.fetch),
        ("layout", benchmark.layout),
        ("prompt", benchmark.prompt),
        ("scorer", benchmark.scorer),
        ("rule", f"{benchmark.rule}: {benchmark.rule.in_words}"),
        ("published", benchmark.published),
        *(("note", line) for line in benchmark.notes),
    ):
        yield f"{name:10} {text}"
    yield from ("", to_type("benchmarks", "prepare", benchmark.name, "FOLDER"))
    yield to_type("batch", "FOLDER", benchmark.name, "-o", "answers.json")


def prepared_report(prepared: Prepared, folder: Path) -> Iterator[str]:
    """What of a benchmark is in a folder."""
    benchmark = prepared.benchmark
    expected = "" if prepared.expected is None else f" of {prepared.expected:,}"
    yield (
        f"{benchmark.name}: {prepared.questions:,}{expected} questions, "
        f"{prepared.clips_there:,} of {prepared.clips:,} clips"
    )
    yield f"version   {prepared.version or 'not told by the files'}"
    yield from (f"from      {path}" for path in prepared.files)
    yield f"sha256    {prepared.sha256}"
    yield f"{'written' if prepared.converted else 'read':9} {prepared.questions_file}"
    yield f"{'':9} {prepared.reading}"
    if prepared.problems:
        yield f"{counted(len(prepared.problems), 'question')} cannot be asked:"
        yield from (f"  {problem}" for problem in prepared.problems[:_SHOWN])
        if len(prepared.problems) > _SHOWN:
            yield f"  … and {len(prepared.problems) - _SHOWN:,} more"
    if not prepared.complete:
        yield from (f"fetch     {line}" for line in benchmark.fetch)
    yield from ("", to_type("batch", folder, benchmark.name, "-o", "answers.json"))
