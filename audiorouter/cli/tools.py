"""`audiorouter tools`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from audiorouter.cli.context import settings_of

app = typer.Typer(
    help="The tools: list them, show one, run one without a model.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command("list")
def list_tools(context: typer.Context, as_json: AsJson = False) -> None:
    """List every tool with its domain, licences and what it still needs."""
    from audiorouter.cli.output import print_records

    registry = settings_of(context).registry(listing=True)
    print_records(
        [
            {
                "name": tool.name,
                "domain": tool.domain.value,
                "licence": " + ".join(dict.fromkeys(tool.licences().values())),
                "ready": tool.missing() or "yes",
            }
            for tool in registry.tools.values()
        ]
        + [
            {"name": offer.name, **{k: v for k, v in offer.about.items() if k != "description"}}
            for offer in registry.unloaded
            if offer.kind == "tool"
        ],
        as_json=as_json,
    )


@app.command("show")
def show(context: typer.Context, name: str, as_json: AsJson = False) -> None:
    """Show what a tool hears, its arguments as JSON schema, licences and weights."""
    from audiorouter.cli.output import print_json

    tool = settings_of(context).registry().tool(name)
    schema = tool.Arguments.model_json_schema()
    if as_json:
        print_json(
            {
                "name": tool.name,
                "domain": tool.domain.value,
                "description": tool.description,
                "examples": list(tool.examples),
                "identity": tool.identity,
                "licences": tool.licences(),
                "missing": tool.missing(),
                "parameters": schema,
            }
        )
        return
    print(f"{tool.name} ({tool.domain.value})\n  {tool.description}")
    for question in tool.examples:
        print(f"  for example: {question}")
    print(f"  version: {tool.identity}")
    for part, licence in tool.licences().items():
        print(f"  licence of {part}: {licence}")
    for argument, details in schema.get("properties", {}).items():
        default = details.get("default")
        print(f"  --arg {argument}=…  {details.get('description', '')} Default: {default}.")
    print(f"  ready: {tool.missing() or 'yes'}")
    print(f"  example: audiorouter tools run {tool.name} examples/clips/voicemail.flac")


@app.command("run")
def run(
    context: typer.Context,
    name: str,
    clips: Annotated[list[Path], typer.Argument(help="Audio files or folders of them.")],
    arg: Annotated[list[str] | None, typer.Option(help="An argument, as name=value.")] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Tool processes.")] = None,
    timeout: Annotated[float, typer.Option(min=0.1, help="Seconds a call may take.")] = 300.0,
    as_json: AsJson = False,
) -> None:
    """Run a tool on clips without any model; results come from the store where it has them.

    Example:

      audiorouter tools run transcribe examples/clips/voicemail.flac --json
    """
    from audiorouter.cli.app import SOME_FAILED
    from audiorouter.cli.output import print_json
    from audiorouter.toolbox.command import parse_arguments, run_tool

    settings = settings_of(context)
    registry = settings.registry()
    with settings.store() as store:
        results = run_tool(
            registry.tools,
            registry.tool(name),
            parse_arguments(arg or []),
            clips,
            store,
            workers=workers,
            timeout=timeout,
            verbose=settings.verbose > 0,
        )
    records: list[dict[str, Any]] = [result.as_json() for result in results]
    if as_json:
        print_json(records)
    else:
        for record in records:
            print(f"{record['clip']}: {record['error'] or record['text']}")
    if any(record["error"] for record in records):
        raise typer.Exit(SOME_FAILED)
