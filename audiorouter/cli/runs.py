"""`audiorouter runs`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from audiorouter.bounds import COUNT
from audiorouter.cli import complete
from audiorouter.cli.command import CommandGroup
from audiorouter.cli.context import settings_of
from audiorouter.cli.engine_options import ExtraFields
from audiorouter.cli.output import print_json, print_records, print_report

app = CommandGroup("Past runs: list them, look at one, write its answers again, compare two.")
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
RUN_HELP = "Its number, or last."


@app.command("list")
def list_runs(
    context: typer.Context,
    limit: Annotated[
        int, typer.Option(min=COUNT.least, max=COUNT.most, help="Only the latest N.")
    ] = 20,
    as_json: AsJson = False,
) -> None:
    """List the latest runs of batch and ask, the last one first; times are UTC.

    Example:

      audiorouter runs list --limit 5
    """
    from audiorouter.batch.past import past_runs
    from audiorouter.cli.run_tables import RUN_COLUMNS, run_records

    path = settings_of(context).store_path()
    runs = past_runs.runs_in(path, limit=limit)
    if as_json:
        print_json([run.as_json() for run in runs])
    else:
        print_records(run_records(runs), RUN_COLUMNS, as_json=False)
    if not runs:
        print(f"audiorouter: {path}: there is no run in the store yet", file=sys.stderr)


@app.command("show")
def show(
    context: typer.Context,
    run: Annotated[str, typer.Argument(help=RUN_HELP, autocompletion=complete.runs)] = "last",
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="Write its answers: .csv, .jsonl or .json."),
    ] = None,
    fields: ExtraFields = None,
    as_json: AsJson = False,
) -> None:
    """Show what made a run's answers, and every row; with -o write the answers again.

    Example:

      audiorouter runs show last -o answers.csv --fields findings,reason
    """
    from audiorouter.batch.answers_file.answer_files import check_fields
    from audiorouter.batch.past import past_runs
    from audiorouter.cli.run_tables import run_report
    from audiorouter.machine.files import check_file

    settings = settings_of(context)
    wanted = check_fields(() if fields is None else fields)
    if output is not None:
        check_file(output, unlike=[settings.store_path()])
    with settings.store_to_look_at() as store:
        found = past_runs.find_run(store, run)
        rows = past_runs.rows_of(store, found)
    if output is not None:
        past_runs.write_run(output, rows, wanted)
    if as_json:
        print_json(found.as_json() | {"rows": [dict(row.fields) for row in rows]})
    elif output is None:
        print_report(run_report(found, rows, wanted))


@app.command("diff")
def diff(
    context: typer.Context,
    first: Annotated[str, typer.Argument(help=RUN_HELP, autocompletion=complete.runs)],
    second: Annotated[str, typer.Argument(help=RUN_HELP, autocompletion=complete.runs)] = "last",
    as_json: AsJson = False,
) -> None:
    """Show what differs between two runs: what made the answers, and each answer and route.

    Example:

      audiorouter runs diff 12 last
    """
    from audiorouter.batch.past import past_runs
    from audiorouter.cli.run_tables import difference_report

    with settings_of(context).store_to_look_at() as store:
        found = past_runs.difference(
            store, past_runs.find_run(store, first), past_runs.find_run(store, second)
        )
    if as_json:
        print_json(found.as_json())
    else:
        print_report(difference_report(found))
