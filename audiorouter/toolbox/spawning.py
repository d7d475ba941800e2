"""Starting worker processes that know nothing of the script that started them.

multiprocessing's spawned processes import the `__main__` of their parent, which runs a script
without a main guard again, and fails where the parent reads its program from standard input or a
notebook. Workers need nothing of it, so it is out of sight while a process is started.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.context import SpawnContext, SpawnProcess
from types import ModuleType
from typing import Any

_swapping = threading.Lock()


class _WorkerProcess(SpawnProcess):
    @staticmethod
    def _Popen(process_obj: Any) -> Any:  # noqa: N802 - multiprocessing's own name
        with _without_main():
            return SpawnProcess._Popen(process_obj)


class WorkerContext(SpawnContext):
    """multiprocessing's spawn context, less the import of `__main__`."""

    Process = _WorkerProcess


@contextmanager
def _without_main() -> Iterator[None]:
    with _swapping:
        main = sys.modules["__main__"]
        sys.modules["__main__"] = ModuleType("__main__")
        try:
            yield
        finally:
            sys.modules["__main__"] = main
