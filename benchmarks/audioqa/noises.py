"""What may be heard behind a voice: noise, places, sounds and music."""

from __future__ import annotations

import random
from functools import lru_cache

import numpy as np
from recordings import names_of

from audioqa.material import Material
from audioqa.sources import RATE, Recordings, levelled

BUSY = {
    "TraficHigh1": "engine", "TraficLow3": "engine", "DirtTrack1": "road",
    "TraficLow1": "engine", "TraficLow2": "engine", "TraficHigh2": "engine",
    "TraficHigh3": "engine", "IndustryHigh1": "works", "IndustryHigh2": "works",
    "IndustryHigh3": "works", "IndustryLight1": "works", "IndustryLight2": "works",
    "Water5": "water", "RailTrain2": "railway", "RailTrain3": "railway",
}  # fmt: skip
"""Scenes that sound all the time and in which nobody speaks."""
PIECES = 5
"""Pieces of music without singing that are used, of each split: a whole one takes long to read."""


def noise(rng: random.Random, samples: int) -> tuple[np.ndarray, str]:
    """Noise whose power falls by 0 to 6 dB an octave, and the source."""
    fall_db = rng.choice((0, 3, 6))
    draw = np.random.default_rng(rng.getrandbits(32))
    spectrum = np.fft.rfft(draw.standard_normal(samples))
    hertz = np.fft.rfftfreq(samples, 1 / RATE)
    spectrum *= np.maximum(hertz, 50) ** (-fall_db / 6.02)
    return levelled(np.fft.irfft(spectrum, samples).astype(np.float32)), "generated noise"


def scene(
    material: Material, rng: random.Random, sort: str | None = None
) -> tuple[np.ndarray, str]:
    """A busy place (of a sort in `BUSY`), and the source."""
    busy = [name for name in material.names("scene") if name in BUSY]
    name = rng.choice([name for name in busy if sort in (None, BUSY[name])])
    return material.heard.scene(name), f"scene:{name}"


def music(material: Material, rng: random.Random, seconds: float) -> tuple[np.ndarray, str]:
    """As much of a piece, not from its first quarter and at one level, and the source."""
    names = names_of("piece", material.split, "wesnoth-1.16-music")[:PIECES]
    name = rng.choice(names)
    whole = _piece(material.heard, name)
    length = round(seconds * RATE)
    start = rng.randrange(len(whole) // 4, max(len(whole) // 4 + 1, len(whole) * 3 // 4 - length))
    return levelled(whole[start : start + length]), f"piece:{name}"


def sound(material: Material, rng: random.Random, names: tuple[str, ...]) -> tuple[np.ndarray, str]:
    """One of the stamps, and the source."""
    name = rng.choice([one for one in material.stamps if one in names])
    return material.heard.stamp(name), f"stamp:{name}"


@lru_cache(maxsize=PIECES)
def _piece(heard: Recordings, name: str) -> np.ndarray:
    return heard.piece(name)
