"""What beat tracking gives, whichever library did it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Beats(NamedTuple):
    """`times` in s and `positions` in the bar (1 = downbeat), each `(beats,)`.

    `strength` 0…1 is how likely each is a beat; `accent` how much each stands out as the first of
    its bar, in units that differ between the libraries.
    """

    times: NDArray[np.float64]
    positions: NDArray[np.int64]
    strength: NDArray[np.float64]
    accent: NDArray[np.float64]
