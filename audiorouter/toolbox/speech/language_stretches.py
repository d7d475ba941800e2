"""Stretches of a clip that are spoken in several languages, one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from audiorouter.clips import Clip

if TYPE_CHECKING:
    from audiorouter.toolbox.frontends.energy import Segment

_ENOUGH = 2.0
"""Seconds of speech by which a language can be told."""
_LONGEST_PAUSE = 2.0
"""Seconds of silence beyond which what is said is no longer heard as one."""


class Stretch(NamedTuple):
    """What is spoken in one language: its ISO code, times in s, and the code's probability.

    The code is None where it cannot be told. `likeliest` is the likeliest one all the same, and
    `of_main` the probability of the language that is heard in the whole clip.
    """

    language: str | None
    start: float
    end: float
    probability: float
    likeliest: str
    of_main: float


class Stretches(NamedTuple):
    """The stretches in order, and where, in s, what is said was left out as too short to tell."""

    told: list[Stretch]
    too_short: list[tuple[float, float]]


def stretches_by_language(clip: Clip, segments: Sequence[Segment], main: str) -> Stretches:
    """The stretches of a clip; none where there is too little speech for two.

    `main` is the language that is heard in the whole clip. Each few seconds between pauses are
    listened to by themselves. They are in a language that is `BELIEVED`, or that is the likeliest
    there and believed of a neighbour; docs/tools.md says how often that is right.
    """
    from audiorouter.toolbox.frontends.whisper import BELIEVED, SAMPLE_RATE, languages

    spans, too_short = _spans(segments)
    if len(spans) < 2:
        return Stretches([], too_short)
    audio = clip.mono(SAMPLE_RATE)
    heard: list[Stretch] = []
    for start, end in spans:
        ranked, _ = languages(audio[round(start * SAMPLE_RATE) : round(end * SAMPLE_RATE)].copy())
        if ranked:
            likeliest, probability = ranked[0]
            of_main = dict(ranked).get(main, 0.0)
            heard.append(Stretch(likeliest, start, end, probability, likeliest, of_main))
    found: list[Stretch] = []
    for place, one in enumerate(heard):
        around = heard[max(0, place - 1) : place + 2]
        sure = max(s.probability for s in around if s.language == one.language)
        language = one.language if sure >= BELIEVED else None
        if found and found[-1].language == language:
            before = found.pop()
            one = one._replace(
                start=before.start,
                probability=max(before.probability, one.probability),
                likeliest=max(before, one, key=lambda s: s.probability).likeliest,
                of_main=min(before.of_main, one.of_main),
            )
        found.append(one._replace(language=language))
    return Stretches(found, too_short)


class _Span(NamedTuple):
    """Where something is said, from `start` to `end`, and for how long; all in s."""

    start: float
    end: float
    spoken: float


def _spans(
    segments: Sequence[Segment],
) -> tuple[list[tuple[float, float]], list[tuple[float, float]]]:
    """Beginnings and ends, in s, of segments that are put together until there is enough.

    One with too little speech goes with the neighbour from which the shorter pause parts it; where
    both pauses are long it stands by itself, among the second ones. Where all do, they are one.
    """
    spans = [_Span(one.start, one.end, one.end - one.start) for one in segments]
    alone: list[_Span] = []
    while len(spans) > 1:
        shortest = min(range(len(spans)), key=lambda place: spans[place].spoken)
        if spans[shortest].spoken >= _ENOUGH:
            break
        neighbours = [place for place in (shortest - 1, shortest) if 0 <= place < len(spans) - 1]
        pauses = {place: spans[place + 1].start - spans[place].end for place in neighbours}
        first = min(neighbours, key=pauses.__getitem__)
        if pauses[first] > _LONGEST_PAUSE:
            alone.append(spans.pop(shortest))
            continue
        one, next_one = spans[first : first + 2]
        both = _Span(one.start, next_one.end, one.spoken + next_one.spoken)
        spans[first : first + 2] = [both]
    if alone and spans[0].spoken < _ENOUGH:
        return _times([_Span(segments[0].start, segments[-1].end, spans[0].spoken)]), []
    return _times(spans), _times(sorted(alone))


def _times(spans: Sequence[_Span]) -> list[tuple[float, float]]:
    return [(span.start, span.end) for span in spans]
