"""How loud the clip is and how its level changes."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from audiorouter.clips import Clip
from audiorouter.toolbox.interface import Domain, Finding, SpanArguments, Tool
from audiorouter.toolbox.phrases import place, seconds

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

STEADY_DB = 3.0
"""A change smaller than this is no trend."""
_MIN_LUFS_SECONDS = 0.4
_WINDOW = 120.0
"""Seconds of a long clip that are filtered at once, of all channels."""
_SUREST = 5.0
"""Distance in dB from where it would be said otherwise, from which more say no more."""


class Loudness(Tool[SpanArguments]):
    """Integrated loudness (ITU-R BS.1770 through pyloudnorm) and the course of the level."""

    name = "loudness"
    description = (
        "Measures how loud the clip is, where it is loudest and quietest, and whether it gets "
        "louder or quieter. Helps with level, crescendo, fading and distance."
    )
    not_for = (
        "Not for contrasts from note to note, nor for how loud it was in the room: recordings are "
        "made louder or quieter."
    )
    examples = (
        "How loud is the recording?",
        "Does it get louder or quieter?",
        "Is there silence in it?",
        "Is the ambulance approaching us or driving away?",
        "What's the level in LUFS or dB of my episode?",
        "True or false: the roar swells steadily.",
        "The volume of the applause ___ over the course of the clip.",
        "How does the volume develop: up, down, or constant?",
        "At what moment is the clip at its peak volume?",
    )
    version = "8"
    licence = "MIT"
    domain = Domain.SOUND
    Arguments = SpanArguments
    packages = ("pyloudnorm",)

    def run(self, clip: Clip, arguments: SpanArguments) -> Finding:
        """Measure."""
        from audiorouter.toolbox.frontends.energy import HOP_SECONDS, envelope

        facts = clip.facts
        if facts.silent:
            measured = {"rms_dbfs": round(facts.rms_dbfs, 1)}
            return Finding(measured, "The clip is silent.", self.confidence(_SUREST))
        level = _smoothed(envelope(clip))
        first, middle, last = _means(level, 3)
        before, after = _means(level, 2)
        change, course = last - first, _course(first, middle, last)
        loudest = float(level.argmax()) * HOP_SECONDS
        data = {
            "integrated_lufs": _integrated(clip),
            "rms_dbfs": round(facts.rms_dbfs, 1),
            "peak_dbfs": round(facts.peak_dbfs, 1),
            "change_db": round(change, 1),
            "course": course,
            "second_half_db": round(after - before, 1),
            "louder_half": _louder_half(after - before),
            "loudest_at_s": round(loudest, 2),
            "level_dbfs": [round(float(value), 1) for value in level[:: _every(len(level))]],
        }
        # The nearer the change is to the least that counts, the easier it is the other way.
        evidence = min(_SUREST, abs(abs(change) - STEADY_DB))
        text = _sentence(course, change, after - before, gradual=_gradual(first, middle, last))
        text = (
            f"The mean level is {facts.rms_dbfs:.0f} dBFS, the highest "
            f"{place(loudest, clip.duration)}, at {seconds(loudest)}. {text}"
        )
        return Finding(data, text, self.confidence(evidence))


def _integrated(clip: Clip) -> float | None:
    """LUFS over the clip; None where it is shorter than one 0.4 s block, or too quiet for it."""
    if clip.duration < _MIN_LUFS_SECONDS:
        return None
    import pyloudnorm

    from audiorouter.toolbox.frontends.windows import is_long, parts

    audio, rate = clip.samples
    if is_long(clip):
        value = _gated([_blocks(part) for _, part in parts(clip, seconds=_WINDOW, context=False)])
    else:
        value = pyloudnorm.Meter(rate).integrated_loudness(audio[:5].T)
    return round(float(value), 2) if math.isfinite(value) else None


def _blocks(clip: Clip) -> list[float]:
    """LUFS of each 0.4 s of the clip, every 0.1 s."""
    import pyloudnorm

    audio, rate = clip.samples
    meter = pyloudnorm.Meter(rate)
    meter.integrated_loudness(audio[:5].T)
    return [float(one) for one in meter.blockwise_loudness]


def _gated(windows: list[list[float]]) -> float:
    """Integrated loudness by the loudness of blocks: gated at -70 LUFS and 10 LU below the mean."""
    import numpy as np

    blocks = np.concatenate(windows)
    for gate in (-70.0, None):
        power = 10 ** ((blocks + 0.691) / 10)
        bar = gate if gate is not None else -0.691 + 10 * np.log10(power.mean()) - 10
        blocks = blocks[blocks > bar]
        if len(blocks) == 0:
            return -math.inf
    return float(-0.691 + 10 * np.log10(np.mean(10 ** ((blocks + 0.691) / 10))))


def _smoothed(level: NDArray[np.float64]) -> NDArray[np.float64]:
    """Level averaged (in power) over 0.5 s, so that single syllables and beats do not count.

    Near an end of the clip over what there is.
    """
    import numpy as np

    window = np.ones(min(50, len(level)))
    power = np.convolve(10 ** (level / 10), window, mode="same")
    return np.asarray(10 * np.log10(power / np.convolve(np.ones(len(level)), window, mode="same")))


def _means(level: NDArray[np.float64], parts: int) -> list[float]:
    """Mean power, dB, of so many parts of the clip that are as long as each other."""
    import numpy as np

    width = max(1, len(level) // parts)
    starts = [round(index * (len(level) - width) / (parts - 1)) for index in range(parts)]
    return [
        float(10 * np.log10(np.mean(10 ** (level[start : start + width] / 10)))) for start in starts
    ]


def _course(first: float, middle: float, last: float) -> str:
    """What the level does from the first third over the middle to the last."""
    if abs(last - first) > STEADY_DB:
        return "louder" if last > first else "quieter"
    if middle - max(first, last) > STEADY_DB:
        return "louder, then quieter"
    if min(first, last) - middle > STEADY_DB:
        return "quieter, then louder"
    return "the same"


def _gradual(first: float, middle: float, last: float) -> bool:
    """Whether the middle third lies between the others, and at least a quarter of the way on."""
    return last != first and 0.25 <= (middle - first) / (last - first) <= 0.75


def _louder_half(change: float) -> str | None:
    """Which half is clearly louder, where the second is so many dB louder than the first."""
    return None if abs(change) <= STEADY_DB else "second" if change > 0 else "first"


def _every(length: int) -> int:
    """Step that leaves at most 60 points of the course."""
    return max(1, math.ceil(length / 60))


def _sentence(course: str, change: float, halves: float, *, gradual: bool) -> str:
    half = _louder_half(halves)
    louder = (
        "Both halves are about equally loud."
        if half is None
        else f"The {half} half is louder, by {abs(halves):.0f} dB."
    )
    # What it would be called in music: of speech and noise neither is said.
    up = " In music that is a crescendo." if gradual else ""
    down = " In music that is a fade or a decrescendo." if gradual else ""
    said = {
        "louder": f"The volume goes up, by {change:.0f} dB: it gets louder.{up}",
        "quieter": f"The volume goes down, by {-change:.0f} dB: it gets quieter.{down}",
        "louder, then quieter": "The volume goes up and then down again: it is loudest in the "
        "middle, and ends about as loud as it began.",
        "quieter, then louder": "The volume goes down and then up again: it is quietest in the "
        "middle, and ends about as loud as it began.",
        "the same": "From beginning to end the volume does not change: it stays the same.",
    }
    return f"{louder} {said[course]}"
