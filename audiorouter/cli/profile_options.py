"""The options that choose a project's settings, before a command or behind it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from audiorouter.cli import complete
from audiorouter.cli.help_groups import SETTINGS

ProfileName = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="Take settings from this profile of audiorouter.toml, which is looked for in the "
        "current folder and above. Default: $AUDIOROUTER_PROFILE, or the project's own.",
        rich_help_panel=SETTINGS,
        autocompletion=complete.profiles,
    ),
]
SettingsFile = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Take settings from this file instead; `none`: from no file.",
        rich_help_panel=SETTINGS,
    ),
]


def profile_options() -> list[Any]:
    """Both options, for a command that takes them beside those of its own function."""
    scratch = typer.Typer(add_completion=False)

    @scratch.command()
    def options(profile: ProfileName = None, settings: SettingsFile = None) -> None:
        """Nothing but its options is used."""

    return list(typer.main.get_command(scratch).params)
