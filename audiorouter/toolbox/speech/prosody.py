"""How something is said: pitch, loudness, pace, pauses and voice, by speaker and by turn."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from audiorouter.clips import Clip
from audiorouter.toolbox.frontends.audio_kinds import NO_SPEECH
from audiorouter.toolbox.greatest import clearly_greatest
from audiorouter.toolbox.interface import Domain, Finding, Tool
from audiorouter.toolbox.lengths import span
from audiorouter.toolbox.phrases import count_of, listing, superlative
from audiorouter.toolbox.speech.speakers import SpeakerArguments

if TYPE_CHECKING:
    from audiorouter.toolbox.frontends.speaker_turns import Turn
    from audiorouter.toolbox.frontends.speaking_style import Style

SHORTEST_TURN = 0.8
"""Seconds below which a turn is too short to say how it is said."""
HIGHER_SEMITONES, LOUDER_DB, CLEARER_DB = 2.0, 4.0, 4.0
"""From which difference on a turn is called higher, louder or clearer than others.

None is called faster: over a few seconds the words themselves move the pace as much as a speaker
does, so that it is told as a number only.
"""
FLAT_SEMITONES, LIVELY_SEMITONES = 6.0, 14.0
"""Range of the pitch below and above which a voice is called monotonous and lively."""
LIVELIER_SEMITONES = 4.0
"""Difference of two speakers' ranges from which one is livelier: half of the way from monotonous
to lively."""
MOVES_SEMITONES = 2.0
_NAMED = 8


class Difference(NamedTuple):
    """How far a turn is from another way of speaking, in units of what is called a difference."""

    higher: float
    louder: float
    clearer: float

    @property
    def words(self) -> list[str]:
        """What it is called, the clearest first; empty where nothing differs enough."""
        names = {
            ("higher", "lower"): self.higher,
            ("louder", "quieter"): self.louder,
            ("clearer in voice", "breathier or hoarser"): self.clearer,
        }
        said = [(abs(by), pair[by < 0]) for pair, by in names.items() if abs(by) >= 1]
        return [word for _, word in sorted(said, reverse=True)]


class _Part(NamedTuple):
    turn: Turn
    style: Style
    others: Difference | None
    """How it differs from its speaker's other turns; None where there are none."""


class Prosody(Tool[SpeakerArguments]):
    """CREPE's pitch, levels, syllable nuclei and harmonicity over the turns of each speaker."""

    name = "prosody"
    description = (
        "Measures how something is said: how high, lively or monotonous, loud and fast each "
        "speaker talks, with which pauses, and in which turns the same speaker talks higher "
        "or louder than in the others. Helps with tone, mood, stress and excitement of a voice, "
        "and with whether it changes."
    )
    not_for = (
        "Not for the words that are said, nor for the name of an emotion: it tells what is heard "
        "of the voice, not what the person feels."
    )
    examples = (
        "How does the speaker's tone change?",
        "Does the woman sound excited or calm?",
        "Who speaks louder?",
        "Does the voice rise at the end?",
        "Is the speaker's voice monotonous or lively?",
        "Is the reader's delivery flat, or does it have plenty of intonation?",
        "Describe the manner in which the commentator talks as the goal is scored.",
        "Does he sound bored when he answers, compared to when he asks?",
        "Which participant sounds livelier, the older one who starts or the one who responds?",
        "Which of these fits the delivery: whispering hesitation, droning or animated enthusiasm?",
        "Judging by her voice alone, how does the mother's mood shift during the quarrel?",
        "Is the second utterance said with more energy than the first by the same man?",
        "True or false: the caller's voice stays equally restrained in all his answers.",
    )
    version = "5"
    licence = "MIT"
    domain = Domain.SPEECH
    Arguments = SpeakerArguments
    packages = ("torch", "scipy")
    weights = ("silero-vad", "yamnet", "resemblyzer", "crepe-tiny")

    def load(self) -> None:
        """Load the networks."""
        from audiorouter.toolbox.frontends.crepe import crepe
        from audiorouter.toolbox.frontends.voices import load_networks

        load_networks()
        crepe()

    def run(self, clip: Clip, arguments: SpeakerArguments) -> Finding:
        """Measure each speaker and each turn, and compare turns with those of the same speaker."""
        from audiorouter.toolbox.frontends.speaking_style import style
        from audiorouter.toolbox.frontends.voices import voices

        turns = voices(clip, arguments.count).turns
        if not turns:
            return Finding.not_measured(NO_SPEECH, speakers=[], turns=[])
        spoken: dict[int, list[Turn]] = {}
        for turn in turns:
            spoken.setdefault(turn.speaker, []).append(turn)
        speakers = {
            who: found
            for who, of_speaker in sorted(spoken.items())
            if (found := style(clip, [(turn.start, turn.end) for turn in of_speaker])) is not None
        }
        if not speakers:
            return Finding.not_measured("no voice has a clear pitch", speakers=[], turns=[])
        parts = _parts(clip, turns)
        leads = _foremost(speakers)
        data = {
            "speakers": [{"speaker": who + 1} | _measures(one) for who, one in speakers.items()],
            "turns": [_turn_data(part) for part in parts],
            **{aspect: None if who is None else who + 1 for aspect, who in leads.items()},
        }
        return Finding(
            data,
            " ".join(
                [
                    *_speaker_lines(speakers),
                    *_comparison(leads, len(speakers)),
                    *_turn_lines(parts),
                ]
            ),
            self.confidence(_evidence(parts)),
        )


def difference(one: Style, other: Style) -> Difference:
    """How far `one` is from `other`: 1 is where a difference is first called one."""
    import numpy as np

    return Difference(
        higher=float(12 * np.log2(one.pitch_hz / other.pitch_hz)) / HIGHER_SEMITONES,
        louder=(one.level_db - other.level_db) / LOUDER_DB,
        clearer=(one.harmonicity_db - other.harmonicity_db) / CLEARER_DB,
    )


def _parts(clip: Clip, turns: Sequence[Turn]) -> list[_Part]:
    from audiorouter.toolbox.frontends.speaking_style import style

    long = [turn for turn in turns if turn.end - turn.start >= SHORTEST_TURN]
    parts = []
    for turn in long:
        own = style(clip, [(turn.start, turn.end)])
        if own is None:
            continue
        rest = [(t.start, t.end) for t in long if t.speaker == turn.speaker and t is not turn]
        others = style(clip, rest) if rest else None
        parts.append(_Part(turn, own, None if others is None else difference(own, others)))
    return parts


def _evidence(parts: Sequence[_Part]) -> float:
    """How far the nearest difference is from where it would be called otherwise; else 0."""
    compared = [by for part in parts if part.others is not None for by in part.others[:2]]
    return 3 * min(abs(abs(by) - 1) for by in compared) if compared else 0.0


def _measures(style: Style) -> dict[str, Any]:
    return {
        "pitch_hz": round(style.pitch_hz, 1),
        "pitch_range_semitones": round(style.range_semitones, 1),
        "pitch_movement_semitones": round(style.movement_semitones, 1),
        "level_db": round(style.level_db, 1),
        "syllables_per_second": round(style.syllables_per_second, 2),
        "pauses": style.pauses,
        "pause_s": round(style.pause_seconds, 2),
        "harmonicity_db": round(style.harmonicity_db, 1),
    }


def _turn_data(part: _Part) -> dict[str, Any]:
    turn = part.turn
    place = {"start_s": round(turn.start, 2), "end_s": round(turn.end, 2)}
    differs = None if part.others is None else part.others.words
    own = {"speaker": turn.speaker + 1} | place | _measures(part.style)
    return own | {"unlike_their_other_turns": differs}


def _speaker_lines(speakers: dict[int, Style]) -> list[str]:
    alone = len(speakers) == 1
    return [
        f"{'The voice' if alone else f'The voice of speaker {who + 1}'} is {_liveliness(style)}: "
        f"{style.pitch_hz:.0f} Hz on average over {style.range_semitones:.0f} semitones, "
        f"{style.syllables_per_second:.1f} syllables per second, "
        f"{count_of(style.pauses, 'pause') if style.pauses else 'no pause'}."
        for who, style in list(speakers.items())[:_NAMED]
    ]


def _liveliness(style: Style) -> str:
    semitones = round(style.range_semitones)  # as they are said
    if semitones < FLAT_SEMITONES:
        return "monotonous"
    return "lively" if semitones > LIVELY_SEMITONES else "moderately varied"


def _foremost(speakers: dict[int, Style]) -> dict[str, int | None]:
    """Which speaker is the loudest, the highest and the liveliest, where one is clearly so."""
    levels = {who: style.level_db for who, style in speakers.items()}
    semitones = {who: 12 * math.log2(style.pitch_hz) for who, style in speakers.items()}
    ranges = {who: style.range_semitones for who, style in speakers.items()}
    return {
        "loudest": clearly_greatest(levels, margin=LOUDER_DB / 2),
        "highest": clearly_greatest(semitones, margin=HIGHER_SEMITONES),
        "liveliest": clearly_greatest(ranges, margin=LIVELIER_SEMITONES),
    }


def _comparison(leads: dict[str, int | None], speakers: int) -> list[str]:
    words = {
        "loudest": superlative(speakers, "is the louder one", "is the loudest"),
        "highest": superlative(speakers, "has the higher voice", "has the highest voice"),
        "liveliest": superlative(speakers, "is the livelier one", "is the liveliest"),
    }
    return [
        f"Speaker {who + 1} {words[aspect]}." for aspect, who in leads.items() if who is not None
    ]


def _turn_lines(parts: Sequence[_Part]) -> list[str]:
    """The turns that differ from the others of their speaker; or how the one turn moves."""
    if not any(part.others for part in parts):
        alone = len({part.turn.speaker for part in parts}) == 1
        return [_movement(part, alone=alone) for part in parts[:_NAMED]]
    differing = [part for part in parts if part.others is not None and part.others.words]
    if not differing:
        return ["Nobody changes their way of speaking clearly from turn to turn."]
    return [
        f"Speaker {part.turn.speaker + 1}, {span(part.turn.start, part.turn.end)}: "
        f"{listing(part.others.words)} than in their other turns."
        for part in differing[:_NAMED]
        if part.others is not None
    ]


def _movement(part: _Part, *, alone: bool) -> str:
    by = part.style.movement_semitones
    who = "" if alone else f" of speaker {part.turn.speaker + 1}"
    if abs(by) < MOVES_SEMITONES:
        return f"The pitch{who} stays about level."
    return f"The pitch{who} {'rises' if by > 0 else 'falls'} by {abs(by):.0f} semitones."
