"""`audiorouter tools`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from textwrap import indent
from typing import Annotated

import typer

from audiorouter.bounds import SECONDS, WORKERS
from audiorouter.cli import complete
from audiorouter.cli.command import CommandGroup, SettingsCommand
from audiorouter.cli.context import settings_of
from audiorouter.cli.ends import SOME_FAILED
from audiorouter.cli.engine_options import Fresh, Memory
from audiorouter.cli.help_groups import LIMITS
from audiorouter.cli.output import print_json, print_records, print_text
from audiorouter.cli.tool_tables import COST_COLUMNS, TOOL_COLUMNS, remark_of, tool_records
from audiorouter.machine.called import to_type
from audiorouter.toolbox.interface import Domain

app = CommandGroup(
    "The tools: list them, show one, run one without a model, measure what they cost."
)
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
ToolName = Annotated[str, typer.Argument(autocompletion=complete.tools)]


@app.command("list")
def list_tools(
    context: typer.Context,
    domain: Annotated[Domain | None, typer.Option(help="Only the tools for this.")] = None,
    as_json: AsJson = False,
) -> None:
    """List every tool with its domain, what it still needs, and what it tells.

    The column `commercial` says whether it may be used commercially, or by which package it is done
    then; `--licence commercial` before `tools` lists those alone. JSON has licences and whole
    descriptions as well.

    Examples:

      audiorouter tools list --domain music

      audiorouter --licence commercial tools list
    """
    registry = settings_of(context).registry(listing=True)
    print_records(tool_records(registry, domain), TOOL_COLUMNS, as_json=as_json)
    for name, why in registry.left_out.items():
        print(f"{name} is left out: {why}", file=sys.stderr)


@app.command("show")
def show(context: typer.Context, name: ToolName, as_json: AsJson = False) -> None:
    """Show what a tool hears, its arguments as JSON schema, licences and weights.

    Example:

      audiorouter tools show find_word
    """
    registry = settings_of(context).registry()
    tool = registry.tool(name)
    schema = tool.Arguments.model_json_schema()
    if as_json:
        print_json(
            {
                "name": tool.name,
                "domain": tool.domain.value,
                "description": tool.description,
                "not_for": tool.not_for,
                "examples": list(tool.examples),
                "identity": tool.identity,
                "licences": tool.licences(),
                "experimental": tool.experimental,
                "missing": tool.missing(),
                "parameters": schema,
            }
        )
        return
    print_text(f"{tool.name} ({tool.domain.value})\n  {tool.description}")
    if tool.not_for:
        print_text(f"  {tool.not_for}")
    for question in tool.examples:
        print_text(f"  for example: {question}")
    print_text(f"  version: {tool.identity}")
    for part, licence in tool.licences().items():
        print_text(f"  licence of {part}: {licence}")
    if remark := remark_of(tool, registry):
        print_text(f"  remark: {remark}")
    print_text(f"  ready: {tool.missing() or 'yes'}")
    properties = schema.get("properties", {})
    for argument, details in properties.items():
        default = "" if details.get("default") is None else f" Default: {details['default']}."
        print_text(f"  --arg {argument}=…  {details.get('description', '')}{default}")
    given = ["--arg", "start=1", "--arg", "end=3"] if {"start", "end"} <= set(properties) else []
    example = to_type("tools", "run", tool.name, "examples/clips/voicemail.flac", *given)
    print_text(f"  example: {example}")
    print_text("  arguments as JSON schema:")
    print_text(indent(json.dumps(schema, indent=2), "    "))


@app.command("bench")
def bench(
    context: typer.Context,
    clips: Annotated[list[Path], typer.Argument(help="Audio files or folders of them.")],
    tool: Annotated[
        list[str] | None,
        typer.Option(help="Only this tool; may be repeated.", autocompletion=complete.tools),
    ] = None,
    timeout: Annotated[
        float, typer.Option(min=SECONDS.least, max=SECONDS.most, help="Seconds a call may take.")
    ] = 300.0,
    as_json: AsJson = False,
) -> None:
    """Measure what each tool costs on this machine, and keep it as the cost that routing uses.

    Each tool hears every clip by itself, in one process on one thread, with nothing shared.
    What several tools need of a clip (front ends) is listed beside what each does itself:
    a route pays for a front end once.

    Example:

      audiorouter tools bench examples/clips/voicemail.flac examples/clips/march.flac
    """
    from dataclasses import asdict

    from audiorouter.plugins.opening import usable_tools
    from audiorouter.toolbox.run_tool import expanded
    from audiorouter.toolbox.timing import time_tools

    settings = settings_of(context)
    registry = settings.registry()
    chosen = [registry.tool(n) for n in tool] if tool else usable_tools(registry).values()
    with settings.store() as store:
        costs = time_tools(
            chosen,
            [path for clip in clips for path in expanded(clip, registry.sources)],
            store,
            sources=registry.sources,
            timeout=timeout,
            verbose=settings.verbose > 0,
            done=lambda cost: print(f"{cost.tool}: done", file=sys.stderr),
        )
    print_records([asdict(cost) for cost in costs], COST_COLUMNS, as_json=as_json)


@app.command("run", cls=SettingsCommand)
def run(
    context: typer.Context,
    name: ToolName,
    clips: Annotated[list[Path], typer.Argument(help="Audio files or folders of them.")],
    arg: Annotated[
        list[str] | None,
        typer.Option(help="An argument, as name=value; a list's items one by one."),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(
            min=WORKERS.least, max=WORKERS.most, help="Tool processes.", rich_help_panel=LIMITS
        ),
    ] = None,
    timeout: Annotated[
        float,
        typer.Option(
            min=SECONDS.least,
            max=SECONDS.most,
            help="Seconds a call may take; a clip over ten minutes gets as much for every ten.",
            rich_help_panel=LIMITS,
        ),
    ] = 300.0,
    memory: Memory = None,
    fresh: Fresh = False,
    as_json: AsJson = False,
) -> None:
    """Run a tool on clips without any model; results come from the store where it has them.

    Example:

      audiorouter tools run transcribe examples/clips/voicemail.flac --json
    """
    from audiorouter.batch.activity import Activity
    from audiorouter.batch.progress import on_stderr
    from audiorouter.toolbox.run_tool import parse_arguments, run_tool

    settings = settings_of(context)
    registry = settings.registry()
    tool = registry.tool(name)
    arguments = parse_arguments(arg or [], tool.Arguments)
    activity = Activity(0, doing="running", preparing=f"{name} on its first clip")

    def heard(done: int, count: int) -> None:
        activity.preparing = f"{name}: {done}/{count} clips"

    with settings.store() as store, on_stderr(activity):
        results = run_tool(
            registry.tools,
            tool,
            arguments,
            clips,
            store,
            sources=registry.sources,
            workers=workers,
            timeout=timeout,
            memory=memory,
            fresh=fresh,
            verbose=settings.verbose > 0,
            heard=heard,
        )
    if as_json:
        print_json([result.as_json() for result in results])
    else:
        for result in results:
            print_text(f"{result.clip}: {result.finding or result.error}")
    for result in results:
        if result.remark:
            print(f"audiorouter: {result.clip}: {result.remark}", file=sys.stderr)
    if any(result.error for result in results):
        raise typer.Exit(SOME_FAILED)
