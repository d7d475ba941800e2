"""Letting librosa compile, one process at a time.

librosa compiles with numba when it is imported and first used, into a cache on disk. Two processes
that fill that cache at once leave one that crashes every process which reads it, from then on. So
whoever uses librosa here waits for its turn once, and the cache is a folder of our own, in which
nobody else writes.
"""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path

from audiorouter.files import locked
from audiorouter.paths import cache_dir

CACHE_VARIABLE = "NUMBA_CACHE_DIR"


@lru_cache(maxsize=1)
def librosa_ready() -> None:
    """Compile all that the tools use of librosa, or read it from the cache; once a process."""
    import numpy as np

    # numba looks at the variable when it is imported; a folder that a user chose is kept to.
    folder = Path(os.environ.setdefault(CACHE_VARIABLE, str(cache_dir() / "numba")))
    folder.mkdir(parents=True, exist_ok=True)
    with locked(folder):
        from audiorouter.toolbox.music.librosa_harmony import chords_of, chroma_of
        from audiorouter.toolbox.music.librosa_rhythm import SAMPLE_RATE, onsets_of, track_beats

        clicks = np.zeros(4 * SAMPLE_RATE, dtype=np.float32)
        clicks[:: SAMPLE_RATE // 2] = 0.5
        onsets_of(clicks)
        track_beats(clicks)
        chords_of(chroma_of(clicks))
