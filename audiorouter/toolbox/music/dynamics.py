"""How much loud and soft differ."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from audiorouter.clips import Clip
from audiorouter.toolbox.interface import Domain, Finding, SpanArguments, Tool
from audiorouter.toolbox.phrases import count_of, seconds

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

NARROW_DB, WIDE_DB = 9.0, 16.0
SUDDEN_DB = 9.0
"""Change of the level within half a second from which it is sudden."""
_ACCENT = 12
"""Tenths of a second within which a change and the one back are one: a second, and what each of
them may be off by."""
_SHORTEST = 2.0
"""Seconds of a clip below which loud and soft cannot be compared."""
_LEAST_HEARD = 10
"""Tenths of a second within `_GATE_DB` of the loudest, of less than which nothing is said."""
_GATE_DB = 40.0
"""What is so far below the loudest is no soft passage."""
_MUCH = 0.1
"""Share of the clip below that from which on it is said."""
_HALF = 50
_APART = 5
"""Tenths of a second between the half seconds that are compared."""


class Dynamics(Tool[SpanArguments]):
    """Range of the short-term level (as EBU Tech 3342 reads it: 10th to 95th percentile)."""

    name = "dynamics"
    description = (
        "Measures dynamics: the range between soft (piano) and loud (forte) passages in dB, "
        "whether it is wide or narrow, and sudden changes of loudness (accents)."
    )
    not_for = (
        "Not for how loud a recording is as a whole, nor for whether it gets louder (loudness), "
        "nor for tempo."
    )
    examples = (
        "Is the dynamic range wide or narrow?",
        "Are there sudden changes of loudness?",
        "Is the music played evenly or with strong contrasts?",
        "How big is the contrast between pianissimo and fortissimo passages?",
        "Haydn's Surprise: at what second comes the shock?",
        "The spread between gentle and powerful passages is ___.",
        "Terraced or smooth: how do the strengths switch in this baroque work?",
        "Are there any sudden accents in the performance?",
        "By how many decibels do the soft and strong passages of the symphony differ?",
        "A jury member judges expressive contrast of a violinist; what range is shown?",
        "Which of these describes the contrast in the quartet: wide, moderate, narrow?",
    )
    version = "9"
    licence = "Apache-2.0"
    domain = Domain.MUSIC
    Arguments = SpanArguments

    def run(self, clip: Clip, arguments: SpanArguments) -> Finding:
        """Measure."""
        import numpy as np

        from audiorouter.toolbox.frontends.energy import MADE_SILENT_DBFS

        if clip.facts.silent:
            return Finding.not_measured("the clip is silent", range_db=None)
        level = _short_term(clip)
        gate = level.max() - _GATE_DB
        heard = level[level >= gate]
        if clip.duration < _SHORTEST or len(heard) < _LEAST_HEARD:
            return Finding.not_measured("too little is heard to compare it", range_db=None)
        faint = float(np.mean((level < gate) & (level > MADE_SILENT_DBFS)))
        low, high = (float(v) for v in np.percentile(heard, [10, 95]))
        spread = high - low
        sudden = _sudden(level)
        data = {
            "range_db": round(spread, 1),
            "crest_db": round(clip.facts.peak_dbfs - clip.facts.rms_dbfs, 1),
            "sudden_changes_s": [round(time, 1) for time in sudden],
            "faint_share": round(faint, 2),
        }
        said = round(spread)
        width = "narrow" if said < NARROW_DB else "wide" if said > WIDE_DB else "moderate"
        contrasts = {"narrow": "small contrasts", "wide": "great contrasts"}.get(
            width, "some contrasts"
        )
        contrast = (
            f"It has {count_of(len(sudden), 'sudden change')} of loudness, "
            f"{'' if len(sudden) == 1 else 'the first '}at {seconds(sudden[0])}."
            if sudden
            else "The loudness does not change suddenly."
        )
        amount = f"there {'is' if said == 1 else 'are'} about {said} dB"
        text = f"From soft to loud {amount}: the dynamic range is {width}, {contrasts}."
        if unsure := faint >= _MUCH:
            text = (
                f"{faint:.0%} of the clip is more than {_GATE_DB:.0f} dB below the loudest: that "
                f"may be pauses, or very soft passages. Without it {amount} from soft to loud."
            )
        text = f"{contrast} {text}"
        evidence = min(abs(spread - NARROW_DB), abs(spread - WIDE_DB)) / 2
        return Finding(data, text, self.confidence(evidence, unsure=unsure))


def _short_term(clip: Clip) -> NDArray[np.float64]:
    """Level in dBFS over 0.5 s, every 0.1 s."""
    import numpy as np

    from audiorouter.toolbox.frontends.energy import envelope

    power = 10 ** (envelope(clip) / 10)
    width = min(_HALF, len(power))
    smooth = np.convolve(power, np.ones(width) / width, mode="valid")[:: _HALF // 5]
    return np.asarray(10 * np.log10(np.maximum(smooth, 1e-12)))


def _sudden(level: NDArray[np.float64]) -> list[float]:
    """Times in s at which the half second to come is most above the last one, or below it.

    What goes up, or down, and soon after back to about where it was is one.
    """
    import numpy as np
    from scipy.signal import find_peaks

    before, after = level[:-_APART], level[_APART:]
    audible = np.maximum(before, after) > level.max() - 25
    rise = np.pad(np.where(audible, after - before, 0.0), 1)
    rises, falls = (
        {int(peak) - 1 for peak in find_peaks(change, height=SUDDEN_DB, distance=10)[0]}
        for change in (rise, -rise)
    )

    def undoes(frame: int, one: int) -> bool:
        soon = frame - one <= _ACCENT and (frame in rises) != (one in rises)
        return soon and abs(float(after[frame] - before[one])) < SUDDEN_DB

    changes, frames = deque(sorted(rises | falls)), list[int]()
    while changes:
        frames.append(changes.popleft())
        if changes and undoes(changes[0], frames[-1]):
            changes.popleft()
    return [0.1 * (frame + _APART) for frame in frames]
