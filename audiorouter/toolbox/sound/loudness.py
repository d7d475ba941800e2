"""How loud the clip is and how its level changes."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

from audiorouter.clips import Clip
from audiorouter.toolbox.interface import Domain, Finding, SpanArguments, Tool
from audiorouter.toolbox.phrases import place, seconds

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

STEADY_DB = 3.0
"""A change smaller than this is no trend."""
_SHORTEST_COURSE = 0.5
"""Seconds of sound below which nothing can be said of how the level changes."""
_SOUND_FRAMES = 5
"""Frames, 50 ms, below which what is heard between silences is a click."""
_RANGE_DB = 60.0
"""How far below the loudest moment nothing is softer than anything else."""
_FINE = 8
"""Parts of the clip by which a change is seen to be one, and not an up and down."""
_WAVERS = 0.75
"""Share of a change from which on as much against it makes it no trend."""
_MOST_OF_A_STEP, _MOVES, _MOST_PARTS_MOVE = 0.45, 0.03, 5
"""A change is gradual where no two neighbouring parts have more than this share of it between them,
and this many at least this little."""
_LEVEL_DB = 1.0
"""Distance of the loudest moment from the quietest up to which none is named."""
_MIN_LUFS_SECONDS = 0.4
_WINDOW = 120.0
"""Seconds of a long clip that are filtered at once, of all channels."""
_SUREST = 5.0
"""Distance in dB from where it would be said otherwise, from which more say no more."""


class Loudness(Tool[SpanArguments]):
    """Integrated loudness (ITU-R BS.1770 through pyloudnorm) and the course of the level."""

    name = "loudness"
    description = (
        "Measures how loud the clip is, where it is loudest, and whether it gets "
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
    version = "12"
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
        level = envelope(clip)
        first, last, heard = _ends(level)
        data: dict[str, Any] = {
            "integrated_lufs": _integrated(clip),
            "rms_dbfs": round(facts.rms_dbfs, 1),
            "peak_dbfs": round(facts.peak_dbfs, 1),
        }
        mean = f"The mean level is {facts.rms_dbfs:.0f} dBFS"
        if heard * HOP_SECONDS < _SHORTEST_COURSE:
            text = f"{mean}. Too little is heard to say whether it gets louder or quieter."
            return Finding(data, text, self.confidence(_SUREST))
        smooth = _smoothed(level)
        loudest = float(smooth.argmax()) * HOP_SECONDS
        before, after = _means(_in_range(smooth), 2)
        course = _course_of(level[first:last])
        data |= {
            "change_db": round(course.change, 1),
            "course": course.name,
            "second_half_db": round(after - before, 1),
            "louder_half": _louder_half(after - before),
            "loudest_at_s": round(loudest, 2),
            "level_dbfs": [round(float(value), 1) for value in smooth[:: _every(len(smooth))]],
        }
        # The nearer the change is to the least that counts, the easier it is the other way.
        evidence = min(_SUREST, abs(abs(course.change) - STEADY_DB))
        if smooth.max() - smooth.min() > _LEVEL_DB:
            mean += f", the highest {place(loudest, clip.duration)}, at {seconds(loudest)}"
        silence = _silence(first * HOP_SECONDS, last * HOP_SECONDS, clip.duration)
        text = f"{mean}. {_halves(after - before)} {silence}{_developed(course)}"
        return Finding(data, text, self.confidence(evidence))


class _Course(NamedTuple):
    """How the level changes, and by how many dB from the first third to the last."""

    name: str
    change: float
    gradual: bool


def _ends(level: NDArray[np.float64]) -> tuple[int, int, int]:
    """The first frame that is not silent, the one after the last, and how many are not; clicks
    between silences are left out."""
    import numpy as np
    from scipy.ndimage import binary_opening

    from audiorouter.toolbox.frontends.energy import MADE_SILENT_DBFS

    sounds = binary_opening(level > MADE_SILENT_DBFS, np.ones(_SOUND_FRAMES))
    heard = np.flatnonzero(sounds)
    return (int(heard[0]), int(heard[-1]) + 1, len(heard)) if len(heard) else (0, 0, 0)


def _silence(start: float, end: float, duration: float) -> str:
    """Where the clip is silent before and after all that is heard, if that is worth a word."""
    silent = [
        f"{when} {seconds(edge)}"
        for when, edge, length in (("before", start, start), ("after", end, duration - end))
        if length >= _SHORTEST_COURSE
    ]
    return (
        f"It is silent {' and '.join(silent)}; the next sentence leaves that out. "
        if silent
        else ""
    )


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

    Of less than 3 s it is over a sixth, and near an end of the clip over what there is.
    """
    import numpy as np

    window = np.ones(max(1, min(50, len(level) // 6)))
    power = np.convolve(10 ** (level / 10), window, mode="same")
    return np.asarray(10 * np.log10(power / np.convolve(np.ones(len(level)), window, mode="same")))


def _means(level: NDArray[np.float64], parts: int) -> list[float]:
    """Mean power, dB, of so many parts of the clip that are as long as each other."""
    from audiorouter.toolbox.frontends.energy import mean_power

    width = max(1, len(level) // parts)
    starts = [round(index * (len(level) - width) / (parts - 1)) for index in range(parts)]
    return [mean_power(level[start : start + width]) for start in starts]


def _course_of(level: NDArray[np.float64]) -> _Course:
    """What the level, dB, does over the clip."""
    import numpy as np

    smooth = _in_range(_smoothed(level))
    first, middle, last = _means(smooth, 3)
    change = last - first
    sign = 1 if change > 0 else -1
    parts = sign * np.array(_means(smooth, _FINE))
    back = float((np.maximum.accumulate(parts) - parts).max())
    gradual = back <= STEADY_DB and _is_gradual(parts)
    name = _course(first, middle, last)
    if name in ("louder", "quieter") and back > max(STEADY_DB, _WAVERS * abs(change)):
        name = "up and down"
    return _Course(name, change, gradual)


def _in_range(level: NDArray[np.float64]) -> NDArray[np.float64]:
    return level.clip(min=level.max() - _RANGE_DB)


def _is_gradual(parts: NDArray[np.float64]) -> bool:
    """Whether levels of parts, dB, go up on the whole way, and not by a step."""
    import numpy as np

    steps, rise = np.diff(parts), parts[-1] - parts[0]
    moves = np.count_nonzero(steps >= _MOVES * rise)
    return bool(rise > 0 and steps.max() <= _MOST_OF_A_STEP * rise and moves >= _MOST_PARTS_MOVE)


def _course(first: float, middle: float, last: float) -> str:
    """What the level does from the first third over the middle to the last."""
    if abs(last - first) > STEADY_DB:
        return "louder" if last > first else "quieter"
    if middle - max(first, last) > STEADY_DB:
        return "louder, then quieter"
    if min(first, last) - middle > STEADY_DB:
        return "quieter, then louder"
    return "the same"


def _louder_half(change: float) -> str | None:
    """Which half is clearly louder, where the second is so many dB louder than the first."""
    return None if abs(change) <= STEADY_DB else "second" if change > 0 else "first"


def _every(length: int) -> int:
    """Step that leaves at most 60 points of the course."""
    return max(1, math.ceil(length / 60))


def _halves(change: float) -> str:
    half = _louder_half(change)
    if half is None:
        return "Both halves are about equally loud."
    return f"The {half} half is louder, by {abs(change):.0f} dB."


def _developed(course: _Course) -> str:
    by = abs(course.change)
    thirds = "from the first third to the last"
    # What it would be called in music: of speech and noise neither is said.
    up = " In music that is a crescendo." if course.gradual else ""
    down = " In music that is a fade or a decrescendo." if course.gradual else ""
    return {
        "louder": f"The volume goes up, by {by:.0f} dB {thirds}: it gets louder.{up}",
        "quieter": f"The volume goes down, by {by:.0f} dB {thirds}: it gets quieter.{down}",
        "up and down": f"The volume goes up and down on the way, and its last third is {by:.0f} dB "
        f"{'louder' if course.change > 0 else 'quieter'} than its first.",
        "louder, then quieter": "The volume goes up and then down again: it is loudest in the "
        "middle, and ends about as loud as it began.",
        "quieter, then louder": "The volume goes down and then up again: it is quietest in the "
        "middle, and ends about as loud as it began.",
        "the same": "From beginning to end the volume does not change: it stays the same.",
    }[course.name]
