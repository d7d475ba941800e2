"""What goes wrong while others go on, as a row says it."""

from __future__ import annotations

import asyncio
import logging

from audiorouter.border import foreign
from audiorouter.errors import (
    ClipError,
    FaultError,
    StoreError,
    UnkeepableError,
    UnreachableError,
)

_log = logging.getLogger(__name__)


def as_fault(error: BaseException, what: str) -> FaultError:
    """The error as a row says it; a cancellation, a failing store and an absent reasoner go on."""
    error = first_of(error)
    if isinstance(error, UnkeepableError):
        return ClipError(str(error))
    if isinstance(error, StoreError | UnreachableError | asyncio.CancelledError | GeneratorExit):
        raise error
    if isinstance(error, FaultError):
        return error
    _log.error("%s", what, exc_info=error)
    return foreign(what, error, ClipError)


def first_of(error: BaseException) -> BaseException:
    """One error is what callers can act on; the others are its neighbours' cancellations."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
