"""`audiorouter providers`."""

from __future__ import annotations

from typing import Annotated

import typer

from audiorouter.cli.context import settings_of

app = typer.Typer(help="The providers of reasoners.", no_args_is_help=True, rich_markup_mode=None)


@app.command("list")
def list_providers(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List every provider and what it still needs."""
    from audiorouter.cli.output import print_records

    print_records(
        [
            {
                "name": provider.name,
                "description": provider.description,
                "ready": provider.missing() or "yes",
            }
            for provider in settings_of(context).registry().providers.values()
        ],
        as_json=as_json,
    )
