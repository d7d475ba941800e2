"""Turns of speakers, as both diarizers give them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from audiorouter.toolbox.phrases import count_of, listing, number_word, seconds

_NAMED = 8


class Turn(NamedTuple):
    """A stretch in which one person speaks; times in s, `speaker` counts from 0."""

    start: float
    end: float
    speaker: int


def turns_data(turns: Sequence[Turn]) -> dict[str, Any]:
    """The turns as data of a finding."""
    speakers = len({turn.speaker for turn in turns})
    talk = [sum(t.end - t.start for t in turns if t.speaker == who) for who in range(speakers)]
    return {
        "speakers": speakers,
        "seconds_by_speaker": [round(total, 2) for total in talk],
        "turns": [
            {"start_s": round(t.start, 2), "end_s": round(t.end, 2), "speaker": t.speaker + 1}
            for t in turns
        ],
    }


def describe_turns(turns: Sequence[Turn]) -> str:
    """The turns as a sentence."""
    speakers = len({turn.speaker for turn in turns})
    if speakers == 1:
        return "One (1) person speaks; there is a single speaker."
    spoken = [
        f"speaker {t.speaker + 1} from {t.start:.1f} to {seconds(t.end)}" for t in turns[:_NAMED]
    ]
    more = " …" if len(turns) > _NAMED else ""
    people = count_of(speakers, "different speaker").capitalize()
    return (
        f"{people}, who take turns: {listing(spoken)}{more}. "
        f"The number of people who speak is {number_word(speakers)}."
    )
