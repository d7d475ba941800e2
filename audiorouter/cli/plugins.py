"""`audiorouter plugins`."""

from __future__ import annotations

from typing import Annotated

import typer

from audiorouter.cli.context import settings_of

app = typer.Typer(help="The plugins.", no_args_is_help=True, rich_markup_mode=None)


@app.command("list")
def list_plugins(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List every plugin with what it registered, or why it failed."""
    from audiorouter.cli.output import print_records

    print_records(
        [
            {
                "name": plugin.name,
                "version": plugin.version or "built in",
                "registers": plugin.registered,
                "state": plugin.error or "ok",
            }
            for plugin in settings_of(context).registry().plugins
        ],
        as_json=as_json,
    )
