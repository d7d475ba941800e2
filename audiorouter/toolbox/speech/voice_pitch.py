"""How high each speaker's voice is. It says nothing of who they are: not sex, not age."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from audiorouter.clips import Clip
from audiorouter.toolbox.frontends.audio_kinds import NO_SPEECH
from audiorouter.toolbox.interface import Domain, Finding, Tool
from audiorouter.toolbox.phrases import listing, spelled
from audiorouter.toolbox.speech.speakers import SpeakerArguments

if TYPE_CHECKING:
    from audiorouter.toolbox.frontends.crepe import PitchTrack
    from audiorouter.toolbox.frontends.speaker_turns import Turn
    from audiorouter.toolbox.frontends.speaking_style import PitchSpan


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
    )
    version = "4"
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
            ]
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
            f"The pitch of the voice is {voice.pitch.median:.0f} Hz on average, "
            f"between {voice.pitch.low:.0f} and {voice.pitch.high:.0f} Hz."
        )
    each = listing([f"speaker {v.speaker + 1} {v.pitch.median:.0f} Hz" for v in voices])
    high, low = max(voices, key=_median), min(voices, key=_median)
    return (
        f"The pitch of the voices: {each}. The deepest voice is {_ordinal(low.speaker)}. "
        f"The highest voice is {_ordinal(high.speaker)}."
    )


def _median(voice: _Voice) -> float:
    return voice.pitch.median


def _ordinal(speaker: int) -> str:
    named = ("the first", "the second", "the third", "the fourth")
    return named[speaker] if speaker < len(named) else f"number {spelled(speaker + 1)}"
