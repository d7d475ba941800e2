"""Groups of commands whose data has stdout to itself."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator
from typing import Any

import typer
from typer.core import TyperCommand
from typer.models import CommandFunctionType

from audiorouter.cli.streams import private_stdout
from audiorouter.text import close_name

_NOT_ONE_OF = re.compile(r"(?:Value error, )?('.*' is not one of ('.*'))\.")


@contextlib.contextmanager
def suggesting() -> Iterator[None]:
    """What is mistyped on a command line is told with what may be meant."""
    try:
        yield
    except Exception as error:
        possible = getattr(error, "possibilities", None)
        if isinstance(error, typer.BadParameter) and (
            found := _NOT_ONE_OF.fullmatch(error.message)
        ):
            names = re.findall("'([^']*)'", found[2])
            meant = close_name(found[1].split("'")[1], names)
            error.message = f"{found[1]}.{_asked(meant)}"
        elif possible:
            error.message, error.possibilities = f"{error.message}.{_asked(possible[0])}", None  # type: ignore[attr-defined]
        raise


def _asked(meant: str | None) -> str:
    return "" if meant is None else f" Did you mean {meant!r}?"


class DataCommand(TyperCommand):
    """A command of ours: what anybody but `audiorouter.cli.output` prints goes to stderr."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the command line."""
        with suggesting():
            return super().parse_args(ctx, args)

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
