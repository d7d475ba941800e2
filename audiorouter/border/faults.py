"""What code that is not ours raises, as text that can be shown, kept and sent."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from audiorouter.errors import FaultError
from audiorouter.text import encodable

LONGEST = 2_000
"""Characters of a description."""


def describe(error: BaseException) -> str:
    """Type and text of an error in one line that can be encoded.

    It stands whatever the error's own `__str__` does, and is cut at 2,000 characters.

    >>> describe(ValueError("too\\nlong"))
    'ValueError: too long'
    """
    kind, text = type(error).__name__, message(error)
    return _short(f"{kind}: {text}" if text else kind)


def message(error: BaseException) -> str:
    """The text of an error without its type, as `describe` has it."""
    try:
        # Twice as much as is shown: a text of gigabytes is not worked through.
        return _short(" ".join(str(error)[: 2 * LONGEST].split()))
    except BaseException as second:  # noqa: BLE001 - even this is not ours
        return f"(its text raises {type(second).__name__})"


def _short(text: str) -> str:
    text = encodable(text)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


@contextmanager
def crossing(whose: str, kind: type[FaultError]) -> Iterator[None]:
    """Whatever is raised within becomes a `kind`, which says `whose` it is.

    Errors of that kind keep their text, and the cancellation of our own task passes. An exit, a
    Ctrl-C that nobody typed and a cancellation that nobody asked for are errors like others.
    """
    try:
        yield
    except BaseException as error:
        if _our_own_cancellation(error):
            raise
        raise foreign(whose, error, kind) from None


def foreign(whose: str, error: BaseException, kind: type[FaultError]) -> FaultError:
    """The error as one of a `kind`; unless it is one already, nobody said that it is lasting."""
    if isinstance(error, kind):
        return kind(message(error), lasting=error.lasting is True)
    return kind(f"{whose} failed: {describe(error)}")


def _our_own_cancellation(error: BaseException) -> bool:
    if isinstance(error, GeneratorExit):
        return True
    return isinstance(error, asyncio.CancelledError) and is_cancelled()


def is_cancelled() -> bool:
    """Whether somebody asked for the end of the task that this runs in."""
    try:
        task = asyncio.current_task()
    except RuntimeError:
        return False
    return task is not None and task.cancelling() > 0
