"""What `audiorouter benchmarks` shows a person."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from audiorouter.text import counted

if TYPE_CHECKING:
    from audiorouter.benchmarks import Benchmark, Prepared

_SHOWN = 5
"""Rows that cannot be asked, of which the reason is shown; --json has all."""


def benchmark_records(benchmarks: Iterable[Benchmark]) -> list[dict[str, Any]]:
    """One line a benchmark."""
    return [
        {
            "name": benchmark.name,
            "questions": "-" if benchmark.questions is None else f"{benchmark.questions:,}",
            "scored by": str(benchmark.rule),
            "benchmark": benchmark.title,
        }
        for benchmark in benchmarks
    ]


def benchmark_text(benchmark: Benchmark) -> str:
    """All that is known of one."""
    lines = [f"{benchmark.name}: {benchmark.title}"]
    facts = [
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
    ]
    lines += [f"{name:10} {text}" for name, text in facts]
    return "\n".join([*lines, "", *_commands(benchmark, "FOLDER", convert=True)])


def prepared_text(prepared: Prepared, folder: Path) -> str:
    """What of a benchmark is in a folder."""
    benchmark = prepared.benchmark
    expected = "" if prepared.expected is None else f" of {prepared.expected:,}"
    lines = [
        f"{benchmark.name}: {prepared.questions:,}{expected} questions, "
        f"{prepared.clips_there:,} of {prepared.clips:,} clips",
        f"version   {prepared.version or 'not told by the files'}",
        *(f"from      {path}" for path in prepared.files),
        f"sha256    {prepared.sha256}",
        f"{'written' if prepared.converted else 'read':9} {prepared.questions_file}",
        f"{'':9} {prepared.reading}",
    ]
    if prepared.problems:
        lines.append(f"{counted(len(prepared.problems), 'question')} cannot be asked:")
        lines += [f"  {problem}" for problem in prepared.problems[:_SHOWN]]
        if len(prepared.problems) > _SHOWN:
            lines.append(f"  … and {len(prepared.problems) - _SHOWN:,} more")
    if not prepared.complete:
        lines += [f"fetch     {line}" for line in benchmark.fetch]
    return "\n".join([*lines, "", *_commands(benchmark, str(folder), convert=False)])


def _commands(benchmark: Benchmark, folder: str, *, convert: bool) -> list[str]:
    quoted = shlex.quote(folder)
    lines = [f"audiorouter benchmarks prepare {benchmark.name} {quoted}"] if convert else []
    return [*lines, f"audiorouter batch {quoted} {benchmark.name} -o answers.json"]
