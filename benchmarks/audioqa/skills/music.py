"""Facts of the group `music`."""

from __future__ import annotations

from audioqa.facts import Maker
from audioqa.skills import (
    music_bands,
    music_chorales,
    music_ensembles,
    music_harmony,
    music_notes,
    music_pieces,
    music_rhythm,
    music_samples,
    music_tunes,
)
from audioqa.skills.music_kinds import Book
from audioqa.skills.music_kits import kits, whole_kits


def make(maker: Maker) -> None:
    """Find the facts of this group."""
    book = Book(maker)
    recorded = kits(maker, maker.rng("music kits"))
    drummers = whole_kits(recorded)
    music_bands.make(book, maker.rng("music bands"), drummers)
    music_harmony.make(book, maker.rng("music harmony"), drummers)
    music_chorales.make(book, maker.rng("music chorales"))
    music_rhythm.make(book, maker.rng("music rhythm"), recorded)
    music_samples.make(book, maker.rng("music samples"), drummers)
    music_tunes.make(book, maker.rng("music tunes"))
    music_notes.make(book, maker.rng("music notes"))
    music_ensembles.make(book, maker.rng("music ensembles"))
    music_pieces.make(book, maker.rng("music pieces"))
