"""Groups of commands whose data has stdout to itself."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.models import CommandFunctionType

from audiorouter.cli.ends import CommandInterruptedError
from audiorouter.cli.help_examples import with_examples
from audiorouter.cli.help_groups import write_groups
from audiorouter.cli.profile_options import profile_options
from audiorouter.cli.project_settings import take_settings
from audiorouter.cli.streams import private_stdout
from audiorouter.plugins.commands import PluginGroup
from audiorouter.text import close_name

_NOT_ONE_OF = re.compile(r"(?:Value error, )?('.*' is not one of ('.*'))\.")


@contextlib.contextmanager
def suggesting(ctx: Any) -> Iterator[None]:
    """What is mistyped on a command line is told with what may be meant, or where it belongs."""
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
        elif misplaced := _misplaced(getattr(error, "option_name", None), ctx):
            error.message, error.possibilities = misplaced, None  # type: ignore[attr-defined]
        elif possible:
            error.message, error.possibilities = f"{error.message}.{_asked(possible[0])}", None  # type: ignore[attr-defined]
        raise


def _misplaced(option: object, ctx: Any) -> str | None:
    """What to say of an option of the program that stands behind a command which has none of it."""
    root = ctx.find_root()
    own, of_the_program = (
        {name: parameter for parameter in command.params for name in parameter.opts}
        for command in (ctx.command, root.command)
    )
    if option not in of_the_program or option in own:
        return None
    value = "" if getattr(of_the_program[option], "is_flag", False) else " …"
    command = ctx.command_path.removeprefix(str(root.info_name)).strip()
    return f"{option} stands before the command: {root.info_name} {option}{value} {command}"


def _asked(meant: str | None) -> str:
    return "" if meant is None else f" Did you mean {meant!r}?"


class _Suggesting:
    """Of a command or a group: what is mistyped is told with what may be meant."""

    def parse_args(self, ctx: Any, args: list[str]) -> Any:
        """Read the command line."""
        with suggesting(ctx):
            return super().parse_args(ctx, args)  # type: ignore[misc]


class DataCommand(_Suggesting, TyperCommand):
    """A command of ours: what anybody but `audiorouter.cli.output` prints goes to stderr.

    In its help options stand in groups.
    """

    takes_settings = False

    def invoke(self, ctx: Any) -> Any:
        """Run it."""
        with private_stdout():
            take_settings(ctx)
            return super().invoke(ctx)

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write its arguments and options, group by group."""
        write_groups(self.get_params(ctx), ctx, formatter)

    def format_help_text(self, ctx: Any, formatter: Any) -> None:
        """Write what it does, with examples that can be typed as they stand."""
        formatter.write_paragraph()
        with formatter.indentation():
            width = formatter.width - formatter.current_indent
            formatter.write_text(with_examples(self.help or "", width))


class SettingsCommand(DataCommand):
    """A command whose options a project's file may set; `--profile` may stand behind it as well."""

    takes_settings = True

    def __init__(self, *arguments: Any, params: list[Any] | None = None, **named: Any):
        super().__init__(*arguments, params=[*(params or ()), *profile_options()], **named)


class RootGroup(_Suggesting, PluginGroup):
    """The program itself: its options in groups, then its commands and those of plugins."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as stopped:
            raise CommandInterruptedError from stopped

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write its options, group by group, and the commands."""
        write_groups(self.get_params(ctx), ctx, formatter)
        self.format_commands(ctx, formatter)


class _Group(_Suggesting, TyperGroup):
    """A group of commands."""


class CommandGroup(typer.Typer):
    """A group of such commands; without arguments it shows its help."""

    def __init__(self, help: str, **options: Any):
        super().__init__(
            help=help,
            no_args_is_help=True,
            rich_markup_mode=None,
            context_settings={"help_option_names": ["-h", "--help"]},
            **{"cls": _Group, **options},
        )

    def command(
        self, name: str | None = None, **options: Any
    ) -> Callable[[CommandFunctionType], CommandFunctionType]:
        """Add a command."""
        return super().command(name, **{"cls": DataCommand, **options})
