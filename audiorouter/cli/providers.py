"""`audiorouter providers`."""

from __future__ import annotations

from typing import Annotated

import typer

from audiorouter.cli import complete
from audiorouter.cli.command import CommandGroup
from audiorouter.cli.context import settings_of
from audiorouter.cli.output import print_json, print_records, print_text
from audiorouter.cli.table import Column, Kind, cell, readiness

app = CommandGroup("The providers of reasoners.")


@app.command("list")
def list_providers(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List every provider and what it still needs.

    Example:

      audiorouter providers list
    """
    registry = settings_of(context).registry(listing=True)
    print_records(
        [
            {
                "name": provider.name,
                "description": provider.description,
                "ready": provider.missing() or "yes",
            }
            for provider in registry.providers.values()
        ]
        + [
            {"name": offer.name, **offer.about}
            for offer in registry.unloaded
            if offer.kind == "provider"
        ],
        [Column("name", Kind.NAME), Column("ready", tone=readiness), Column("description")],
        as_json=as_json,
    )


@app.command("show")
def show_provider(
    context: typer.Context,
    name: Annotated[str, typer.Argument(show_default=False, autocompletion=complete.providers)],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show what a provider is, what it needs, and the options that -P sets.

    Example:

      audiorouter providers show openai
    """
    from audiorouter.plugins.opening import find_provider

    provider = find_provider(settings_of(context).registry(), name)
    schema = provider.Options.model_json_schema()
    if as_json:
        about = {"name": name, "description": provider.description, "missing": provider.missing()}
        print_json(about | {"options": schema.get("properties", {})})
        return
    print_text(f"{name}: {provider.description}")
    print_text(f"ready: {provider.missing() or 'yes'}")
    options = [
        {
            "option": option,
            "default": cell(field.get_default(call_default_factory=True)),
            "description": field.description or "",
        }
        for option, field in provider.Options.model_fields.items()
    ]
    if options:
        print_text()
        columns = [Column("option", Kind.NAME), Column("default"), Column("description")]
        print_records(options, columns, as_json=False)
