"""Sounds made shorter or longer, with ends that do not click."""

from __future__ import annotations

import numpy as np

from audioqa.levels import FRAME, frame_levels
from audioqa.sources import RATE

FADE_S = 0.02
SEAM_S = 0.05


def faded(audio: np.ndarray, fade_out: float = FADE_S, fade_in: float = 0.0) -> np.ndarray:
    """With an end, and a beginning, that come out of silence within so many s."""
    made = np.array(audio, dtype=np.float32)
    last = min(round(fade_out * RATE), len(made))
    made[len(made) - last :] *= np.linspace(1, 0, last, dtype=np.float32)
    first = min(round(fade_in * RATE), len(made))
    made[:first] *= np.linspace(0, 1, first, dtype=np.float32)
    return made


def cut(audio: np.ndarray, seconds: float) -> np.ndarray:
    """At most so many seconds."""
    wanted = round(seconds * RATE)
    return audio if len(audio) <= wanted else faded(audio[:wanted])


def tight(audio: np.ndarray, below_db: float = 24) -> np.ndarray:
    """From the first to the last frame that is not much quieter than the loudest."""
    loud = np.flatnonzero(frame_levels(audio) > -below_db)
    return faded(audio[loud[0] * FRAME : (loud[-1] + 1) * FRAME])


def loudest(audio: np.ndarray, seconds: float) -> np.ndarray:
    """The loudest stretch of so many seconds, or all of what is shorter."""
    wanted = round(seconds * RATE)
    if len(audio) <= wanted:
        return audio
    power = np.concatenate([[0.0], np.cumsum(audio.astype(np.float64) ** 2)])
    first = int(np.argmax(power[wanted:] - power[:-wanted]))
    return faded(audio[first : first + wanted], fade_in=FADE_S)


def looped(audio: np.ndarray, seconds: float) -> np.ndarray:
    """For exactly so many seconds, its end faded into its beginning as often as needed."""
    wanted, cross = round(seconds * RATE), min(len(audio) // 4, round(SEAM_S * RATE))
    ramp = np.sqrt(np.linspace(0, 1, cross, dtype=np.float32))
    made = audio
    while len(made) < wanted:
        seam = made[len(made) - cross :] * ramp[::-1] + audio[:cross] * ramp
        made = np.concatenate([made[: len(made) - cross], seam, audio[cross:]])
    return faded(made[:wanted], SEAM_S)
