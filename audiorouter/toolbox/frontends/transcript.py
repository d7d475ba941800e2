"""What Whisper makes of a clip, computed once for all tools that want it."""

from __future__ import annotations

from typing import NamedTuple

from audiorouter.clips import Clip
from audiorouter.toolbox.frontends.speech import words_may_be_heard
from audiorouter.toolbox.frontends.whisper import (
    ENGLISH,
    MULTILINGUAL,
    SAMPLE_RATE,
    languages,
    weighed,
    whisper,
)
from audiorouter.toolbox.frontends.yamnet import yamnet

SHORTEST = 0.2
"""Seconds of a clip below which it holds no word: of speech that was cut to less, Whisper makes
"Thank you"."""
FASTEST = 40
"""Characters a second of a clip beyond which nobody speaks: what has more was made up."""
UNHEARD = 0.15
"""Probability of English below which a language may be taken that is more probable."""


class Word(NamedTuple):
    """A recognised word; times in s."""

    text: str
    start: float
    end: float


class Transcript(NamedTuple):
    """What is said, and in which language."""

    text: str
    words: list[Word]
    confidence: float
    """Whisper's mean log-probability a token, 0 where there is none."""
    language: str | None
    """ISO 639 code; None where there are no words to tell it by and it was not told."""
    language_probability: float | None
    """How probable it is, by what Whisper hears and by how common it is; None where it was told,
    or is not known."""


def load_networks() -> None:
    """Load what clips are transcribed with."""
    whisper(ENGLISH)
    whisper(MULTILINGUAL)
    yamnet()


def transcript(clip: Clip, language: str | None = None) -> Transcript:
    """Words of the clip: tiny.en for English, base for other languages.

    Without a `language` Whisper base listens for it. It is English unless that is improbable:
    short English sentences are taken for Chinese or Japanese, with English as the next. Else it is
    the likeliest one, see `weighed`. Whisper does not listen where YAMNet hears neither speech nor
    singing, or the clip is too short to hold a word; nor is it believed where it hears more than
    can be said in that time. How well words are recognised that are sung or rapped was not
    measured: no recordings of them were at hand.
    """
    if clip.duration < SHORTEST or not words_may_be_heard(clip):
        return Transcript("", [], 0.0, language, None)
    probability = None
    if language is None:
        ranked, seconds = clip.shared("language", lambda: languages(clip.mono(SAMPLE_RATE)))
        if not ranked:
            return Transcript("", [], 0.0, None, None)
        likely = weighed(ranked, seconds)
        language = likely[0][0] if dict(ranked).get("en", 0.0) < UNHEARD else "en"
        probability = dict(likely)[language]
    spoken = language
    name = "transcript en" if spoken == "en" else "transcript of another language"
    heard = clip.shared(name, lambda: _transcribe(clip, spoken), of=spoken)
    if len(heard.text) > FASTEST * clip.duration:
        return Transcript("", [], 0.0, None, None)
    return heard._replace(language_probability=probability)


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
    return Transcript(text, words, float(confidence), language, None)
