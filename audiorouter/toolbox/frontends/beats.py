"""What beat tracking gives, whichever library did it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from audiorouter.clips import Clip

_AT_ONCE, _WINDOW = 120.0, 100.0
"""Seconds of a clip whose beats are tracked together, and of a window of a longer one. Decoding
notes of 15,000 states, a hundred times a second, where each came from: 6 MB for each second."""


class Beats(NamedTuple):
    """`times` in s and `positions` in the bar (1 = downbeat), each `(beats,)`.

    `strength` 0…1 is how likely each is a beat; `accent` how much each stands out as the first of
    its bar, in units that differ between the libraries.
    """

    times: NDArray[np.float64]
    positions: NDArray[np.int64]
    strength: NDArray[np.float64]
    accent: NDArray[np.float64]


def beats_by_windows(clip: Clip, track: Callable[[Clip], Beats]) -> Beats:
    """The beats that `track` finds in the clip, where it is longer in each of its windows."""
    import numpy as np

    from audiorouter.toolbox.frontends.windows import parts

    if clip.duration <= _AT_ONCE:
        return track(clip)
    kept = []
    for window, part in parts(clip, seconds=_WINDOW, longest=_AT_ONCE):
        beats = track(part)
        times = beats.times + window.first
        inside = (times >= window.start) & (times < window.end)
        kept.append([one[inside] for one in beats._replace(times=times)])
    return Beats(*(np.concatenate(each) for each in zip(*kept, strict=True)))
