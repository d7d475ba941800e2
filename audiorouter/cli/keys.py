"""`audiorouter keys`."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from audiorouter.cli import complete
from audiorouter.cli.command import CommandGroup
from audiorouter.cli.output import print_records, print_text
from audiorouter.cli.table import Column, Kind
from audiorouter.machine.called import to_type

app = CommandGroup("Keys of model servers.")

Name = Annotated[
    str,
    typer.Argument(
        help="openai, openrouter, or a name of your own.",
        show_default=False,
        autocompletion=complete.keys,
    ),
]


@app.command("set")
def set_(name: Name) -> None:
    """Keep a key; it is asked for, or read from a pipe.

    Examples:

      audiorouter keys set openai

      pass show openrouter | audiorouter keys set openrouter
    """
    from audiorouter.machine.credentials import keys_path, set_key

    piped = not sys.stdin.isatty()
    value = sys.stdin.readline() if piped else typer.prompt(f"Key {name}", hide_input=True)
    set_key(name, value)
    print(f"kept in {keys_path()}", file=sys.stderr)


@app.command("list")
def list_keys(as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """List the names of the keys and where they come from, never the keys.

    Example:

      audiorouter keys list
    """
    from audiorouter.machine.credentials import known_keys

    records = [{"name": key.name, "from": key.source} for key in known_keys()]
    if records or as_json:
        columns = [Column("name", Kind.NAME), Column("from")]
        print_records(records, columns, as_json=as_json)
    else:
        print(f"no keys: `{to_type('keys', 'set', 'NAME')}`", file=sys.stderr)


@app.command("remove")
def remove(name: Name) -> None:
    """Forget a key.

    Example:

      audiorouter keys remove openai
    """
    from audiorouter.machine.credentials import remove_key

    remove_key(name)


@app.command("path")
def path() -> None:
    """Print where keys are kept.

    Example:

      audiorouter keys path
    """
    from audiorouter.machine.credentials import keys_path

    print_text(keys_path())
