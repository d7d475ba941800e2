"""When notes and strokes begin."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from audiorouter.clips import Clip
from audiorouter.toolbox.interface import Domain, Finding, SpanArguments, Tool
from audiorouter.toolbox.phrases import count_of, listing, seconds

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

HOP_SECONDS = 0.01
APART_SECONDS = 0.05
"""Seconds within which two rises are one attack: the tolerance by which onsets are judged."""
_NAMED = 12
_NOTHING: Mapping[str, Any] = {"count": 0, "times_s": []}


class Onsets(Tool[SpanArguments]):
    """Peaks of the spectral flux over mel bands, by librosa (Böck & Widmer, DAFx 2013)."""

    name = "onsets"
    description = (
        "Counts the attacks: how many notes, drum strokes, claps or knocks begin, when each one "
        "does, and how many there are per second. Helps with counting notes and hits."
    )
    not_for = (
        "Not for notes that swell without an attack (notes), nor for how many different sounds "
        "there are or which (sound_events, count_sound), nor for the beat (beats, tempo)."
    )
    examples = (
        "How many drum strokes are there?",
        "How many times does somebody clap or knock?",
        "How many notes begin?",
        "When does the first note start?",
        "How long after the first pluck does the second follow?",
        "True or false: the woodblock is struck seven times.",
        "Count the keystrokes on this typewriter, please.",
        "When does the very first stroke land?",
        "How many hammer blows, and when does each fall?",
        "How many plucks per second does the banjo player manage?",
        "How dense is the percussion, in hits per second?",
        "Which of these is the number of tones that get attacked in the piano riff?",
    )
    version = "6"
    licence = "ISC"
    domain = Domain.MUSIC
    Arguments = SpanArguments
    packages = ("librosa",)
    extra = "music"

    def load(self) -> None:
        """Import librosa, whose first call compiles."""
        from audiorouter.toolbox.frontends.librosa_ready import librosa_ready

        librosa_ready()

    def run(self, clip: Clip, arguments: SpanArguments) -> Finding:
        """Pick the onsets."""
        import numpy as np

        from audiorouter.toolbox.frontends import attacks
        from audiorouter.toolbox.frontends.librosa_features import onset_times

        if clip.facts.silent:
            return Finding.not_measured("the clip is silent", **_NOTHING)
        stands_out = attacks.prominence(clip) >= attacks.STANDS_OUT
        rises = onset_times(clip)
        begun = _apart(
            [t for t in rises[attacks.begins(clip, rises)] if stands_out[_around(t)].any()]
        )
        if attacks.starts_with_attack(clip, np.array(begun)):
            begun = [0.0, *begun]
        times = [round(float(time), 2) for time in begun]
        if not times:
            why = "nothing begins that stands out from the rest"
            return Finding.not_measured(why, **_NOTHING)
        data = {"count": len(times), "times_s": times}
        shown = listing([f"{time:.1f}" for time in times[:_NAMED]])
        more = " …" if len(times) > _NAMED else ""
        rate = len(times) / max(0.1, clip.duration)
        what, first = "notes or strokes that begin", f" the first at {seconds(times[0])};"
        if len(times) == 1:
            what, first = "a note or stroke that begins", ""
        return Finding(
            data,
            f"{count_of(len(times), 'onset').capitalize()} ({what}), "
            f"at {shown}{more} s;{first} {rate:.1f} per second.",
            self.confidence(_clarity(attacks.spectral_flux(clip), times)),
        )


def _apart(times: list[float]) -> list[float]:
    """Those that come at least 50 ms after the one before, in order."""
    apart: list[float] = []
    for time in times:
        if not apart or time - apart[-1] >= APART_SECONDS:
            apart.append(time)
    return apart


def _around(time: float) -> slice:
    """Frames of the flux within 60 ms of a time in s."""
    frame = round(time / HOP_SECONDS)
    return slice(max(0, frame - 6), frame + 7)


def _clarity(flux: NDArray[np.float64], times: list[float]) -> float:
    """Log ratio of the fainter onsets' spectral rise to the strongest of what is between them."""
    import numpy as np

    near = np.zeros(len(flux), dtype=bool)
    heights = []
    for time in times:
        around = _around(time)
        near[around] = True
        heights.append(float(flux[around].max(initial=0.0)))
    between = float(flux[~near].max(initial=0.0))
    return float(np.log((np.percentile(heights, 10) + 1e-3) / (between + 1e-3)))
