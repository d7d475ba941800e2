"""Hours by windows, so that what is computed of them takes the memory of minutes.

A clip of up to a quarter of an hour is one window, where no tool has bounds of its own: what is
computed of it is computed at once. A longer one is heard in stretches of ten minutes, each with
some seconds of what is around it, and what they give is joined: frames (`framewise`), or things
that have a time (`eventwise`).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from audiorouter.clips import Clip
from audiorouter.decoding.large_samples import forget
from audiorouter.toolbox.frontends.spectra import FloatArray

LONGEST = 900.0
"""Seconds up to which a clip is heard at once."""
WINDOW = 600.0
"""Seconds of a window, about."""
CONTEXT = 10.0
"""Seconds before and after a window that are heard with it."""

T = TypeVar("T")
Arrays = TypeVar("Arrays", bound="NDArray[np.generic] | tuple[NDArray[np.generic], ...]")


class Window(NamedTuple):
    """A stretch of a clip, in s: what it stands for, and what is heard for that."""

    start: float
    end: float
    first: float
    last: float


def is_long(clip: Clip) -> bool:
    """Whether the clip is heard by windows, by tools that have no bounds of their own."""
    return clip.duration > LONGEST


def windows_of(
    duration: float, *, seconds: float | None = None, longest: float | None = None
) -> list[Window]:
    """Windows of about so many seconds, by default `WINDOW`, that make up a clip of `duration` s.

    Up to `longest` s, by default `LONGEST`, are one window.

    >>> [(window.start, window.last) for window in windows_of(1200.0)]
    [(0.0, 610.0), (600.0, 1200.0)]
    """
    at_once = duration <= (longest or LONGEST)
    count = 1 if at_once else math.ceil(duration / (seconds or WINDOW))
    edges = [duration * number / count for number in range(count + 1)]
    return [
        Window(start, end, max(0.0, start - CONTEXT), min(duration, end + CONTEXT))
        for start, end in itertools.pairwise(edges)
    ]


def framewise(
    clip: Clip,
    rate: int,
    hop: int,
    compute: Callable[[FloatArray], Arrays],
    *,
    seconds: float | None = None,
) -> Arrays:
    """What `compute` gives of mono audio `(samples,)` at `rate` Hz: arrays `(frames, …)`.

    There is one frame every `hop` samples. What a frame hears beyond `CONTEXT` s around it, and
    what is relative to the whole clip, differs from window to window where the clip is long.
    """
    audio = clip.mono(rate)
    if not is_long(clip):
        return compute(audio)
    step, around = round((seconds or WINDOW) * rate / hop), round(CONTEXT * rate / hop)
    last = len(audio) // hop
    joined: list[NDArray[np.generic]] = []
    kind: type | None = None
    filled = 0
    for start in range(0, max(1, last - around), step):
        # What would be left over for a window of its own goes with the one before.
        ends = start + step >= last - around
        before = min(start, around)
        heard = audio[(start - before) * hop : None if ends else (start + step + around) * hop]
        found = compute(np.array(heard))
        forget(audio)
        parts = found if isinstance(found, tuple) else (found,)
        cut = [part[before : None if ends else before + step] for part in parts]
        if not joined:
            kind = type(found)
            # In place, since two copies of the features of hours are too many.
            joined = [np.empty((last + step, *one.shape[1:]), dtype=one.dtype) for one in cut]
        for whole, one in zip(joined, cut, strict=True):
            whole[start : start + len(one)] = one
        filled = start + len(cut[0])
        if ends:
            break
    arrays = [whole[:filled] for whole in joined]
    if kind is None or not issubclass(kind, tuple):
        return cast("Arrays", arrays[0])
    make = getattr(kind, "_make", kind)
    return cast("Arrays", make(arrays))


def parts(
    clip: Clip,
    *,
    seconds: float | None = None,
    longest: float | None = None,
    context: bool = True,
) -> Iterator[tuple[Window, Clip]]:
    """The clip's windows, each with what is heard for it as a clip; one not long is itself.

    Without `context` that is the window alone.
    """
    if clip.duration <= (longest or LONGEST):
        yield Window(0.0, clip.duration, 0.0, clip.duration), clip
        return
    for window in windows_of(clip.duration, seconds=seconds, longest=longest):
        if not context:
            window = window._replace(first=window.start, last=window.end)
        yield window, clip.part(window.first, window.last)
        forget(clip.samples.audio)


def eventwise(
    clip: Clip,
    compute: Callable[[Clip], Sequence[T]],
    *,
    when: Callable[[T], float],
    moved: Callable[[T, float], T],
    seconds: float | None = None,
) -> list[T]:
    """What `compute` finds in the clip: things with a time in s (`when`), in order.

    Of each window those count whose time lies in it, `moved` from its time to that of the clip.
    """
    if not is_long(clip):
        return list(compute(clip))
    found: list[T] = []
    for window, part in parts(clip, seconds=seconds):
        for one in compute(part):
            if window.start <= when(one) + window.first < window.end or (
                window.end == clip.duration and when(one) + window.first >= window.end
            ):
                found.append(moved(one, window.first))
    return found
