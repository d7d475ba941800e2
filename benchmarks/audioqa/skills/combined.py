"""Facts of the group `combined`: two things have to be known."""

from __future__ import annotations

from audioqa.facts import Maker
from audioqa.skills import (
    combined_instruments,
    combined_keys,
    combined_languages,
    combined_numbers,
    combined_order,
    combined_sides,
    combined_speech_sounds,
    combined_tempo,
)


def make(maker: Maker) -> None:
    """Find the facts of this group."""
    combined_speech_sounds.make(maker)
    combined_languages.make(maker)
    combined_numbers.make(maker)
    combined_order.make(maker)
    combined_sides.make(maker)
    combined_tempo.make(maker)
    combined_keys.make(maker)
    combined_instruments.make(maker)
