"""What code that is not ours raises, as text that can be shown, kept and sent."""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from audiorouter.errors import FaultError
from audiorouter.machine.signals import Interrupted
from audiorouter.machine.source_code import is_edited_here
from audiorouter.text import encodable

LONGEST = 2_000
"""Characters of a description."""

_log = logging.getLogger(__name__)


def describe(error: BaseException, *, of: str | None = None) -> str:
    """Type and text of an error in one line that can be encoded, and where it was raised.

    Where is said of code whose author is still at it, and of the package or module `of`: file and
    line of the last step there. The line stands whatever the error's own `__str__` does, and is cut
    at 2,000 characters.

    >>> describe(ValueError("too\\nlong"))
    'ValueError: too long'
    """
    kind, text, place = type(error).__name__, message(error), _place(error, of)
    where = "" if place is None else f" ({encodable(place)})"
    return _short(f"{kind}: {text}" if text else kind, LONGEST - len(where)) + where


def message(error: BaseException) -> str:
    """The text of an error without its type, as `describe` has it."""
    try:
        # Twice as much as is shown: a text of gigabytes is not worked through.
        return _short(" ".join(str(error)[: 2 * LONGEST].split()))
    except BaseException as second:  # noqa: BLE001 - even this is not ours
        return f"(its text raises {type(second).__name__})"


def _short(text: str, longest: int = LONGEST) -> str:
    text = encodable(text)
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def _place(error: BaseException, of: str | None) -> str | None:
    """File and line of the last step in code that its author can look at."""
    wanted = None if of is None else of.partition(".")[0]
    last = None
    for frame, line in traceback.walk_tb(error.__traceback__):
        module = str(frame.f_globals.get("__name__", ""))
        if module.partition(".")[0] == wanted or is_edited_here(module, frame.f_code.co_filename):
            last = _file(frame, module), line
    return None if last is None else f"{last[0]}, line {last[1]}"


def _file(frame: FrameType, module: str) -> str:
    """The file as far as it tells the modules of a package apart."""
    path = Path(frame.f_code.co_filename)
    depth = module.count(".") + (2 if path.name == "__init__.py" else 1)
    return "/".join(path.parts[-depth:])


@contextmanager
def crossing(whose: str, kind: type[FaultError]) -> Iterator[None]:
    """Whatever is raised within becomes a `kind`, which says `whose` it is.

    Errors of that kind keep their text; a signal that was sent and the cancellation of our own
    task pass. An exit, a Ctrl-C that nobody typed and a cancellation that nobody asked for are
    errors like others.
    """
    try:
        yield
    except BaseException as error:
        if isinstance(error, Interrupted) or _our_own_cancellation(error):
            raise
        raise foreign(whose, error, kind) from None


def foreign(whose: str, error: BaseException, kind: type[FaultError]) -> FaultError:
    """The error as one of a `kind`; unless it is one already, nobody said that it is lasting."""
    if isinstance(error, kind):
        same = kind(message(error), lasting=error.lasting is True)
        same.ending = error.ending if isinstance(error.ending, str) else None
        return same
    _log.info("%s failed:", whose, exc_info=error)
    return kind(f"{whose} failed: {describe(error)}")


def _our_own_cancellation(error: BaseException) -> bool:
    if isinstance(error, GeneratorExit):
        return True
    asyncio = sys.modules.get("asyncio")  # a worker starts without it: nobody has a task there
    return asyncio is not None and isinstance(error, asyncio.CancelledError) and is_cancelled()


def is_cancelled() -> bool:
    """Whether somebody asked for the end of the task that this runs in."""
    import asyncio

    try:
        task = asyncio.current_task()
    except RuntimeError:
        return False
    return task is not None and task.cancelling() > 0
