"""`audiorouter view`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from audiorouter.cli import complete
from audiorouter.cli.context import settings_of
from audiorouter.cli.output import print_now
from audiorouter.cli.runs import RUN_HELP


def view(
    context: typer.Context,
    run: Annotated[str, typer.Argument(help=RUN_HELP, autocompletion=complete.runs)] = "last",
    other: Annotated[
        str | None,
        typer.Argument(
            help="A second run, to see which rows it changed.",
            show_default=False,
            autocompletion=complete.runs,
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o", "--output", help="Write a report instead: a folder, or one file NAME.html."
        ),
    ] = None,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Of the local server; 0 takes a free one.")
    ] = 0,
    browser: Annotated[
        bool, typer.Option("--browser/--no-browser", help="Open it in the browser.")
    ] = True,
) -> None:
    """Look at a run in the browser: hear clips, see what was found where, and why this answer.

    A small server on this machine answers the browser alone, until Ctrl-C; it needs
    audiorouter[view]. With -o nothing is served: the report opens without audiorouter.

    Examples:

      audiorouter view

      audiorouter view 12 last

      audiorouter view last -o report.html
    """
    from audiorouter.batch.past_runs import find_run
    from audiorouter.cli.reports import write_report_of
    from audiorouter.viewer.report import check_report
    from audiorouter.viewer.server import missing, serve
    from audiorouter.viewer.viewed_run import ViewedRun

    settings = settings_of(context)
    if output is not None:
        check_report(output, unlike=[settings.store_path()])
    elif (lacking := missing()) is not None:
        raise typer.BadParameter(f"{lacking} (or write a report by -o)")
    sources = settings.registry().sources
    with settings.store() as store:
        runs = [find_run(store, name) for name in (run, other) if name is not None]
        viewed = ViewedRun(store, *runs, sources=sources)
        if output is not None:
            write_report_of(output, viewed)
            return

        def ready(address: str) -> None:
            print_now(address)
            print("audiorouter: press Ctrl-C to stop", file=sys.stderr)
            if browser:
                typer.launch(address)

        serve(viewed, port=port, ready=ready)
