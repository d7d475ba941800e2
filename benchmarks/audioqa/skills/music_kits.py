"""Recorded drum kits: strokes by what is struck, and how they are laid out in time."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from audioqa.arrangement import placed
from audioqa.facts import Maker
from audioqa.lengths import faded
from audioqa.levels import at_peak
from audioqa.sources import RATE

NAMED = {
    "bass drum": r"kick(?!.*(nz|ring))|bassdrum|^bd_?\d|powr_bd",
    "snare drum": r"snare(?!.*(rim|ring|side))|^sd_|powr_sn",
    "hi-hat": r"hihatclosed|hihat-closed|closehihat|hhclosed|^hh_0|hat_cl_|hat \d cl|hard_chh",
    "cymbal": r"crash|^cc_0|ride(?!.*(bell|flink))",
    "cowbell": r"cowbell|_cb$",
    "tom-tom": r"(?<!s)tom|^t\d_0|^ft_0",
    "djembe": r"djembe\d (tone|bass)",
    "bongos": r"bongo",
}  # fmt: skip
"""What is struck, by names of recordings (in lower case)."""
ODD_KITS = frozenset({"Audiophob"})
"""Kits of noises that are only called drums."""
ALIKE = ({"hi-hat", "cymbal"}, {"tom-tom", "djembe", "bongos", "bass drum"})
"""What nobody has to tell apart."""
PEAK = 0.5
RINGS = 0.6
"""Seconds of a stroke that are kept."""
STROKES_OF_PATTERNS = ("bass drum", "snare drum", "hi-hat")


class Hit(NamedTuple):
    """A stroke in time: `start` in seconds, `gain` as a factor."""

    start: float
    drum: str
    gain: float = 1.0


class Kit(NamedTuple):
    """One stroke of each drum of a kit, by what is struck."""

    name: str
    strokes: dict[str, np.ndarray]

    @property
    def source(self) -> str:
        """As a fact names it."""
        return f"drumkit:{self.name}"


def kits(maker: Maker, rng: random.Random) -> list[Kit]:
    """The split's kits, with one recording of each drum that the name of a recording tells."""
    found = []
    for name in sorted(set(maker.material.names("drumkit")) - ODD_KITS):
        recorded = maker.material.strokes(name)
        strokes: dict[str, np.ndarray] = {}
        for drum, pattern in NAMED.items():
            fitting = [one for one in sorted(recorded) if re.search(pattern, one.lower())]
            if fitting:
                strokes[drum] = _shaped(recorded[rng.choice(fitting)], RINGS, 0.05)
        found.append(Kit(name, strokes))
    return found


def whole_kits(found: Iterable[Kit]) -> list[Kit]:
    """Those with all that a rhythm needs."""
    return [kit for kit in found if set(STROKES_OF_PATTERNS) <= set(kit.strokes)]


def _shaped(stroke: np.ndarray, seconds: float, fade: float) -> np.ndarray:
    """Its beginning, at a peak of `PEAK`, with an end that fades."""
    return faded(at_peak(stroke[: round(seconds * RATE)], PEAK), fade)


def damped(kit: Kit, seconds: float = 0.3) -> Kit:
    """The kit with strokes that have ended before the next one, so that each one is heard."""
    strokes = {drum: _shaped(stroke, seconds, 0.1) for drum, stroke in kit.strokes.items()}
    return kit._replace(strokes=strokes)


def struck(kit: Kit, hits: Iterable[Hit], seconds: float) -> np.ndarray:
    """The strokes at their times, `seconds` long; what would sound later is cut."""
    return placed(((hit.start, kit.strokes[hit.drum] * hit.gain) for hit in hits), seconds)
