"""How this program was called, so that commands that it names work as they stand."""

from __future__ import annotations

import shlex
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

_NAME = "audiorouter"
_options: tuple[str, ...] = ()


def called_with(options: Sequence[str]) -> None:
    """Keep the options that were typed before the command, in place of those of an earlier call."""
    global _options
    _options = tuple(options)


def to_type(*words: object) -> str:
    """A command of ours as it can be typed here, quoted for a shell.

    It begins as this program was called, and has the options before the command that were typed.
    Called from Python it has none.

    >>> to_type("tools", "run", "zcr", "my clip.wav")
    "audiorouter tools run zcr 'my clip.wav'"
    """
    return shlex.join([*_program(), *_options, *map(str, words)])


def python_to_type(*words: object) -> str:
    """A command line of this Python, quoted for a shell."""
    return shlex.join([_python(), *map(str, words)])


def _program() -> list[str]:
    called = Path(sys.argv[0])
    if called.name == "__main__.py" and called.parent.name == _NAME:
        return [_python(), "-m", _NAME]
    if called.name != _NAME or called.parent == Path() or _is_found(called):
        return [_NAME]
    return [str(called)]


def _python() -> str:
    return "python" if _is_found(Path(sys.executable), "python") else sys.executable


def _is_found(program: Path, name: str = _NAME) -> bool:
    """Whether it is what a shell runs under this name alone; links to it are other programs."""
    path = shutil.which(name)
    return path is not None and Path(path).absolute() == program.absolute()
