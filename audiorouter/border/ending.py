"""The end of a process in which code that is not ours has run: it comes, and in bounded time."""

from __future__ import annotations

import atexit
import contextlib
import gc
import io
import os
import sys
import threading
import time


def end(code: int, *, within: float) -> None:
    """End the process with this exit code, as Python does, but not later than in `within` s.

    Threads are waited for, exit functions run and open files are flushed. Finalisers are left out:
    while Python runs those, no thread is left that could end one that never returns.
    """
    _end_after(within, code)
    try:
        # What Python's own end calls; an executor at rest is told here that it may go.
        threading._shutdown()  # type: ignore[attr-defined]
        atexit._run_exitfuncs()
        _flush_open_files()
    finally:
        os._exit(code)


def _flush_open_files() -> None:
    """Write what is still in buffers, as the finalisers of open files would."""
    (kind,) = io.IOBase.__bases__  # the plain type, without code of others in its checks
    for item in gc.get_objects():
        if issubclass(type(item), kind):
            with contextlib.suppress(BaseException):
                item.flush()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(BaseException):
            stream.flush()


def _end_after(seconds: float, code: int) -> None:
    def wait() -> None:
        time.sleep(seconds)
        os._exit(code)

    threading.Thread(target=wait, name="end", daemon=True).start()
