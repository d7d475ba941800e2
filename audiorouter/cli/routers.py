"""`audiorouter routers`."""

from __future__ import annotations

from typing import Annotated

import typer

from audiorouter.cli.context import settings_of

app = typer.Typer(help="The routing strategies.", no_args_is_help=True, rich_markup_mode=None)


@app.command("list")
def list_routers(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List every routing strategy."""
    from audiorouter.cli.output import print_records

    registry = settings_of(context).registry(listing=True)
    print_records(
        [
            {"name": router.name, "description": router.description}
            for router in registry.routers.values()
        ]
        + [
            {"name": offer.name, **offer.about}
            for offer in registry.unloaded
            if offer.kind == "router"
        ],
        as_json=as_json,
    )
