"""Groups of commands whose data has stdout to itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import typer
from typer.core import TyperCommand
from typer.models import CommandFunctionType

from audiorouter.cli.streams import private_stdout


class DataCommand(TyperCommand):
    """A command of ours: what anybody but `audiorouter.cli.output` prints goes to stderr."""

    def invoke(self, ctx: Any) -> Any:
        """Run it."""
        with private_stdout():
            return super().invoke(ctx)


class CommandGroup(typer.Typer):
    """A group of such commands; without arguments it shows its help."""

    def __init__(self, help: str, **options: Any):
        super().__init__(help=help, no_args_is_help=True, rich_markup_mode=None, **options)

    def command(
        self, name: str | None = None, **options: Any
    ) -> Callable[[CommandFunctionType], CommandFunctionType]:
        """Add a command."""
        return super().command(name, **{"cls": DataCommand, **options})
