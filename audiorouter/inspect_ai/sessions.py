"""One session for all samples of a solver or a model: tools stay in their workers."""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from threading import Lock

from audiorouter.batch.options import EngineOptions
from audiorouter.batch.session import Session
from audiorouter.errors import UsageError
from audiorouter.text import listed_names


class LazySession:
    """A session that is opened with the first sample, and closed when it is dropped, or at the end
    of the program.

    Raises:
        UsageError: a number is out of its bounds.
    """

    def __init__(self, options: EngineOptions):
        self._options = options
        self._session: Session | None = None
        self._lock = Lock()

    def open(self) -> Session:
        """The session; call it on a thread that may wait.

        Raises:
            UsageError, StoreError: see `Session`.
        """
        with self._lock:
            if self._session is None:
                self._session = Session(self._options)
                weakref.finalize(self, self._session.close)
            return self._session


def router_name(router: str | None, tools: str | Sequence[str] | None) -> str | None:
    """The router that was asked for, or the one that always calls these `tools`.

    Raises:
        UsageError: both are given.
    """
    if tools is None:
        return router
    if router is not None:
        raise UsageError("router and tools: give one of them; `tools` are called for every sample")
    return f"tools:{','.join(listed_names(tools))}"
