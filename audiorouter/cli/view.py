"""`audiorouter view`."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path
from typing import Annotated

import typer

from audiorouter.cli import complete
from audiorouter.cli.context import settings_of
from audiorouter.cli.output import print_now


def view(
    context: typer.Context,
    answers: Annotated[
        str,
        typer.Argument(
            metavar="RUN|FILE",
            help="A run by its number, or last; or an answers file.",
            autocompletion=complete.runs,
        ),
    ] = "last",
    other: Annotated[
        str | None,
        typer.Argument(
            metavar="RUN|FILE",
            help="A second one, to see which rows it changed.",
            show_default=False,
            autocompletion=complete.runs,
        ),
    ] = None,
    clips: Annotated[
        Path | None,
        typer.Option(help="Folder with the clips of answers files.", show_default=False),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o", "--output", help="Write a report instead: a folder, or one file NAME.html."
        ),
    ] = None,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port of the local server; 0 picks a free one.")
    ] = 0,
    browser: Annotated[
        bool, typer.Option("--browser/--no-browser", help="Open it in the browser.")
    ] = True,
) -> None:
    """Look at answers in the browser: hear clips, see what was found where, and why this answer.

    A small server on this machine answers the browser alone, until Ctrl-C; it needs
    audiorouter[view]. With -o nothing is served: the report opens without audiorouter.

    Examples:

      audiorouter view

      audiorouter view 12 last

      audiorouter view answers.csv --clips clips

      audiorouter view last -o report.html
    """
    from audiorouter.cli.reports import write_report_of
    from audiorouter.viewer.opening import open_viewed
    from audiorouter.viewer.report import check_report
    from audiorouter.viewer.server import missing, serve

    settings = settings_of(context)
    names = [name for name in (answers, other) if name is not None]
    if output is not None:
        check_report(output, unlike=[settings.store_path(), *map(Path, names)])
    elif (lacking := missing()) is not None:
        raise typer.BadParameter(f"{lacking} (or write a report by -o)")
    sources = settings.registry().sources
    with open_viewed(names, clips, open_store=settings.store_to_look_at, sources=sources) as viewed:
        if output is not None:
            write_report_of(output, viewed)
            return

        def ready(address: str) -> None:
            print_now(address)
            print("audiorouter: press Ctrl-C to stop", file=sys.stderr)
            if browser:
                typer.launch(address)

        with contextlib.suppress(KeyboardInterrupt):  # that is how it ends
            serve(viewed, port=port, ready=ready)
