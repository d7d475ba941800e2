"""What is said, and when each word is."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from pydantic import Field

from audiorouter.clips import Clip
from audiorouter.toolbox.interface import Domain, Finding, NoArguments, Tool
from audiorouter.toolbox.phrases import count_of, listing, seconds, spelled

QUOTE_LIMIT = 600
"""Characters of the transcript that the reasoner is shown; the data hold all of it."""
_UNSURE = -1.0
"""Mean log probability a token below which a transcript is called unsure."""


class TranscribeArguments(NoArguments):
    """Which language is spoken."""

    language: str = Field(
        default="en",
        pattern="^[a-z]{2}$",
        description="ISO 639-1 code of the language that is spoken.",
    )


class _Word(NamedTuple):
    text: str
    start: float
    end: float


class Transcribe(Tool[TranscribeArguments]):
    """Words through Whisper: tiny.en for English, base for other languages."""

    name = "transcribe"
    description = (
        "Writes down what is said: the sentence, its words and how many they are, with their "
        "times. Helps with what somebody says or asks for, and which word, name, number or digit "
        "is spoken."
    )
    examples = (
        "What does the speaker say?",
        "Which word is mentioned?",
        "What is the last word?",
        "What number is read out?",
        "How many words are said?",
        "What is the person talking about?",
    )
    version = "2"
    licence = "MIT"
    domain = Domain.SPEECH
    Arguments = TranscribeArguments
    packages = ("faster-whisper",)
    extra = "speech"
    weights = ("whisper-tiny-en", "whisper-base")

    def load(self) -> None:
        """Load the English model; the other one is loaded when it is first asked for."""
        from audiorouter.toolbox.speech.whisper import ENGLISH, whisper

        whisper(ENGLISH)

    def run(self, clip: Clip, arguments: TranscribeArguments) -> Finding:
        """Transcribe."""
        from audiorouter.toolbox.speech.whisper import ENGLISH, MULTILINGUAL, SAMPLE_RATE, whisper

        model = whisper(ENGLISH if arguments.language == "en" else MULTILINGUAL)
        # Without its voice filter Whisper hears words in tones and noise.
        found, _info = model.transcribe(
            clip.mono(SAMPLE_RATE),
            language=arguments.language,
            beam_size=1,
            temperature=0.0,
            word_timestamps=True,
            vad_filter=True,
            condition_on_previous_text=False,
        )
        segments = list(found)
        text = " ".join(segment.text.strip() for segment in segments).strip()
        if not text:
            return Finding({"text": "", "words": []}, "No speech is recognised.")
        words = _words(segments)
        confidence = sum(segment.avg_logprob for segment in segments) / len(segments)
        data = {
            "text": text,
            "language": arguments.language,
            "mean_log_probability": round(float(confidence), 3),
            "words": [{"word": w.text, "start_s": w.start, "end_s": w.end} for w in words],
        }
        return Finding(data, _sentence(text, words, float(confidence)))


def _words(segments: list[Any]) -> list[_Word]:
    return [
        _Word(word.word.strip(), round(float(word.start), 2), round(float(word.end), 2))
        for segment in segments
        for word in segment.words or ()
    ]


def _sentence(text: str, words: list[_Word], confidence: float) -> str:
    quoted = text if len(text) <= QUOTE_LIMIT else text[:QUOTE_LIMIT].rsplit(" ", 1)[0] + " …"
    sure = "" if confidence >= _UNSURE else " (hard to make out)"
    span = ""
    if words:
        span = f" ({count_of(len(words), 'word')}, "
        span += f"from {words[0].start:.1f} to {seconds(words[-1].end)})"
    return f'The speech says{sure}: "{quoted}"{_numbers(quoted)}{span}.'


def _numbers(text: str) -> str:
    """Numbers that the transcript gives in digits, spelled out, as choices often have them."""
    found = re.findall(r"(?<![\d.,:-])\d{1,2}(?![\d:-]|[.,]\d)", text)
    return f" ({listing([spelled(int(number)) for number in found])})" if found else ""
