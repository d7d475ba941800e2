"""How a command ends: its exit codes, and what it says when it is interrupted."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator

import typer


class CommandInterruptedError(Exception):
    """A command was ended by a signal. typer makes a silent exit of a `KeyboardInterrupt`."""


OK, SOME_FAILED, BAD_USAGE, INTERRUPTED = 0, 1, 2, 130


@contextlib.contextmanager
def resumable() -> Iterator[None]:
    """What is interrupted within says how to go on."""
    try:
        yield
    except KeyboardInterrupt:
        print(
            "audiorouter: interrupted: what is finished is in the store, and the same command goes "
            "on from there",
            file=sys.stderr,
        )
        raise typer.Exit(INTERRUPTED) from None
