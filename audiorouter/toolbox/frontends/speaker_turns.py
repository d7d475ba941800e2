"""Turns of speakers, as both diarizers give them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from audiorouter.toolbox.greatest import clearly_greatest
from audiorouter.toolbox.lengths import SHOWN, length, span
from audiorouter.toolbox.phrases import (
    count_of,
    listing,
    number_word,
    ordinal,
    seconds,
    superlative,
)

LONGER = 1.25
"""Factor between the seconds of two speakers from which one talks longer: a tenth of the time is
given to the wrong one, which may be taken from the one and added to the other."""


class Turn(NamedTuple):
    """A stretch in which one person speaks; times in s, `speaker` counts from 0."""

    start: float
    end: float
    speaker: int


def turns_data(turns: Sequence[Turn]) -> dict[str, Any]:
    """The turns as data of a finding; speakers are numbers from 1."""
    talk = _talk(turns)
    longest = _longest(_told_talk(turns))
    return {
        "speakers": len(talk),
        "seconds_by_speaker": [round(total, 2) for total in talk],
        "talks_longest": None if longest is None else longest + 1,
        "first_speaker": _first(turns).speaker + 1,
        "last_speaker": _last(turns).speaker + 1,
        "turns": [
            {"start_s": round(t.start, 2), "end_s": round(t.end, 2), "speaker": t.speaker + 1}
            for t in turns
        ],
    }


def describe_turns(turns: Sequence[Turn]) -> str:
    """The turns as a sentence."""
    talk = _talk(turns)
    if len(talk) == 1:
        return "One (1) person speaks; there is a single speaker."
    spoken = [f"speaker {t.speaker + 1} from {span(t.start, t.end)}" for t in turns[:SHOWN]]
    more = " …" if len(turns) > SHOWN else ""
    people = count_of(len(talk), "different speaker").capitalize()
    return (
        f"{people}, who take turns: {listing(spoken)}{more}. {_shares(_told_talk(turns))} "
        f"Speaker {_first(turns).speaker + 1} speaks first, speaker {_last(turns).speaker + 1} "
        f"last. The number of people who speak is {number_word(len(talk))}."
    )


def _talk(turns: Sequence[Turn]) -> list[float]:
    """Seconds of each speaker."""
    speakers = 1 + max(turn.speaker for turn in turns)
    return [sum(t.end - t.start for t in turns if t.speaker == who) for who in range(speakers)]


def _told_talk(turns: Sequence[Turn]) -> list[float]:
    """Seconds of each speaker, by the turns as they are said where all of them are, unless those
    are so short that nothing is left of them."""
    told = _talk([Turn(0.0, length(t.start, t.end), t.speaker) for t in turns])
    return told if len(turns) <= SHOWN and any(told) else _talk(turns)


def _longest(talk: Sequence[float]) -> int | None:
    """Who talks clearly longer than every other speaker."""
    return clearly_greatest(dict(enumerate(talk)), factor=LONGER)


def _shares(talk: Sequence[float]) -> str:
    """Who talks longest, and how much each does."""
    longest = _longest(talk)
    each = [
        f"speaker {who + 1} {seconds(spoken)} ({spoken / sum(talk):.0%})"
        for who, spoken in enumerate(talk[:SHOWN])
    ]
    if longest is not None:
        more = superlative(len(talk), "more", "the most")
        said = f"{ordinal(longest + 1)} speaker talks {more}".capitalize()
    elif max(talk) < LONGER * min(talk):
        said = "They talk about as long as each other"
    else:
        said = "Nobody talks clearly longer than every other"
    return f"{said}: {listing(each)}."


def _first(turns: Sequence[Turn]) -> Turn:
    return min(turns, key=lambda turn: turn.start)


def _last(turns: Sequence[Turn]) -> Turn:
    return max(turns, key=lambda turn: turn.end)
