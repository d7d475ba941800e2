"""Clips that are longer than the reasoner hears: cut, or answered window by window and pooled."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import replace

from audiorouter.batch.reasoning.orders import averaged, first_remark
from audiorouter.clips import Clip
from audiorouter.providers.interface import Answer, Long, Reasoner, Request
from audiorouter.store import cache_key


def window_edges(reasoner: Reasoner, duration: float) -> list[float]:
    """Times in s at which the windows of a clip of `duration` s begin, and where the last ends.

    There is one window where the reasoner hears all of it, or hears its beginning alone.
    """
    longest = _longest(reasoner)
    if longest is None or not _by_windows(reasoner) or duration <= longest:
        return [0.0, duration]
    count = math.ceil(duration / longest)
    return [duration * number / count for number in range(count + 1)]


def windows_of(reasoner: Reasoner, request: Request) -> list[Request]:
    """The request about each window of its clip; none where the reasoner gets it as it is.

    What is no question about the clip, or asks for calls, is not parted.
    """
    if request.opens is None or not _is_parted(reasoner, request):
        return []
    return windows_within(reasoner, request, request.open_clip().duration)


def windows_within(reasoner: Reasoner, request: Request, duration: float) -> list[Request]:
    """`windows_of` where the clip is known to be of `duration` s, and is not opened."""
    if not _is_parted(reasoner, request):
        return []
    edges = window_edges(reasoner, duration)
    if len(edges) == 2:
        return []
    return [_within(request, start, end) for start, end in itertools.pairwise(edges)]


def _is_parted(reasoner: Reasoner, request: Request) -> bool:
    return _by_windows(reasoner) and not request.text_only and not request.tools


def _within(request: Request, start: float, end: float) -> Request:
    def opened() -> Clip:
        return request.open_clip().part(start, end)

    span = {"clip": request.audio_hash, "start": round(start, 3), "end": round(end, 3)}
    # A hash of its own, since reasoners keep what they made of clips by it.
    return replace(
        request, audio_hash=cache_key("window", span), part_of=request.audio_hash, opens=opened
    )


def pooled(request: Request, answers: Sequence[Answer]) -> Answer:
    """One answer from one a window: mean probabilities or, where some have none, votes.

    Of an open question it is what was said of each window, in their order. Their times are not
    among it: an answer that is asked for a number would have those, too.
    """
    if request.choices:
        answer = averaged(request, [tuple(range(len(request.choices)))] * len(answers), answers)
        return replace(answer, usage=None)  # it stands at each window's answer already
    seconds = sum(answer.seconds for answer in answers)
    said = "; ".join(answer.text for answer in answers)
    return Answer(said, seconds=seconds, remark=first_remark(answers))


def how_heard(reasoner: Reasoner, duration: float) -> str | None:
    """What a row says of a clip of `duration` s that the reasoner does not hear at once."""
    longest = _longest(reasoner)
    if longest is None or duration <= longest:
        return None
    if not _by_windows(reasoner):
        return f"the model hears the first {longest:g} s of {duration:.0f}"
    windows = len(window_edges(reasoner, duration)) - 1
    heard = f"the model heard it in {windows} windows of up to {longest:g} s"
    return f"{heard}, and the answers were pooled"


def _longest(reasoner: Reasoner) -> float | None:
    """Seconds that it hears at once; what a plugin's reasoner calls so need be no such thing."""
    longest: object = reasoner.longest
    return float(longest) if isinstance(longest, int | float) and longest > 0 else None


def _by_windows(reasoner: Reasoner) -> bool:
    return reasoner.long == Long.WINDOW
