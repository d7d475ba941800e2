"""What beat tracking gives, whichever library did it."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Sequence
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
    """The beats that `track` finds in the clip, or of a longer one in each of its windows."""
    from audiorouter.toolbox.frontends.windows import parts

    if clip.duration <= _AT_ONCE:
        return track(clip)
    edges, tracked = [], []
    for window, part in parts(clip, seconds=_WINDOW, longest=_AT_ONCE):
        beats = track(part)
        edges.append(window.start)
        tracked.append(beats._replace(times=beats.times + window.first))
    return _joined(tracked, edges[1:])


def _joined(windows: Sequence[Beats], edges: Sequence[float]) -> Beats:
    """Beats of windows, which overlap, as those of one clip; `edges` are where each ends, in s."""
    import numpy as np

    # Between two beats: of one that lies at an edge, each window has its own time.
    cuts = [-np.inf, *map(_between_beats, windows, edges), np.inf]
    kept = []
    for window, (first, last) in zip(windows, itertools.pairwise(cuts), strict=True):
        inside = (window.times >= first) & (window.times < last)
        times, positions, strength, accent = window
        kept.append(Beats(times[inside], positions[inside], strength[inside], accent[inside]))
    kept = [window for window in kept if len(window.times)] or kept[:1]
    in_bars = _with_commonest_bars(kept)
    return Beats(*(np.concatenate(each) for each in zip(*in_bars, strict=True)))


def _between_beats(beats: Beats, edge: float) -> float:
    """The middle between the beats before and after an edge, in s; the edge where there is none."""
    after = int(beats.times.searchsorted(edge))
    if not 0 < after < len(beats.times):
        return edge
    return float(beats.times[after - 1] + beats.times[after]) / 2


def _with_commonest_bars(windows: Sequence[Beats]) -> list[Beats]:
    """The same with bars as long as in most of the time: each window was tracked by itself."""
    import numpy as np

    beats_by_length: Counter[int] = Counter()
    lengths = [int(window.positions.max(initial=0)) for window in windows]
    for window, length in zip(windows, lengths, strict=True):
        beats_by_length[length] += len(window.times)
    commonest = max(beats_by_length, key=lambda length: beats_by_length[length])
    counted = []
    for window, length in zip(windows, lengths, strict=True):
        if length != commonest:
            first = int(np.argmax(window.positions == 1))
            positions = (np.arange(len(window.times)) - first) % max(1, commonest) + 1
            window = window._replace(positions=positions.astype(np.int64))
        counted.append(window)
    return counted
