"""The root command: global options, sub-commands, and exit codes."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from audiorouter.cli import (
    ask,
    batch,
    benchmarks,
    compare,
    doctor,
    evaluate,
    keys,
    models,
    plugins,
    profiles,
    providers,
    routers,
    runs,
    store,
    tools,
    train,
    view,
)
from audiorouter.cli.command import CommandGroup, RootGroup, SettingsCommand
from audiorouter.cli.complete import only_completions
from audiorouter.cli.context import Settings
from audiorouter.cli.ends import BAD_USAGE, INTERRUPTED, OK, SOME_FAILED, CommandInterruptedError
from audiorouter.cli.help_groups import PLUGINS, SETTINGS
from audiorouter.cli.profile_options import ProfileName, SettingsFile
from audiorouter.cli.project_settings import take_settings
from audiorouter.cli.streams import ReaderGoneError, flushed, guard_streams, show_log
from audiorouter.errors import AudioRouterError
from audiorouter.machine.called import called_with
from audiorouter.machine.signals import ignore_stops, interruptible
from audiorouter.toolbox.availability import Licence

_PATIENCE = 1.0
"""Seconds in which threads of plugins may end by themselves."""
_PATIENCE_AT_EXIT = 10.0
"""Seconds in which everything else may do so."""
_FOREIGN = {"audiorouter.border.threads", "audiorouter.plugins.manager"}
"""Modules without which no code of others has run."""

app = CommandGroup(
    "Let a frozen audio language model call external audio tools.",
    cls=RootGroup,
    pretty_exceptions_enable=False,
)
app.command("ask", cls=SettingsCommand)(ask.ask)
app.command("batch", cls=SettingsCommand)(batch.batch)
app.command("train", cls=SettingsCommand)(train.train)
app.command("evaluate", cls=SettingsCommand)(evaluate.evaluate)
app.command("compare")(compare.compare)
app.command("view")(view.view)
app.command("doctor")(doctor.doctor)
app.add_typer(tools.app, name="tools")
app.add_typer(providers.app, name="providers")
app.add_typer(routers.app, name="routers")
app.add_typer(keys.app, name="keys")
app.add_typer(profiles.app, name="profiles")
app.add_typer(plugins.app, name="plugins")
app.add_typer(models.app, name="models")
app.add_typer(benchmarks.app, name="benchmarks")
app.add_typer(runs.app, name="runs")
app.add_typer(store.app, name="store")


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        print(f"audiorouter {version('audiorouter')}")
        raise typer.Exit


@app.callback()
def root(
    context: typer.Context,
    db: Annotated[
        Path | None,
        typer.Option(
            help="The store; default $AUDIOROUTER_DB or the user's data.", rich_help_panel=SETTINGS
        ),
    ] = None,
    no_plugins: Annotated[
        bool,
        typer.Option(
            "--no-plugins",
            help="Load no installed plugins, nor $AUDIOROUTER_PLUGIN_DIR.",
            rich_help_panel=PLUGINS,
        ),
    ] = False,
    plugin: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE.py",
            help="Load this file as a plugin as well, or every file of a folder; may be repeated.",
            rich_help_panel=PLUGINS,
        ),
    ] = None,
    licence: Annotated[
        Licence | None,
        typer.Option(
            help="What tools and weights have to allow: `commercial` leaves out or replaces those "
            "that do not allow commercial use. Default: $AUDIOROUTER_LICENCE, or any.",
            rich_help_panel=SETTINGS,
        ),
    ] = None,
    profile: ProfileName = None,
    settings: SettingsFile = None,
    verbose: Annotated[
        int,
        typer.Option(
            "-v",
            "--verbose",
            count=True,
            help="Show what libraries print, and tracebacks.",
        ),
    ] = 0,
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Version.")
    ] = False,
) -> None:
    """Keep what every command needs."""
    show_log(verbose=verbose > 0)
    context.obj = given = Settings(
        db=db,
        plugins=not no_plugins,
        plugin_files=tuple(plugin or ()),
        verbose=verbose,
        licence=licence,
        profile=profile,
        file=settings,
    )
    called_with(given.typed)
    if context.invoked_subcommand not in getattr(context.command, "commands", {}):
        take_settings(context)  # for the command of a plugin, which does not do so itself


def main() -> None:
    """Run, and turn what goes wrong into a message and an exit code."""
    guard_streams()
    only_completions()
    _leave(exit_code(_run))


def _run() -> None:
    with interruptible(), flushed(sys.stdout):
        app(prog_name="audiorouter")


def exit_code(run: Callable[[], None]) -> int | str | None:
    """With what a process ends that runs this; what went wrong is said on stderr."""
    try:
        run()
    except SystemExit as leaving:
        return leaving.code
    except AudioRouterError as error:
        print(f"audiorouter: {error}", file=sys.stderr)
        return BAD_USAGE
    except ReaderGoneError:
        return OK
    except (KeyboardInterrupt, CommandInterruptedError):
        print("audiorouter: interrupted", file=sys.stderr)
        return INTERRUPTED
    return OK


def _leave(code: int | str | None) -> None:
    """End the process. What plugins are still at on threads and at exit is not waited for long."""
    ignore_stops()
    if not _FOREIGN & sys.modules.keys():
        sys.exit(code)
    from audiorouter.border.ending import end

    number = code if isinstance(code, int) else OK if code is None else SOME_FAILED
    if isinstance(code, str):
        print(code, file=sys.stderr)
    threads = sys.modules.get("audiorouter.border.threads")
    if threads is not None and threads.left_behind(within=_PATIENCE):
        sys.stderr.flush()
        os._exit(number)
    end(number, within=_PATIENCE_AT_EXIT)
