"""Errors that a user can act on. Every message says what happened, to what, and what to do."""

from __future__ import annotations


class AudioRouterError(Exception):
    """Base of the errors that this package raises on purpose."""


class UsageError(AudioRouterError):
    """The request itself cannot be carried out: a wrong option, or an unreadable file."""


class QuestionFileError(UsageError):
    """A questions file that cannot be read as a whole; the message names file and line."""


class WeightsError(AudioRouterError):
    """Weights that are missing, damaged or cannot be fetched."""


class StoreError(AudioRouterError):
    """The database cannot be read or written."""


class ShardError(StoreError):
    """Another store that cannot be merged; the message names it."""


class UnkeepableError(StoreError):
    """One value that no database can hold; the message names the column."""


class FaultError(AudioRouterError):
    """A fault that costs what it happened to, and nothing else: a row, or a call.

    It is that of a file, or of code that is not ours. `lasting` says that the same would happen
    again: what a tool itself says of a clip, which is kept in the store, and that a reasoner is
    not there or refuses everybody, which ends a batch when it is said a few times in a row.
    """

    ending: str | None = None

    def __init__(self, message: str = "", *, lasting: bool = False):
        super().__init__(message)
        self.lasting = lasting


class ClipError(FaultError):
    """A clip that cannot be decoded or analysed; the message names the file."""


class NoAudioError(ClipError):
    """A file that was read and holds no sound, whoever reads it and whenever."""


class ToolError(FaultError):
    """A tool call that failed. Raised by a tool itself it is kept: it was said of the clip."""


class ToolUnavailableError(ToolError):
    """A tool whose packages or weights are not installed; the message says how to get them."""


class ReasonerError(FaultError):
    """A reasoner that could not answer.

    `ending` says how a reply ended that holds none: "cut" off, or "refused" by the model, its
    server or a filter; batches count them.
    """

    def __init__(self, message: str = "", *, lasting: bool = False, ending: str | None = None):
        super().__init__(message, lasting=lasting)
        self.ending = ending


class RouterError(FaultError):
    """A router that could not decide."""


class HookError(FaultError):
    """A plugin's hook that failed; what it was called for goes on without it."""


class UnreachableError(AudioRouterError):
    """What all rows need, such as a server, is not there: the batch ends, finished work stays."""


class ProcessError(AudioRouterError):
    """One of several processes that train together failed; the message names it, and why."""
