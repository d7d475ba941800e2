"""Letting librosa compile, one process at a time, and never within a tool's call.

librosa compiles with numba when it is imported and first used, into a cache on disk: a minute or
two of computing, once a machine. `audiorouter models pull` does it beforehand; a worker that finds
it undone does it while it loads a tool. Two processes that fill the cache at once leave one that
crashes every process which reads it, from then on. So whoever uses librosa here waits for its turn
once, and the cache is a folder of our own, in which nobody else writes.
"""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from audiorouter.errors import ToolError
from audiorouter.machine.files import locked
from audiorouter.machine.installed import absent
from audiorouter.machine.paths import cache_dir

CACHE_VARIABLE = "NUMBA_CACHE_DIR"


def compile_ahead(report: Callable[[str], None]) -> Path | None:
    """Compile what the tools use of librosa, and say where to; None where it is not installed.

    Raises:
        ToolError: it cannot be compiled, or the folder cannot be written.
    """
    if absent(["librosa"]):
        return None
    report("librosa: compiling (once a machine; a minute or two of computing)")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # librosa's, of clicks that have no pitch
            librosa_ready()
    except Exception as error:  # numba and LLVM raise errors of their own
        raise ToolError(f"librosa cannot be compiled into {compiled_folder()}: {error}") from error
    return compiled_folder()


@lru_cache(maxsize=1)
def librosa_ready() -> None:
    """Compile all that the tools use of librosa, or read it from the cache; once a process."""
    import numpy as np

    # The hosts of workers want to know the folder, and import nothing heavy for that.
    from audiorouter.toolbox.frontends.librosa_harmony import chords_of, chroma_of
    from audiorouter.toolbox.frontends.librosa_rhythm import SAMPLE_RATE, onsets_of, track_beats

    folder = compiled_folder()
    if "numba" not in sys.modules:
        # numba reads the variable when it is imported. One that changes later mixes two caches, and
        # that crashes the process; where numba is there already, it keeps to its own.
        os.environ[CACHE_VARIABLE] = str(folder)
    folder.mkdir(parents=True, exist_ok=True)
    with locked(folder):
        clicks = np.zeros(4 * SAMPLE_RATE, dtype=np.float32)
        clicks[:: SAMPLE_RATE // 2] = 0.5
        onsets_of(clicks)
        track_beats(clicks)
        chords_of(chroma_of(clicks))


def compiled_folder() -> Path:
    """Where compiled code is kept: a folder that the user chose for numba, else one of ours."""
    return Path(os.environ.get(CACHE_VARIABLE) or cache_dir() / "numba")
