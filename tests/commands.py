"""Commands of AudioRouter as tests run them: in this process, or in one of their own."""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from unittest.mock import patch

import typer

from audiorouter.cli.app import app, exit_code

_SHELL = "_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION"
"""The one variable by which the commands differ: whether completion asks for a shell."""


@dataclass(frozen=True)
class Done:
    """What a command gave, named as `subprocess.CompletedProcess` names it."""

    returncode: int
    stdout: str
    stderr: str


def command(*arguments: object) -> list[str]:
    """The command line of a process of its own."""
    return [sys.executable, "-m", "audiorouter", *map(str, arguments)]


def run(*arguments: object, code: int = 0, **environment: object) -> Done:
    """Run a command in this process: what is imported and loaded here need not be once more."""
    out, err = io.StringIO(), io.StringIO()
    variables = {name: str(value) for name, value in environment.items()}
    with (
        patch.dict(os.environ, variables),
        patch.object(sys, "argv", ["audiorouter", *map(str, arguments)]),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        program, words = _program(os.environ.get(_SHELL)), [*map(str, arguments)]
        returned = exit_code(lambda: program(words, prog_name="audiorouter"))
    return _checked(Done(int(returned or 0), out.getvalue(), err.getvalue()), code)


@cache
def _program(_shell: str | None) -> Callable[..., object]:
    """All commands, put together once: in a process of its own none is called a second time."""
    return typer.main.get_command(app)


def run_apart(*arguments: object, code: int = 0, **environment: object) -> Done:
    """Run a command in its own process, where its start, its streams or its end are at stake."""
    variables = {name: str(value) for name, value in environment.items()}
    return run_in(os.environ | variables, *arguments, code=code)


def run_in(environment: Mapping[str, str], *arguments: object, code: int = 0) -> Done:
    """Run a command in its own process, which sees this environment."""
    done = subprocess.run(
        command(*arguments), capture_output=True, encoding="utf-8", timeout=300, input="secret\n",
        env=environment,
    )  # fmt: skip
    return _checked(Done(done.returncode, done.stdout, done.stderr), code)


def _checked(done: Done, code: int) -> Done:
    assert done.returncode == code, (done.stdout, done.stderr)
    assert "Traceback" not in done.stderr
    return done
