"""`audiorouter profiles`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from audiorouter.cli import complete
from audiorouter.cli.command import CommandGroup
from audiorouter.cli.context import settings_of
from audiorouter.cli.output import print_json, print_records, print_text
from audiorouter.cli.project_settings import known_settings, the_project
from audiorouter.cli.table import Column, Kind

if TYPE_CHECKING:
    from audiorouter.profiles import ProjectFile

app = CommandGroup("The settings of a project, in audiorouter.toml.")
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command("list")
def list_profiles(context: typer.Context, as_json: AsJson = False) -> None:
    """List the profiles of the file that is found or named, and what each of them sets.

    Examples:

      audiorouter profiles list

      audiorouter --settings elsewhere/audiorouter.toml profiles list
    """
    from audiorouter.profiles.shown import setting_lines, table_name

    file = _file(context)
    if as_json:
        profiles = {name: dict(values) for name, values in file.profiles.items()}
        print_json({"file": str(file.path), "project": dict(file.defaults), "profiles": profiles})
        return
    print(f"{file.path}:", file=sys.stderr)
    for line in setting_lines(file.defaults, file.profiles):
        print_text(line)
    for name in [name for name, values in file.profiles.items() if not values]:
        print_text(f"{table_name(name)}: sets nothing")


@app.command("show")
def show(
    context: typer.Context,
    name: Annotated[
        str | None,
        typer.Argument(
            help="A profile; without one, the project's own settings.",
            autocompletion=complete.profiles,
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show which settings hold with a profile, before any option is given.

    Example:

      audiorouter profiles show server
    """
    from audiorouter.profiles import chosen
    from audiorouter.profiles.shown import json_line

    file = _file(context)
    holds = chosen(
        file, name or settings_of(context).profile, named=settings_of(context).file is not None
    )
    records = [
        {
            "setting": setting,
            "value": value if as_json else json_line(value),
            "trusted": setting not in holds.untrusted,
        }
        for setting, value in holds.values.items()
    ]
    print(f"{holds.label}:", file=sys.stderr)
    columns = [Column("setting", Kind.NAME), Column("value"), Column("trusted", Kind.NAME)]
    print_records(records, columns, as_json=as_json)


@app.command("trust")
def trust_file(context: typer.Context) -> None:
    """Trust what the file sets that runs code, names another computer or moves the store.

    Limits and strategies need no trust. What is trusted is printed, a
    setting a line with its value as JSON, and trusted until it changes.

    Example:

      audiorouter profiles trust
    """
    from audiorouter.profiles.shown import setting_lines
    from audiorouter.profiles.trust import reaching, trust

    file = _file(context)
    lines = [
        *setting_lines(
            reaching(file.defaults), {name: reaching(v) for name, v in file.profiles.items()}
        )
    ]
    if not lines:
        print(f"audiorouter: nothing in {file.path} needs trust", file=sys.stderr)
        return
    trust(file)
    for line in lines:
        print_text(line)  # not broken between words: it is read as it stands
    print(f"audiorouter: {file.path} is trusted until one of these changes", file=sys.stderr)


@app.command("settings")
def list_settings(context: typer.Context, as_json: AsJson = False) -> None:
    """List everything that the file may set, and which values that takes.

    Example:

      audiorouter profiles settings
    """
    print_records(
        [
            {
                "setting": setting.name,
                "takes": setting.allowed,
                "commands": ", ".join(setting.commands) or "all",
            }
            for setting in known_settings(context.find_root().command).values()
        ],
        [Column("setting", Kind.NAME), Column("takes"), Column("commands")],
        as_json=as_json,
    )


def _file(context: typer.Context) -> ProjectFile:
    return the_project(context.find_root().command, settings_of(context).file)
