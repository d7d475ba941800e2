"""Facts about speech: its words, languages, voices and circumstances."""

from __future__ import annotations

from audioqa.facts import Maker
from audioqa.skills import (
    speech_delivery,
    speech_dialogues,
    speech_languages,
    speech_lists,
    speech_numbers,
    speech_sentences,
    speech_sounds,
    speech_surroundings,
    speech_voices,
)


def make(maker: Maker) -> None:
    """Find the facts of this group."""
    for module in (
        speech_numbers,
        speech_sentences,
        speech_sounds,
        speech_lists,
        speech_languages,
        speech_voices,
        speech_dialogues,
        speech_delivery,
        speech_surroundings,
    ):
        module.make(maker)
