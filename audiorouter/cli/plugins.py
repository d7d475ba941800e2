"""`audiorouter plugins`."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from audiorouter.cli import complete
from audiorouter.cli.command import CommandGroup
from audiorouter.cli.context import settings_of
from audiorouter.cli.ends import SOME_FAILED
from audiorouter.cli.output import print_records, print_text
from audiorouter.cli.table import Column, Kind, readiness

app = CommandGroup("The plugins.")

_NAMED = 8
"""So many of a kind are listed by their names."""
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only print the command.")]


@app.command("list")
def list_plugins(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List every plugin with what it registers and its licence, or why it failed.

    Example:

      audiorouter plugins list
    """
    from audiorouter.plugins.discovery import licence_of

    print_records(
        [
            {
                "name": plugin.name,
                "version": plugin.version or "built in",
                "registers": plugin.registered if as_json else _by_kind(plugin.registered),
                "licence": licence_of(plugin.distribution),
                "state": plugin.error or "ok",
            }
            for plugin in settings_of(context).registry(listing=True).plugins
        ],
        [
            Column("name", Kind.NAME),
            Column("version", Kind.NAME),
            Column("licence"),
            Column("state", tone=readiness),
            Column("registers"),
        ],
        as_json=as_json,
    )


def _by_kind(labels: Sequence[str]) -> str:
    """Names by what they are; of many of a kind how many there are."""
    kinds: dict[str, list[str]] = {}
    for label in labels:
        kind, _, name = label.partition(" ")
        kinds.setdefault(kind, []).append(name)
    return "; ".join(
        f"{kind} {', '.join(names)}"
        if len(names) <= _NAMED
        else f"{len(names)} {kind.removesuffix('s')}s"
        for kind, names in kinds.items()
    )


@app.command("install")
def install(
    specs: Annotated[
        list[str] | None,
        typer.Argument(metavar="[SPEC]...", help="Name, name==version, path, wheel or VCS URL."),
    ] = None,
    editable: Annotated[
        str | None, typer.Option("-e", "--editable", metavar="PATH", help="Install a folder as is.")
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Keep a plugin that fails when it is imported.")
    ] = False,
    dry_run: DryRun = False,
) -> None:
    """Install plugins into this environment, by pip or, where uv made it, by uv.

    What is new is imported in a child process first; what fails there is uninstalled again.

    Examples:

      audiorouter plugins install audiorouter-gemini

      audiorouter plugins install -e ./my-plugin
    """
    from audiorouter.errors import UsageError
    from audiorouter.plugins.install import install as install_them
    from audiorouter.plugins.installer import install_command

    if bool(specs) == (editable is not None):
        raise UsageError("name what to install, or a folder with -e")
    wanted = specs or [str(editable)]
    command = install_command(wanted, editable=editable is not None)
    print(f"$ {shlex.join(command)}", file=sys.stderr)
    if dry_run:
        return
    for installed in install_them(wanted, editable=editable is not None, force=force):
        offers = [o.label for s in installed.snapshots.values() for o in s.offers]
        registered = ", ".join(offers) or "registers nothing"
        print_text(f"{installed.distribution} {installed.version}: {registered}")


@app.command("uninstall")
def uninstall(
    names: Annotated[
        list[str],
        typer.Argument(help="Plugins or their distributions.", autocompletion=complete.plugins),
    ],
    dry_run: DryRun = False,
) -> None:
    """Uninstall plugins, and forget them in the lock file.

    Example:

      audiorouter plugins uninstall my_plugin
    """
    from audiorouter.plugins.install import uninstall as uninstall_them
    from audiorouter.plugins.install import uninstall_command

    print(f"$ {shlex.join(uninstall_command(names))}", file=sys.stderr)
    if not dry_run:
        uninstall_them(names)


@app.command("sync")
def sync() -> None:
    """Bring back the plugins that the lock file names, after an upgrade or in a new environment.

    Example:

      audiorouter plugins sync
    """
    from audiorouter.plugins.lock import lock_path
    from audiorouter.plugins.sync import sync as sync_them

    done = sync_them()
    for synced in done:
        print_text(f"{synced.distribution} {synced.version}: {synced.state}")
    if not done:
        print(f"{lock_path()} names no plugin", file=sys.stderr)
    if not all(synced.well for synced in done):
        raise typer.Exit(SOME_FAILED)


@app.command("new")
def new(
    folder: Annotated[Path, typer.Argument(help="A new folder, such as audiorouter-clipping.")],
) -> None:
    """Write a plugin project with a tool, a test and packaging, ready to change and publish.

    Example:

      audiorouter plugins new audiorouter-clipping
    """
    from audiorouter.plugins.scaffold import new_project, next_commands

    for path in new_project(folder):
        print_text(path)
    print("audiorouter: next:", file=sys.stderr)
    for command in next_commands(folder):
        print(f"  {command}", file=sys.stderr)
