"""`audiorouter benchmarks`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from audiorouter.cli import complete
from audiorouter.cli.command import CommandGroup
from audiorouter.cli.context import settings_of
from audiorouter.cli.output import print_json, print_records, print_report

app = CommandGroup("Benchmarks by name: where they are had, how they are scored, what is there.")
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Name = Annotated[
    str,
    typer.Argument(help="Its name.", autocompletion=complete.benchmarks, show_default=False),
]


@app.command("list")
def list_benchmarks(as_json: AsJson = False) -> None:
    """List the benchmarks that `batch` knows by name.

    Example:

      audiorouter benchmarks list
    """
    from audiorouter.benchmarks import BENCHMARKS
    from audiorouter.cli.benchmark_tables import COLUMNS

    print_records([one.as_json() for one in BENCHMARKS], COLUMNS, as_json=as_json)


@app.command("show")
def show(name: Name, as_json: AsJson = False) -> None:
    """Show where a benchmark is had, its licence, layout, prompt and scorer.

    Example:

      audiorouter benchmarks show muchomusic
    """
    from audiorouter.benchmarks import find_benchmark
    from audiorouter.cli.benchmark_tables import benchmark_report

    benchmark = find_benchmark(name)
    if as_json:
        print_json(benchmark.as_json())
    else:
        print_report(benchmark_report(benchmark))


@app.command("prepare")
def prepare(
    context: typer.Context,
    name: Name,
    folder: Annotated[
        Path, typer.Argument(help="Folder with its questions and clips.", show_default=False)
    ],
    as_json: AsJson = False,
) -> None:
    """Check what of a benchmark is in a folder; write a questions file there if one is needed.

    Nothing is downloaded: what is missing is said, with where to fetch it. Exit code 1 means that
    questions or clips are missing.

    Examples:

      audiorouter benchmarks prepare mmau:test-mini MMAU

      audiorouter benchmarks prepare muchomusic MuChoMusic --json
    """
    from audiorouter.benchmarks import find_benchmark
    from audiorouter.benchmarks import prepare as prepare_benchmark
    from audiorouter.cli.app import SOME_FAILED
    from audiorouter.cli.benchmark_tables import prepared_report

    sources = settings_of(context).registry().sources
    prepared = prepare_benchmark(find_benchmark(name), folder, sources=sources)
    if as_json:
        print_json(prepared.as_json())
    else:
        print_report(prepared_report(prepared, folder))
    if not prepared.complete:
        raise typer.Exit(SOME_FAILED)
