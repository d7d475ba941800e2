"""The standard streams: data on a stdout that nobody else writes to, the rest on stderr."""

from __future__ import annotations

import contextlib
import errno
import io
import logging
import os
import select
import sys
from collections.abc import Iterator
from contextvars import ContextVar
from typing import TYPE_CHECKING, TextIO

from audiorouter.errors import UsageError
from audiorouter.machine.shown_text import ShownText

if TYPE_CHECKING:
    from typing_extensions import Buffer

_STDIN, _STDOUT, _STDERR = 0, 1, 2


class ReaderGoneError(Exception):
    """Whoever read the output has had enough of it, as `| head` does.

    Not an OSError: click ends the process with 1 on those of a closed pipe.
    """


def guard_streams() -> None:
    """Make the three streams of this process such that no write ends in a traceback.

    Closed ones are opened, since the next file to be opened would take their number, and whatever
    is printed would end up in it. What stderr cannot take is dropped; what stdout cannot take is a
    `UsageError`, or a `ReaderGoneError`. Control characters are shown on stderr and on terminals.
    """
    for descriptor in (_STDIN, _STDOUT, _STDERR):
        try:
            os.fstat(descriptor)
        except OSError:
            # The lowest free number is this one. On a stdout for reading only, writing still fails.
            os.open(os.devnull, os.O_WRONLY if descriptor == _STDERR else os.O_RDONLY)
            os.set_inheritable(descriptor, True)
    encoding = getattr(sys.stderr, "encoding", None) or "utf-8"
    sys.stderr = ShownText(_buffered(_STDERR, failing=False), encoding)
    sys.stdout = _data_writer(_STDOUT)
    if sys.stdin is None:
        sys.stdin = open(_STDIN, encoding="utf-8", closefd=False)  # noqa: SIM115


@contextlib.contextmanager
def private_stdout() -> Iterator[None]:
    """Keep stdout for what is written to `data_stream`.

    Everything else goes to stderr: what libraries and plugins print, from Python or C, what their
    child processes print, and what is still in a buffer when the process ends. That is why
    descriptor 1 stays stderr for good. Where stdout is not a descriptor of this process (a test
    that captures it), Python's `sys.stdout` alone is redirected, for as long as this lasts.
    """
    shown = sys.stdout
    if not _is_descriptor(shown, _STDOUT):
        with contextlib.redirect_stdout(sys.stderr), _as_data(shown):
            yield
        return
    shown.flush()
    data = _data_writer(os.dup(_STDOUT))
    os.dup2(_STDERR, _STDOUT)
    sys.stdout = sys.stderr
    with _as_data(data):
        yield


def show_log(*, verbose: bool) -> None:
    """Have what is logged shown on stderr: warnings, and where it is `verbose` what led to them."""
    logger = logging.getLogger("audiorouter")
    logger.setLevel(logging.INFO if verbose else logging.NOTSET)
    if verbose and not logger.handlers:
        logger.addHandler(_ToStderr())


class _ToStderr(logging.Handler):
    """Writes to whatever stderr is at the time."""

    def emit(self, record: logging.LogRecord) -> None:
        print(self.format(record), file=sys.stderr)


def data_stream() -> TextIO:
    """Where the running command writes its data."""
    return _data.get() or sys.stdout


@contextlib.contextmanager
def flushed(stream: TextIO) -> Iterator[None]:
    """Write what is still buffered at the end.

    Raises:
        UsageError: it cannot be written.
        ReaderGoneError: nobody reads it, unless something else ended things.
    """
    try:
        yield
    except BaseException:
        with contextlib.suppress(ReaderGoneError):
            stream.flush()
        raise
    stream.flush()


_data: ContextVar[TextIO | None] = ContextVar("data", default=None)


@contextlib.contextmanager
def _as_data(stream: TextIO) -> Iterator[None]:
    token = _data.set(stream)
    try:
        with flushed(stream):
            yield
    finally:
        _data.reset(token)


def _is_descriptor(stream: TextIO, descriptor: int) -> bool:
    try:
        return stream.fileno() == descriptor
    except (AttributeError, OSError, ValueError):
        return False


class _Output(io.RawIOBase):
    """A descriptor to write to. It fails once; the rest is dropped, so that no exit fails again."""

    def __init__(self, descriptor: int, *, failing: bool):
        super().__init__()
        self._descriptor = descriptor
        self._failing = failing
        self._done = False

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._descriptor

    def isatty(self) -> bool:
        return os.isatty(self._descriptor)

    def write(self, data: Buffer) -> int:
        while not self._done:
            try:
                return os.write(self._descriptor, data)
            except BlockingIOError:
                # Whoever shares the pipe made it non-blocking.
                select.select([], [self._descriptor], [])
            except OSError as error:
                self._done = True
                if not self._failing:
                    break
                if error.errno == errno.EPIPE:
                    raise ReaderGoneError from None
                why = "it is closed" if error.errno == errno.EBADF else error.strerror
                raise UsageError(f"stdout cannot be written: {why}") from None
        return memoryview(data).nbytes


def _data_writer(descriptor: int) -> TextIO:
    """Text to a terminal in its encoding, and to anything else in UTF-8.

    What cannot be encoded is escaped; in UTF-8 that is a lone surrogate, as JSON escapes it.
    """
    buffered = _buffered(descriptor, failing=True)
    if not buffered.isatty():
        return io.TextIOWrapper(buffered, "utf-8", "backslashreplace")
    return ShownText(buffered, (sys.stdout and sys.stdout.encoding) or "utf-8")


def _buffered(descriptor: int, *, failing: bool) -> io.BufferedWriter:
    return io.BufferedWriter(_Output(descriptor, failing=failing))
