"""`audiorouter routers`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from audiorouter.cli import complete
from audiorouter.cli.command import CommandGroup
from audiorouter.cli.context import settings_of
from audiorouter.cli.output import print_json, print_records, print_text
from audiorouter.cli.table import Column, Kind
from audiorouter.text import counted

app = CommandGroup("The routing strategies, and trained routers on the hub.")


@app.command("list")
def list_routers(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List every routing strategy, and the trained routers that come with the package.

    Example:

      audiorouter routers list
    """
    from audiorouter.routing.shipped import LEARNED, described, shipped_routers

    registry = settings_of(context).registry(listing=True)
    listed = {router.name: router.description for router in registry.routers.values()}
    listed |= {o.name: o.about["description"] for o in registry.unloaded if o.kind == "router"}
    print_records(
        [
            {"name": LEARNED, "from": str(router.folder), "description": described(router)}
            for router in shipped_routers()
        ]
        + [
            {"name": name, "from": registry.origin(f"router {name}"), "description": description}
            for name, description in listed.items()
        ],
        [Column("name", Kind.NAME), Column("from"), Column("description")],
        as_json=as_json,
    )


@app.command("show")
def show(
    context: typer.Context,
    name: Annotated[
        str,
        typer.Argument(
            help="`learned`, the folder of a trained router, hub:OWNER/NAME, or a strategy.",
            autocompletion=complete.routers,
        ),
    ] = "learned",
    as_json: Annotated[bool, typer.Option("--json", help="Print its card as JSON.")] = False,
) -> None:
    """Show what a trained router was trained with, how it did, and which tools are others here.

    Example:

      audiorouter routers show my-router
    """
    from audiorouter.plugins.opening import (
        DEFAULT_PROVIDER,
        strategy_description,
        trained_folder,
        usable_tools,
    )
    from audiorouter.routing.card_facts import card_facts, card_of_whole
    from audiorouter.routing.learned import remarks_on

    registry = settings_of(context).registry()
    if (description := strategy_description(registry, name)) is not None:
        name = name.removesuffix(":")
        if as_json:
            print_json({"name": name, "description": description})
        else:
            print_text(f"{name}: {description}\n  not trained: it has no card")
        return
    folder = trained_folder(name, provider=DEFAULT_PROVIDER, others=registry.routers)
    card = card_of_whole(folder)
    if as_json:
        print_json({"name": name, "folder": str(folder), **card.model_dump(mode="json")})
        return
    print_text(f"{name}: {folder}" if str(folder) != name else name)
    print_text(f"  a router for {card.provider}")
    tools = usable_tools(registry).values()
    for line in (*card_facts(card), *remarks_on(name, card.tools, card.encoder, tools)):
        print_text(f"  {line}")
    print_text(f"  its {counted(len(card.tools), 'tool')}: {', '.join(card.tools)}")


@app.command("push")
def push(
    folder: Annotated[Path, typer.Argument(help="Folder of a trained router.")],
    repository: Annotated[str, typer.Argument(help="Repository on the hub, as OWNER/NAME.")],
    private: Annotated[
        bool, typer.Option("--private", help="Make the repository private.")
    ] = False,
) -> None:
    """Put a trained router on the Hugging Face hub; log in first with `hf auth login`.

    Its weights hold vectors of up to 1,024 of the questions that it was trained on, from which what
    was asked can be guessed: not for questions that nobody may know of.

    Example:

      audiorouter routers push my-router me/my-router
    """
    from audiorouter.routing.hub import upload

    print_text(upload(folder, repository, private=private))


@app.command("pull")
def pull(
    repository: Annotated[
        str, typer.Argument(help="Repository on the hub, as OWNER/NAME or OWNER/NAME@REVISION.")
    ],
) -> None:
    """Fetch a trained router from the hub as it is now, and say where it is.

    From then on it is used as it was then, as `--router hub:OWNER/NAME`.

    Example:

      audiorouter routers pull me/my-router
    """
    from audiorouter.routing import hub

    router = hub.pull(repository.removeprefix(hub.PREFIX))
    print_text(f"{router.name}: {router.folder}")
