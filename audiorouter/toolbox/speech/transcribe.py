"""What is said, and when each word is."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pydantic import Field

from audiorouter.clips import Clip
from audiorouter.toolbox.interface import Domain, Finding, SpanArguments, Tool
from audiorouter.toolbox.phrases import counted, listing, seconds, spelled
from audiorouter.toolbox.speech.language import language_in

if TYPE_CHECKING:
    from audiorouter.toolbox.frontends.transcript import Word

QUOTE_LIMIT = 600
"""Characters of the transcript that the reasoner is shown; the data hold all of it."""
_MARKS = ".,;:!?\"'"
_UNSURE = -1.0
"""Mean log probability a token below which a transcript is called unsure."""


class TranscribeArguments(SpanArguments):
    """Which language is spoken."""

    language: str = Field(
        default="en",
        pattern="^[a-z]{2}$",
        description="ISO 639-1 code of the language that is spoken.",
    )


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
    version = "4"
    licence = "MIT"
    domain = Domain.SPEECH
    Arguments = TranscribeArguments
    packages = ("faster-whisper",)
    extra = "speech"
    weights = ("whisper-tiny-en", "whisper-base")

    def load(self) -> None:
        """Load the English model; the other one is loaded when it is first asked for."""
        from audiorouter.toolbox.frontends.whisper import ENGLISH, whisper

        whisper(ENGLISH)

    def run(self, clip: Clip, arguments: TranscribeArguments) -> Finding:
        """Transcribe."""
        from audiorouter.toolbox.frontends.transcript import transcript

        text, words, confidence = transcript(clip, arguments.language)
        if not text:
            return Finding({"text": "", "words": []}, "No speech is recognised.")
        data = {
            "text": text,
            "language": arguments.language,
            "mean_log_probability": round(confidence, 3),
            "words": [{"word": w.text, "start_s": w.start, "end_s": w.end} for w in words],
        }
        return Finding(data, _sentence(text, words, confidence))

    def arguments_in(self, question: str, choices: tuple[str, ...]) -> dict[str, Any]:
        """The span, and the language that the question says is spoken."""
        arguments = super().arguments_in(question, choices)
        code = language_in(question)
        return arguments | ({"language": code} if code not in (None, "en") else {})


def _sentence(text: str, words: list[Word], confidence: float) -> str:
    quoted = text if len(text) <= QUOTE_LIMIT else text[:QUOTE_LIMIT].rsplit(" ", 1)[0] + " …"
    sure = "" if confidence >= _UNSURE else " (hard to make out)"
    sentence = f'The speech says{sure}: "{quoted}"{_numbers(quoted)}.'
    if not words:
        return sentence
    span = f"Speech from {words[0].start:.1f} to {seconds(words[-1].end)}"
    if len(words) > 2:
        span += f'; the last word is "{words[-1].text.strip(_MARKS)}"'
    # The count comes last and in words of its own: numbers that are said are no answer to how many.
    return f"{span}. {sentence} The number of words spoken is {counted(len(words))}."


def _numbers(text: str) -> str:
    """Numbers that the transcript gives in digits, spelled out, as choices often have them."""
    numbers = re.findall(r"(?<![\d.,:-])\d{1,2}(?![\d:-]|[.,]\d)", text)
    return f" ({listing([spelled(int(number)) for number in numbers])})" if numbers else ""
