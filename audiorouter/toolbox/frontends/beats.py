"""What beat tracking gives, whichever library did it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Beats(NamedTuple):
    """`times` in s and `positions` in the bar (1 = downbeat), `strength` 0…1; each `(beats,)`."""

    times: NDArray[np.float64]
    positions: NDArray[np.int64]
    strength: NDArray[np.float64]
