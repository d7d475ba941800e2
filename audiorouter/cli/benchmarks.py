"""`audiorouter benchmarks`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from audiorouter.cli import complete
from audiorouter.cli.command import CommandGroup
from audiorouter.cli.context import settings_of
from audiorouter.cli.ends import SOME_FAILED
from audiorouter.cli.output import print_json, print_records, print_report

app = CommandGroup("Benchmarks by name: where they are had, how they are scored, what is there.")
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Name = Annotated[
    str,
    typer.Argument(help="Its name.", autocompletion=complete.benchmarks, show_default=False),
]


@app.command("list")
def list_benchmarks(context: typer.Context, as_json: AsJson = False) -> None:
    """List the benchmarks that `batch` knows by name, ours and those of plugins.

    Example:

      audiorouter benchmarks list
    """
    from audiorouter.cli.benchmark_tables import COLUMNS, benchmark_records

    registry = settings_of(context).registry(listing=True)
    print_records(benchmark_records(registry), COLUMNS, as_json=as_json)


@app.command("show")
def show(context: typer.Context, name: Name, as_json: AsJson = False) -> None:
    """Show where a benchmark is had, its licence, layout, prompt and scorer.

    Example:

      audiorouter benchmarks show muchomusic
    """
    from audiorouter.benchmarks import find_benchmark
    from audiorouter.cli.benchmark_tables import benchmark_report

    registry = settings_of(context).registry()
    benchmark = find_benchmark(name, registry.benchmarks.values())
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
    questions or clips are missing, 2 that none of the benchmark is there.

    Examples:

      audiorouter benchmarks prepare mmau:test-mini MMAU

      audiorouter benchmarks prepare muchomusic MuChoMusic --json
    """
    from audiorouter.benchmarks import find_benchmark
    from audiorouter.benchmarks import prepare as prepare_benchmark
    from audiorouter.cli.benchmark_tables import prepared_report

    registry = settings_of(context).registry()
    benchmark = find_benchmark(name, registry.benchmarks.values())
    prepared = prepare_benchmark(benchmark, folder, sources=registry.sources)
    if as_json:
        print_json(prepared.as_json())
    else:
        print_report(prepared_report(prepared, folder))
    if not prepared.complete:
        raise typer.Exit(SOME_FAILED)
