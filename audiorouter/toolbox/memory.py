"""How much memory a worker process may use."""

from __future__ import annotations

import contextlib
import os
import re
from pathlib import Path

SHARE = 0.75
"""Of the machine's memory, by default: no single call may bring the machine down."""
_LIMITS = (
    Path("/sys/fs/cgroup/memory.max"),
    Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
)
"""Where a container is told its own limit."""


LITTLE = 2 * 2**30
"""Bytes with which some of our own tools cannot be loaded."""
_OF_MEMORY = re.compile(
    r"alloc|memory|cannot map|map segment|SIGSEGV|SIGABRT|can't start new thread", re.IGNORECASE
)
"""Words of libraries that ran out of it; some of them say nothing and crash."""


def with_memory(why: str, memory: int | None) -> str:
    """Why something failed, with the limit of `memory` (bytes) where that may be the cause.

    >>> with_memory("it crashed (SIGSEGV)", 2**28)
    'it crashed (SIGSEGV); 0.25 GiB of memory may be too little for it (--memory)'
    """
    if memory is None or memory >= LITTLE or "--memory" in why or not _OF_MEMORY.search(why):
        return why
    return f"{why}; {memory / 2**30:.2g} GiB of memory may be too little for it (--memory)"


def default_memory() -> int:
    """Bytes that a worker may use where nobody says otherwise."""
    return round(SHARE * machine_memory())


def machine_memory() -> int:
    """Bytes of memory of this machine, or of the container that it is seen from."""
    sizes = [os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")]
    for path in _LIMITS:
        with contextlib.suppress(OSError, ValueError):  # "max" is no number
            sizes.append(int(path.read_text(encoding="ascii")))
    return min(sizes)
