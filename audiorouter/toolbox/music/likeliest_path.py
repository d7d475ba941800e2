"""The likeliest path through states that rarely change.

Viterbi, "Error bounds for convolutional codes and an asymptotically optimum decoding algorithm",
IEEE Transactions on Information Theory, 1967.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def likeliest_path(scores: NDArray[np.float64], change: float) -> NDArray[np.int64]:
    """State of each frame `(frames,)` on the best path through log scores `(frames, states)`.

    Any other state than the last costs `change`.
    """
    total, before = scores[0].copy(), np.zeros(scores.shape, dtype=np.int32)
    own = np.arange(scores.shape[1])
    for frame in range(1, len(scores)):
        best = int(total.argmax())
        moves = total[best] - change > total
        before[frame] = np.where(moves, best, own)
        total = np.where(moves, total[best] - change, total) + scores[frame]
    path = np.zeros(len(scores), dtype=np.int64)
    path[-1] = total.argmax()
    for frame in range(len(scores) - 1, 0, -1):
        path[frame - 1] = before[frame, path[frame]]
    return path
