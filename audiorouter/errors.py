"""Errors that a user can act on. Every message says what happened, to what, and what to do."""

from __future__ import annotations


class AudioRouterError(Exception):
    """Base of the errors that this package raises on purpose."""


class UsageError(AudioRouterError):
    """The request itself cannot be carried out: a wrong option, or an unreadable file."""


class QuestionFileError(UsageError):
    """A questions file that cannot be read as a whole; the message names file and line."""


class ClipError(AudioRouterError):
    """A clip that cannot be decoded or analysed; the message names the file."""


class WeightsError(AudioRouterError):
    """Weights that are missing, damaged or cannot be fetched."""


class StoreError(AudioRouterError):
    """The database cannot be read or written."""


class ToolError(AudioRouterError):
    """A tool call that failed, for a reason that would be the same a second time."""


class ToolUnavailableError(ToolError):
    """A tool whose packages or weights are not installed; the message says how to get them."""


class ReasonerError(AudioRouterError):
    """A reasoner that could not answer."""


class ProcessError(AudioRouterError):
    """One of several processes that train together failed; the message names it, and why."""
