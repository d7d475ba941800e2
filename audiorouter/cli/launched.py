"""Whether as many processes were started as were asked for."""

from __future__ import annotations

import itertools
import os
from pathlib import Path


def processes_missing() -> str | None:
    """A complaint where `accelerate launch --num_processes N` started one process only.

    On a machine without GPU and MPI it does so without a word.
    """
    if "WORLD_SIZE" in os.environ:
        return None
    try:
        parent = Path(f"/proc/{os.getppid()}/cmdline").read_bytes().decode().split("\0")
    except OSError:
        return None
    if not any(Path(part).name.startswith("accelerate") for part in parent):
        return None
    for flag, value in itertools.pairwise(parent):
        if flag in ("--num_processes", "--num-processes") and value.isdigit() and int(value) > 1:
            return (
                f"accelerate started one process instead of {value}: on CPUs it needs MPI for "
                f"more; torchrun --nproc-per-node {value} -m audiorouter train works "
                "without"
            )
    return None
