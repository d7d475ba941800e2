"""How much memory a worker process may use."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

SHARE = 0.75
"""Of the machine's memory, by default: no single call may bring the machine down."""
_LIMITS = (
    Path("/sys/fs/cgroup/memory.max"),
    Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
)
"""Where a container is told its own limit."""


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
