"""Folds of questions, by clip: what a clip sounds like is never learned from and judged by."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def clip_folds(clips: Sequence[str], folds: int) -> NDArray[np.int64]:
    """The fold of each question `(Q,)`: clips are dealt evenly, in every process alike."""
    dealt = sorted(set(clips), key=lambda clip: (zlib.crc32(f"fold {clip}".encode()), clip))
    fold_of = {clip: number % folds for number, clip in enumerate(dealt)}
    return np.array([fold_of[clip] for clip in clips], dtype=np.int64)
