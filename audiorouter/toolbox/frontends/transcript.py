"""What Whisper makes of a clip, computed once for all tools that want it."""

from __future__ import annotations

from typing import NamedTuple

from audiorouter.clips import Clip
from audiorouter.toolbox.frontends.whisper import ENGLISH, MULTILINGUAL, SAMPLE_RATE, whisper


class Word(NamedTuple):
    """A recognised word; times in s."""

    text: str
    start: float
    end: float


class Transcript(NamedTuple):
    """The text, its words, and Whisper's mean log-probability a token (0 where there is none)."""

    text: str
    words: list[Word]
    confidence: float


def transcript(clip: Clip, language: str) -> Transcript:
    """Words of the clip: tiny.en for English, base for other languages."""
    return clip.shared(f"transcript {language}", lambda: _transcribe(clip, language))


def _transcribe(clip: Clip, language: str) -> Transcript:
    # Without its voice filter Whisper hears words in tones and noise.
    heard, _info = whisper(ENGLISH if language == "en" else MULTILINGUAL).transcribe(
        clip.mono(SAMPLE_RATE),
        language=language,
        beam_size=1,
        temperature=0.0,
        word_timestamps=True,
        vad_filter=True,
        condition_on_previous_text=False,
    )
    segments = list(heard)
    words = [
        Word(word.word.strip(), round(float(word.start), 2), round(float(word.end), 2))
        for segment in segments
        for word in segment.words or ()
    ]
    confidence = sum(segment.avg_logprob for segment in segments) / max(1, len(segments))
    text = " ".join(segment.text.strip() for segment in segments).strip()
    return Transcript(text, words, float(confidence))
