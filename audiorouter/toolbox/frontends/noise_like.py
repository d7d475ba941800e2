"""AudioSet classes that are noise by their nature: water, wind, hiss, static.

YAMNet takes steady noise now for one and now for another of them, and of two halves of one noise
each may be another one. Which of them it is tells little; whether there is any tells more.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from audiorouter.toolbox.frontends.sound_names import class_names

NOISE_LIKE = frozenset(
    {
        "Wind", "Rustling leaves", "Wind noise (microphone)", "Water", "Rain", "Raindrop",
        "Rain on surface", "Stream", "Waterfall", "Ocean", "Waves, surf", "Steam", "Gurgling",
        "Liquid", "Splash, splatter", "Slosh", "Pour", "Trickle, dribble", "Gush",
        "Fill (with liquid)", "Spray", "Boiling", "Whoosh, swoosh, swish", "Rustle", "Sizzle",
        "Static", "Sidetone", "White noise", "Pink noise", "Noise", "Environmental noise", "Hiss",
        "Snake", "Mechanical fan", "Air conditioning", "Vacuum cleaner", "Hair dryer",
        "Frying (food)", "Water tap, faucet", "Sink (filling or washing)",
        "Bathtub (filling or washing)",
    }
)  # fmt: skip


def noise_probability(patches: NDArray[np.float64]) -> NDArray[np.float64]:
    """Probability that any of them is heard, of class probabilities `(patches, 521)`."""
    return np.asarray(1 - np.prod(1 - patches[:, _indices()], axis=1))


@cache
def _indices() -> tuple[int, ...]:
    return tuple(index for index, name in enumerate(class_names()) if name in NOISE_LIKE)
