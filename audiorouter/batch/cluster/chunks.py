"""Chunks: some clips with all their questions, which one node works on at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from audiorouter.questions import Question

MOST_CLIPS = 64
"""Clips of a chunk: what a killed node loses at most, where its disk is gone as well."""
_ROUNDS = 8
"""Chunks that each node gets at least, so that all end at about the same time."""


class ClipPlaces(NamedTuple):
    """A clip, and where the questions about it stand."""

    path: Path
    places: tuple[int, ...]


@dataclass(frozen=True)
class Chunk:
    """Work for one node, and how often it has failed."""

    clips: tuple[ClipPlaces, ...]
    failures: int = 0

    @property
    def places(self) -> tuple[int, ...]:
        """Where its questions stand."""
        return tuple(place for clip in self.clips for place in clip.places)

    @property
    def paths(self) -> list[Path]:
        """Its clips."""
        return [clip.path for clip in self.clips]

    def after_failure(self, *, most: int) -> list[Chunk]:
        """What is tried next: it again, its halves, or nothing where `most` tries failed.

        The first failure may be that of its node, or of another chunk there; by halves the clip is
        found that ends a process by itself.
        """
        failures = self.failures + 1
        if failures == 1:
            return [Chunk(self.clips, failures)]
        if len(self.clips) > 1:
            half = len(self.clips) // 2
            return [Chunk(self.clips[:half], 1), Chunk(self.clips[half:], 1)]
        return [Chunk(self.clips, failures)] if failures < most else []


def clips_of(questions: Iterable[Question]) -> list[ClipPlaces]:
    """The clips that can be asked about, as they first appear."""
    places: dict[Path, list[int]] = {}
    for place, question in enumerate(questions):
        if question.path is not None and question.problem is None:
            places.setdefault(question.path, []).append(place)
    return [ClipPlaces(path, tuple(found)) for path, found in places.items()]


def chunks_of(clips: Iterable[ClipPlaces], *, nodes: int) -> Iterator[Chunk]:
    """The clips in chunks, for so many nodes."""
    listed = list(clips)
    size = min(MOST_CLIPS, max(1, len(listed) // (_ROUNDS * max(1, nodes))))
    for start in range(0, len(listed), size):
        yield Chunk(tuple(listed[start : start + size]))
