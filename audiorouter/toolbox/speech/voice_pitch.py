"""How high each speaker's voice is. It says nothing of who they are: not sex, not age."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from audiorouter.clips import Clip
from audiorouter.toolbox.frontends.audio_kinds import NO_SPEECH
from audiorouter.toolbox.interface import Domain, Finding, Tool
from audiorouter.toolbox.phrases import listing, ordinal, superlative
from audiorouter.toolbox.speech.speakers import SpeakerArguments

if TYPE_CHECKING:
    from audiorouter.toolbox.frontends.crepe import PitchTrack
    from audiorouter.toolbox.frontends.speaker_turns import Turn
    from audiorouter.toolbox.frontends.speaking_style import PitchSpan

APART_SEMITONES = 1.0
"""Distance of two voices below which neither is called higher: it is measured to within that."""
DEEP_HZ, HIGH_HZ = 130.0, 190.0
"""Median pitch below which a speaking voice is deep and above which it is high: the means of men
and of women, of whom most speak between 100 and 130 Hz and between 190 and 220 Hz (Baken &
Orlikoff, Clinical Measurement of Speech and Voice, 2000)."""


class _Voice(NamedTuple):
    speaker: int
    pitch: PitchSpan


class VoicePitch(Tool[SpeakerArguments]):
    """CREPE's fundamental frequency over the turns of each speaker."""

    name = "voice_pitch"
    description = (
        "Measures how high or low each speaker's voice is: fundamental frequency in Hz with its "
        "range, and which of several speakers has the higher or deeper voice."
    )
    not_for = "Not for who speaks, of which sex or age, nor for the notes that are sung or played."
    examples = (
        "Which speaker has the deeper voice?",
        "How high is the voice in Hz?",
        "Is the second voice higher or lower than the first?",
        "What's the average F0 of the person who talks?",
        "Does the second person talk at a higher register than the first?",
        "Rank the three panellists from lowest voice to highest.",
        "Is the first talker a bass and the second more of a soprano, or the reverse?",
        "By how many hertz do the voices of the two callers differ?",
        "My voice training aims at 180 Hz when I talk. Am I there?",
        "True or false: both talkers' voices lie above 200 Hz.",
        "Who has the deeper voice, the host or the guest?",
    )
    version = "6"
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
        """Track the pitch and read it off turn by turn."""
        from audiorouter.toolbox.frontends.crepe import pitch_track
        from audiorouter.toolbox.frontends.speaking_style import VOICED
        from audiorouter.toolbox.frontends.voices import voices

        turns = voices(clip, arguments.count).turns
        if not turns:
            return Finding.not_measured(NO_SPEECH, speakers=[])
        track = pitch_track(clip)
        heard = _voices(track, turns)
        if not heard:
            return Finding.not_measured("no voice has a clear pitch", speakers=[])
        data = {
            "speakers": [
                {
                    "speaker": v.speaker + 1,
                    "median_hz": round(v.pitch.median, 1),
                    "low_hz": round(v.pitch.low, 1),
                    "high_hz": round(v.pitch.high, 1),
                    "change_semitones": round(v.pitch.change_semitones, 1),
                }
                for v in heard
            ],
            "deepest": _deepest(heard),
            "highest": _highest(heard),
        }
        clear = track.confidence[track.confidence >= VOICED]
        evidence = 5 * float(clear.mean()) if len(clear) else 0.0
        return Finding(data, _sentence(heard), self.confidence(evidence))


def _voices(track: PitchTrack, turns: Sequence[Turn]) -> list[_Voice]:
    from audiorouter.toolbox.frontends.speaking_style import pitch_span, voiced_within

    voices = []
    for speaker in sorted({turn.speaker for turn in turns}):
        spoken = [(turn.start, turn.end) for turn in turns if turn.speaker == speaker]
        pitch = pitch_span(track.frequency[voiced_within(track, spoken)])
        if pitch is not None:
            voices.append(_Voice(speaker, pitch))
    return voices


def _sentence(voices: list[_Voice]) -> str:
    if len(voices) == 1:
        (voice,) = voices
        return (
            f"The voice is {_height(voice.pitch.median)}: its pitch is "
            f"{voice.pitch.median:.0f} Hz on average, "
            f"between {voice.pitch.low:.0f} and {voice.pitch.high:.0f} Hz."
        )
    each = listing([f"speaker {v.speaker + 1} {v.pitch.median:.0f} Hz" for v in voices])
    deepest, highest = _deepest(voices), _highest(voices)
    if deepest is None and highest is None:
        return f"The pitch of the voices: {each}. They are about as high as each other."
    lowest = superlative(len(voices), "deeper", "deepest")
    topmost = superlative(len(voices), "higher", "highest")
    low = "No voice is clearly the deepest" if deepest is None else (
        f"The {lowest} voice is {ordinal(deepest)}"
    )  # fmt: skip
    high = "No voice is clearly the highest" if highest is None else (
        f"The {topmost} voice is {ordinal(highest)}"
    )  # fmt: skip
    return f"The pitch of the voices: {each}. {low}. {high}."


def _height(hertz: float) -> str:
    said = round(hertz)
    return "deep" if said < DEEP_HZ else "high" if said > HIGH_HZ else "of middle height"


def _highest(voices: Sequence[_Voice]) -> int | None:
    """Number, from 1, of the speaker whose voice is clearly higher than all others."""
    first, *others = sorted(voices, key=lambda voice: -voice.pitch.median)
    apart = bool(others) and _semitones(others[0], first) >= APART_SEMITONES
    return first.speaker + 1 if apart else None


def _deepest(voices: Sequence[_Voice]) -> int | None:
    first, *others = sorted(voices, key=lambda voice: voice.pitch.median)
    apart = bool(others) and _semitones(first, others[0]) >= APART_SEMITONES
    return first.speaker + 1 if apart else None


def _semitones(low: _Voice, high: _Voice) -> float:
    return 12 * math.log2(high.pitch.median / low.pitch.median)
