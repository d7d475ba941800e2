"""Which language is spoken."""

from __future__ import annotations

import math
import re

from audiorouter.clips import Clip
from audiorouter.toolbox.frontends.audio_kinds import without_speech
from audiorouter.toolbox.interface import Domain, Finding, SpanArguments, Tool

CLEAR = 0.6
"""Probability from which a language is called certain; mistakes were seen at 0.54 and below."""
NAMES = {
    "ar": "Arabic", "cs": "Czech", "da": "Danish", "de": "German", "el": "Greek", "en": "English",
    "es": "Spanish", "fi": "Finnish", "fr": "French", "he": "Hebrew", "hi": "Hindi",
    "hu": "Hungarian", "id": "Indonesian", "it": "Italian", "ja": "Japanese", "ko": "Korean",
    "nl": "Dutch", "no": "Norwegian", "pl": "Polish", "pt": "Portuguese", "ro": "Romanian",
    "ru": "Russian", "sv": "Swedish", "th": "Thai", "tr": "Turkish", "uk": "Ukrainian",
    "vi": "Vietnamese", "zh": "Chinese",
}  # fmt: skip
_IN_LANGUAGE = re.compile(rf"\b(?:in|the|this|of) ({'|'.join(NAMES.values())})\b", re.IGNORECASE)
_LANGUAGE = re.compile(rf"\b({'|'.join(NAMES.values())})\b", re.IGNORECASE)


def language_in(question: str) -> str | None:
    """ISO code of the one language that a question says is spoken, or None.

    >>> language_in("What does the French speaker say?"), language_in("French or Italian?")
    ('fr', None)
    """
    named = {name.lower() for name in _LANGUAGE.findall(question)}
    match = _IN_LANGUAGE.search(question)
    if match is None or len(named) > 1:
        return None
    return next(code for code, name in NAMES.items() if name.lower() == match[1].lower())


class SpokenLanguage(Tool[SpanArguments]):
    """Language identification by Whisper base, where Silero hears speech at all."""

    name = "spoken_language"
    description = "Tells which language is spoken, such as English, French, Spanish or Russian."
    not_for = "Not for dialects or accents, nor for the language of what is sung."
    examples = (
        "Which language is being spoken?",
        "Is the speaker talking in German or in French?",
    )
    version = "3"
    licence = "MIT"
    domain = Domain.SPEECH
    Arguments = SpanArguments
    packages = ("faster-whisper",)
    extra = "speech"
    weights = ("whisper-base", "silero-vad", "yamnet")

    def load(self) -> None:
        """Load both networks."""
        from audiorouter.toolbox.frontends.speech import load_networks
        from audiorouter.toolbox.frontends.whisper import MULTILINGUAL, whisper

        whisper(MULTILINGUAL)
        load_networks()

    def run(self, clip: Clip, arguments: SpanArguments) -> Finding:
        """Identify the language."""
        from audiorouter.toolbox.frontends.whisper import MULTILINGUAL, SAMPLE_RATE, whisper

        if (reason := without_speech(clip)) is not None:
            return Finding.not_measured(reason, language=None)
        _, _, ranked = whisper(MULTILINGUAL).detect_language(clip.mono(SAMPLE_RATE))
        top = [(code, round(float(probability), 3)) for code, probability in ranked[:3]]
        (code, probability), (other, _) = top[0], top[1]
        data = {
            "language": code,
            "probability": probability,
            "candidates": [{"language": c, "probability": p} for c, p in top],
        }
        name = NAMES.get(code, code)
        inside = min(0.99, max(0.01, probability))
        evidence = math.log(inside / (1 - inside))
        if probability >= CLEAR:
            text = f"The language that is spoken is {name}."
            return Finding(data, text, self.confidence(evidence))
        return Finding(
            data,
            f"The language is not certain: perhaps {name}, perhaps {NAMES.get(other, other)}.",
            self.confidence(evidence),
        )
