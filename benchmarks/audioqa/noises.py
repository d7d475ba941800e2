"""What may be heard behind a voice: noise, places, sounds and music."""

from __future__ import annotations

import random
from functools import lru_cache

import numpy as np
from recordings import names_of

from audioqa.lengths import looped
from audioqa.levels import at_loudness, at_rms
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
STEADY = {
    "train": ("TraficHigh1", "IndustryHigh3", "Recycle1"),
    "val": ("IndustryLight1", "IndustryHigh2", "TraficLow1"),
    "test": ("TraficHigh2", "TraficHigh3", "IndustryHigh1", "IndustryLight2"),
}
"""Scenes by split that are nothing but steady noise: no voice, no music, no animal."""
QUIET = ("Water", "WindMill", "PowerSolar", "Trafic")
"""Beginnings of the names of scenes that have no voice and no single sound in the foreground."""
QUIET_DB = -52.0
PIECES = 5
"""Pieces of music without singing that are used, of each split: a whole one takes long to read."""


def noise(rng: random.Random, samples: int) -> tuple[np.ndarray, str]:
    """Noise whose power falls by 0, 3 or 6 dB an octave, and the source."""
    return levelled(_falling(rng, samples, rng.choice((0, 3, 6)))), "generated noise"


def room(samples: int, rng: random.Random, level_rms: float) -> np.ndarray:
    """The faint noise of a room, which falls by 3 dB an octave."""
    return at_rms(_falling(rng, samples, 3), level_rms)


def _falling(rng: random.Random, samples: int, fall_db: float) -> np.ndarray:
    """Noise whose power falls by so much an octave from 50 Hz on."""
    draw = np.random.default_rng(rng.getrandbits(32))
    spectrum = np.fft.rfft(draw.standard_normal(samples))
    hertz = np.fft.rfftfreq(samples, 1 / RATE)
    spectrum *= np.maximum(hertz, 50) ** (-fall_db / 6.02)
    return np.asarray(np.fft.irfft(spectrum, samples), dtype=np.float32)


def scene(
    material: Material, rng: random.Random, sort: str | None = None
) -> tuple[np.ndarray, str]:
    """A busy place (of a sort in `BUSY`), and the source."""
    busy = [name for name in material.names("scene") if name in BUSY]
    name = rng.choice([name for name in busy if sort in (None, BUSY[name])])
    return material.heard.scene(name), f"scene:{name}"


def in_quiet_place(
    material: Material, rng: random.Random, audio: np.ndarray
) -> tuple[np.ndarray, list[str]]:
    """One clip of three with a place far below it, and that place's source; others as they are."""
    names = [name for name in material.names("scene") if name.startswith(QUIET)]
    if rng.random() < 2 / 3:
        return audio, []
    name = rng.choice(names)
    place = at_loudness(looped(material.heard.scene(name), len(audio) / RATE), QUIET_DB)
    return audio + place, [f"scene:{name}"]


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
