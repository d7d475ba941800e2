"""The kinds of audio that the clips of a skill are of, in equal shares."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from audioqa.facts import Maker, Value
from audioqa.material import Material
from audioqa.sources import RATE, silence

KINDS = {
    "instrument": ("tune", "stroke"),
    "family": ("tune", "note"),
    "instrument_count": ("in turn", "together"),
    "first_instrument": ("in turn", "joined by others"),
    "tempo": ("drums", "band", "recorded loop"),
    "pace": ("drums", "band"),
    "tempo_change": ("drums", "band"),
    "metre": ("with drums", "without drums"),
    "bars": ("with drums", "without drums"),
    "key": ("band", "chorale"),
    "mode": ("band", "chorale"),
    "chord_sequence": ("chords", "band"),
    "first_chord": ("chords", "band", "chorale"),
    "chord_at": ("chords", "band"),
    "chord_count": ("chords", "band"),
    "note": ("instrument", "bass"),
    "highest_note": ("alone", "accompanied", "chorale"),
    "contour": ("alone", "accompanied"),
    "note_count": ("held", "plucked"),
    "interval": ("in turn", "together"),
    "voices": ("one instrument", "several instruments"),
    "strokes": ("one drum", "several drums"),
    "drums": ("band", "recording"),
    "section_time": ("instruments", "pieces"),
    "same_melody": ("tune", "piece"),
    "contrast": ("tune", "piece"),
    "crescendo": ("tune", "drums", "piece"),
}

SHORTEST = 3.0
"""Seconds of a clip, with the silence after it."""
LEVELS = (-10.0, 0.0)
"""In dB beside the level at which a clip was made."""


class Book:
    """Adds facts to a maker until each kind of each skill of music has its share."""

    def __init__(self, maker: Maker):
        self.maker = maker
        self._left: dict[tuple[str, str], int] = {}
        for skill, kinds in KINDS.items():
            wanted = maker.wanted(f"music/{skill}")
            for place, kind in enumerate(kinds):
                self._left[skill, kind] = (wanted + len(kinds) - 1 - place) // len(kinds)

    @property
    def material(self) -> Material:
        """Of the maker."""
        return self.maker.material

    def left(self, skill: str, kind: str) -> int:
        """How many facts of this skill and kind are still to be found."""
        return self._left[skill, kind]

    def clip(self, name: str, *parts: np.ndarray) -> str:
        """Keep the joined parts as a clip of music, at a level left to chance."""
        seconds = sum(map(len, parts)) / RATE
        gain = 10 ** (self.maker.rng(f"level of {name}").uniform(*LEVELS) / 20)
        louder = [np.asarray(part * gain, dtype=np.float32) for part in parts]
        return self.maker.clip(f"music_{name}", [*louder, silence(max(0.0, SHORTEST - seconds))])

    def add(
        self,
        skill: str,
        kind: str,
        clip: str,
        answer: Value,
        wrong: Sequence[Value],
        sources: Sequence[str],
        **about: str,
    ) -> None:
        """Add a fact, unless there are enough of its kind."""
        if not self._left[skill, kind]:
            return
        self._left[skill, kind] -= 1
        once = tuple(dict.fromkeys(sources))
        self.maker.add(f"music/{skill}", clip, answer, wrong, once, kind=kind, **about)
