"""Recorded drum kits: strokes by what is struck, and how they are laid out in time."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from audioqa.facts import Maker
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
RINGS = 0.6
"""Seconds of a stroke that are kept."""
STROKES_OF_PATTERNS = ("bass drum", "snare drum", "hi-hat")
BACKGROUNDS = ("Green", "Harbor", "Residential", "Trafic", "Water")
"""Beginnings of the names of scenes where nothing is struck."""
BACKGROUND_GAIN = 0.03


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
                strokes[drum] = faded(recorded[rng.choice(fitting)][: round(RINGS * RATE)])
        found.append(Kit(name, strokes))
    return found


def whole_kits(found: Iterable[Kit]) -> list[Kit]:
    """Those with all that a rhythm needs."""
    return [kit for kit in found if set(STROKES_OF_PATTERNS) <= set(kit.strokes)]


def faded(audio: np.ndarray, seconds: float = 0.05) -> np.ndarray:
    """With an end that fades; a stroke at a peak of 0.5, since levels of short sounds differ."""
    end = min(len(audio), round(seconds * RATE))
    shaped = audio * (0.5 / max(1e-6, float(np.abs(audio).max())))
    shaped[len(shaped) - end :] *= np.linspace(1, 0, end, dtype=np.float32)
    return np.asarray(shaped, dtype=np.float32)


def damped(kit: Kit, seconds: float = 0.3) -> Kit:
    """The kit with strokes that have ended before the next one, so that each one is heard."""
    length = round(seconds * RATE)
    strokes = {drum: faded(stroke[:length], 0.1) for drum, stroke in kit.strokes.items()}
    return kit._replace(strokes=strokes)


def struck(kit: Kit, hits: Iterable[Hit], seconds: float) -> np.ndarray:
    """The strokes at their times, `seconds` long; what would sound later is cut."""
    return placed(((hit.start, kit.strokes[hit.drum] * hit.gain) for hit in hits), seconds)


def background(maker: Maker, length: int, rng: random.Random) -> tuple[list[str], np.ndarray]:
    """A scene far below what is played, for every third clip, and its source; or silence."""
    names = [name for name in maker.material.names("scene") if name.startswith(BACKGROUNDS)]
    name = rng.choice(names)
    if rng.random() > 1 / 3:
        return [], np.zeros(length, dtype=np.float32)
    scene = maker.material.heard.scene(name)
    under = np.tile(scene, -(-length // len(scene)))[:length] * BACKGROUND_GAIN
    return [f"scene:{name}"], np.asarray(under, dtype=np.float32)


def placed(sounds: Iterable[tuple[float, np.ndarray]], seconds: float) -> np.ndarray:
    """The sounds from their starts in seconds on, added up."""
    mixed = np.zeros(round(seconds * RATE), dtype=np.float32)
    for start, sound in sounds:
        begin = round(start * RATE)
        part = sound[: max(0, len(mixed) - begin)]
        mixed[begin : begin + len(part)] += part
    return mixed
