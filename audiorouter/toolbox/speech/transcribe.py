"""What is said, and when each word is."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pydantic import Field

from audiorouter.clips import Clip
from audiorouter.text import spelled
from audiorouter.toolbox.interface import Domain, Finding, SpanArguments, Tool
from audiorouter.toolbox.lengths import span
from audiorouter.toolbox.phrases import counted, listing
from audiorouter.toolbox.speech.language import CLEAR, NAMES, LanguageCode, language_in

if TYPE_CHECKING:
    from audiorouter.toolbox.frontends.transcript import Transcript

QUOTE_LIMIT = 600
"""Characters of the transcript that the reasoner is shown; the data hold all of it."""
_MARKS = ".,;:!?\"'"
_UNSURE = -1.0
"""Mean log probability a token below which a transcript is called unsure."""


class TranscribeArguments(SpanArguments):
    """Which language is spoken."""

    language: LanguageCode | None = Field(
        default=None,
        description="ISO 639 code of the language that is spoken; by default it is heard.",
    )


class Transcribe(Tool[TranscribeArguments]):
    """Words through Whisper: tiny.en for English, base for other languages, and to tell which."""

    name = "transcribe"
    description = (
        "Writes down what is said: the sentence, its words and how many they are, with their "
        "times. Helps with what somebody says or asks for, and which word, name, number or digit "
        "is spoken."
    )
    not_for = "Not for who says it or how it is said, nor for what is sung over music."
    examples = (
        "What does the speaker say?",
        "Which word is mentioned?",
        "What is the last word?",
        "What number is read out?",
        "How many words are said?",
        "What is the person talking about?",
        "Which city does the pilot name as the destination?",
        "I can't make out the phone number in this voicemail, please help.",
        "What does the boy ask his mother to buy?",
        "Which of these sentences matches the one the narrator reads?",
        "Give me the exact wording of the safety announcement.",
        "What does the man leave as his message on my answering machine?",
        "The caller spells a surname at the start; write it down.",
        "What room number does the receptionist mention?",
    )
    version = "14"
    licence = "MIT"
    domain = Domain.SPEECH
    Arguments = TranscribeArguments
    packages = ("faster-whisper",)
    extra = "speech"
    weights = ("whisper-tiny-en", "whisper-base", "yamnet", "silero-vad")

    def load(self) -> None:
        """Load both models."""
        from audiorouter.toolbox.frontends.transcript import load_networks

        load_networks()

    def run(self, clip: Clip, arguments: TranscribeArguments) -> Finding:
        """Transcribe."""
        from audiorouter.toolbox.frontends.transcript import transcript

        heard = transcript(clip, arguments.language)
        if not heard.text:
            return Finding.not_measured("no words are recognised", text="", words=[])
        data = {
            "text": heard.text,
            "language": heard.language,
            "other_languages": list(heard.others),
            "mean_log_probability": round(heard.confidence, 3),
            "words": [{"word": w.text, "start_s": w.start, "end_s": w.end} for w in heard.words],
        }
        if heard.language_probability is not None:
            data["language_probability"] = round(heard.language_probability, 3)
        unsure = heard.confidence < _UNSURE or _language_unsure(heard)
        return Finding(data, _sentence(heard), self.confidence(heard.confidence, unsure=unsure))

    def arguments_in(self, question: str, choices: tuple[str, ...]) -> dict[str, Any]:
        """The span, and the language that the question says is spoken."""
        arguments = super().arguments_in(question, choices)
        code = language_in(question)
        return arguments | ({"language": code} if code is not None else {})


def _sentence(heard: Transcript) -> str:
    text, words = heard.text, heard.words
    quoted = text if len(text) <= QUOTE_LIMIT else text[:QUOTE_LIMIT].rsplit(" ", 1)[0] + " …"
    sure = "" if heard.confidence >= _UNSURE else " (hard to make out)"
    sentence = f'The speech{_in_language(heard)} says{sure}: "{quoted}"{_numbers(quoted)}.'
    if not words:
        return sentence
    stretch = f"Speech from {span(words[0].start, words[-1].end)}"
    if len(words) > 2:
        stretch += f'; the last word is "{words[-1].text.strip(_MARKS)}"'
    # The count comes last and in words of its own: numbers that are said are no answer to how many.
    return f"{stretch}. {sentence} The number of words spoken is {counted(len(words))}."


def _in_language(heard: Transcript) -> str:
    """Which language it is in; of English nothing, which is what a reasoner takes for granted."""
    if heard.others:
        others = listing([NAMES.get(other, other) for other in heard.others])
        told = "" if _language_unsure(heard) else heard.language or ""
        main = NAMES.get(told, "a language that is hard to tell")
        return f" is in {main}, some of it in {others}, and"
    if heard.language is None or heard.language == "en":
        return ""
    if _language_unsure(heard):
        # Of those that were less probable than `CLEAR`, most were wrong: none is named.
        return ", in a language that is hard to tell,"
    return f" is in {NAMES.get(heard.language, heard.language)} and"


def _language_unsure(heard: Transcript) -> bool:
    """Whether it is in another language than English, and perhaps in another than that."""
    probability = heard.language_probability
    return heard.language != "en" and probability is not None and probability < CLEAR


def _numbers(text: str) -> str:
    """Numbers that the transcript gives in digits, spelled out, as choices often have them."""
    numbers = re.findall(r"(?<![\d.,:-])\d{1,2}(?![\d:-]|[.,]\d)", text)
    return f" ({listing([spelled(int(number)) for number in numbers])})" if numbers else ""
