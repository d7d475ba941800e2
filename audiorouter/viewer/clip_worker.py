"""Clips that nobody has looked into yet, decoded in a process apart: they may be anybody's."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar

from audiorouter.clips import ClipFacts, Sources
from audiorouter.decoding import Samples
from audiorouter.machine.loop_thread import LoopThread
from audiorouter.toolbox.isolation import IsolatedWorker
from audiorouter.toolbox.memory import default_memory

T = TypeVar("T")

DECODE_SECONDS = 120.0
"""What decoding a clip may take."""


class ClipWorker:
    """A worker process that is started when the first clip is looked into. Close it."""

    def __init__(self, sources: Sources):
        self._sources = sources
        self._lock = Lock()
        self._loop: LoopThread | None = None
        self._worker: IsolatedWorker | None = None

    def facts(self, path: Path) -> ClipFacts:
        """What the clip is.

        Raises:
            ClipError: it cannot be decoded, or doing so crashed or took too long.
        """
        return self._run(lambda worker: worker.open(path, DECODE_SECONDS))

    def samples(self, path: Path) -> Samples:
        """Its samples.

        Raises:
            ClipError: as `facts`.
        """
        return self._run(lambda worker: worker.read(path, None, None, None, DECODE_SECONDS))

    def close(self) -> None:
        """Stop the process."""
        with self._lock:
            loop, worker, self._loop, self._worker = self._loop, self._worker, None, None
        if loop is not None and worker is not None:
            loop.run(worker.close())
            loop.close()

    def _run(self, work: Callable[[IsolatedWorker], Coroutine[Any, Any, T]]) -> T:
        with self._lock:
            loop = self._loop or LoopThread("clips")
            worker = self._worker or IsolatedWorker(
                sources=self._sources, verbose=False, memory=default_memory()
            )
            self._loop, self._worker = loop, worker
        return loop.run(work(worker))
