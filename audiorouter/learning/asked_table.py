"""What is asked for a table of outcomes, and what came of it, before anybody reckons its costs."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import NamedTuple

from audiorouter.clips import ClipFacts
from audiorouter.learning.outcome_table import Calls
from audiorouter.questions import Question
from audiorouter.routing.interface import RouteRequest
from audiorouter.store import StoredOutcome


class HeardQuestion(NamedTuple):
    """A question with its clip, and as a router gets it."""

    question: Question
    request: RouteRequest

    @property
    def clip(self) -> ClipFacts:
        """What its clip is."""
        return self.request.facts


class Result(NamedTuple):
    """What came of asking: an outcome, or none where the reasoner failed."""

    stored: StoredOutcome | None
    kept: bool = True
    """Whether the store has it."""


Tried = Callable[[Sequence[RouteRequest]], Sequence[Collection[Calls]]]
"""The routes that are tried for each question; its direct answer always is."""


Elsewhere = Callable[[Sequence[tuple[Question, Calls]]], None]
"""Has pairs of questions and routes computed, and what is found put into the store."""


class AskedShare(NamedTuple):
    """A share of a table whose questions were asked, before anybody reckons what routes cost."""

    columns: tuple[Calls, ...]
    mine: Mapping[int, HeardQuestion]
    """The questions of the shard by position."""
    replies: Mapping[tuple[int, Calls], Result]
    """What came of them, by position and route; those that were not tried are not there."""
    left_out: Mapping[int, tuple[str, str]]


def tried_of(
    heard: Mapping[int, HeardQuestion], columns: Sequence[Calls], tried: Tried | None
) -> dict[int, Sequence[Calls]]:
    """The routes by which each question is asked, in the order of the columns."""
    if tried is None:
        return dict.fromkeys(heard, columns)
    among = tried([item.request for item in heard.values()])
    return {
        i: [calls for calls in columns if not calls or calls in some]
        for i, some in zip(heard, among, strict=True)
    }
