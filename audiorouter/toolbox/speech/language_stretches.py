"""Stretches of a clip that are spoken in several languages, one after the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from audiorouter.clips import Clip

if TYPE_CHECKING:
    from audiorouter.toolbox.frontends.energy import Segment

_ENOUGH = 2.0
"""Seconds of speech by which a language can be told."""
_LONGEST = 10.0
"""Seconds within which speech is put together until there is enough."""


class Stretch(NamedTuple):
    """What is spoken in one language: its ISO code, times in s, and the code's probability."""

    language: str
    start: float
    end: float
    probability: float


def stretches_by_language(clip: Clip, segments: Sequence[Segment]) -> list[Stretch]:
    """The stretches in order, where there are several languages; else none.

    Each few seconds between pauses are listened to by themselves, and count where one language is
    `BELIEVED`; docs/tools.md says how often that is right.
    """
    from audiorouter.toolbox.frontends.whisper import BELIEVED, SAMPLE_RATE, languages

    spans = list(_spans(segments))
    if len(spans) < 2:
        return []
    audio = clip.mono(SAMPLE_RATE)
    found: list[Stretch] = []
    for start, end in spans:
        ranked, _ = languages(audio[round(start * SAMPLE_RATE) : round(end * SAMPLE_RATE)].copy())
        if not ranked or ranked[0][1] < BELIEVED:
            continue
        language, probability = ranked[0]
        if found and found[-1].language == language:
            before = found.pop()
            start, probability = before.start, max(before.probability, probability)
        found.append(Stretch(language, start, end, probability))
    return found if len({stretch.language for stretch in found}) > 1 else []


def _spans(segments: Sequence[Segment]) -> Iterator[tuple[float, float]]:
    """Beginnings and ends, in s, of segments that are put together until there is enough."""
    start = end = spoken = 0.0
    for segment in segments:
        if spoken and (spoken >= _ENOUGH or segment.end - start > _LONGEST):
            yield start, end
            spoken = 0.0
        start = start if spoken else segment.start
        end = segment.end
        spoken += segment.end - segment.start
    if spoken:
        yield start, end
