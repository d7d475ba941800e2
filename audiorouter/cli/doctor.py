"""`audiorouter doctor`."""

from __future__ import annotations

from typing import Annotated

import typer

from audiorouter.cli.context import settings_of
from audiorouter.cli.output import print_json, print_text


def doctor(
    context: typer.Context,
    trial: Annotated[
        bool,
        typer.Option(
            "--try",
            help="Also ask one question from end to end, on a tone that is made for it, and import "
            "what all extras bring; takes half a minute.",
        ),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Say what is installed, ready, missing or slow here, and what to do about it.

    Nothing is downloaded, the store stays as it is, and no key is shown. Exit code 0 where what a
    plain `audiorouter batch` needs is ready, 1 where it is not.
    """
    from audiorouter.cli.app import SOME_FAILED
    from audiorouter.doctor import examine

    settings = settings_of(context)
    examination = examine(
        store_path=settings.db,
        third_party=settings.plugins,
        plugin_files=settings.plugin_files,
        licence=settings.licence,
        trial=trial,
    )
    if as_json:
        print_json(examination.as_json())
    else:
        for area, checks in examination.found.items():
            print_text(area)
            for check in checks:
                print_text(f"  {check.verdict:<7}  {check.found}")
                if check.remedy is not None:
                    print_text(f"           -> {check.remedy}")
        print_text(examination.conclusion)
    if not examination.ready:
        raise typer.Exit(SOME_FAILED)
