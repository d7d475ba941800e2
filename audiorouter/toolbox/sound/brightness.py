"""Whether a sound is bright or dark: where in the spectrum its energy lies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audiorouter.clips import Clip
from audiorouter.toolbox.interface import Domain, Finding, SpanArguments, Tool

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SAMPLE_RATE = 44_100
DARK_HZ, BRIGHT_HZ = 1200.0, 3000.0
CHANGE = 1.4
"""Factor by which the centre has to move from the first to the last third to be a change."""
_FFT, HOP = 2048, 1024


class Brightness(Tool[SpanArguments]):
    """Spectral centroid, bandwidth and roll-off over what sounds (Peeters, 2004)."""

    name = "brightness"
    description = (
        "Measures timbre: whether the sound is bright or dark, high or low in frequency, muffled, "
        "dull, shrill or tinny (spectral centroid), and whether that changes."
    )
    not_for = "Not for how high a note or a voice is, nor for how loud or how happy something is."
    examples = (
        "Is the sound bright or dark?",
        "Is it a high or a low sound?",
        "Does the recording sound muffled?",
        "Does the sound become brighter or duller?",
    )
    version = "3"
    licence = "Apache-2.0"
    domain = Domain.SOUND
    Arguments = SpanArguments

    def run(self, clip: Clip, arguments: SpanArguments) -> Finding:
        """Measure."""
        import numpy as np

        if clip.facts.silent:
            return Finding.not_measured("the clip is silent", centroid_hz=None)
        spectra = magnitude_spectra(clip)
        frequencies = np.linspace(0, SAMPLE_RATE / 2, spectra.shape[1])
        loudness = np.square(spectra).sum(axis=1)
        heard = spectra[loudness >= 1e-3 * loudness.max()]
        centre = centroid(heard, frequencies)
        third = max(1, len(heard) // 3)
        first, last = centroid(heard[:third], frequencies), centroid(heard[-third:], frequencies)
        mean = heard.sum(axis=0)
        spread = float(np.sqrt((mean * (frequencies - centre) ** 2).sum() / mean.sum()))
        power = np.square(heard).sum(axis=0)
        rolloff = float(frequencies[np.searchsorted(np.cumsum(power), 0.85 * power.sum())])
        data = {
            "centroid_hz": round(centre),
            "bandwidth_hz": round(spread),
            "rolloff_85_hz": round(rolloff),
            "first_third_hz": round(first),
            "last_third_hz": round(last),
        }
        # Octaves to where it would be called otherwise.
        evidence = min(abs(float(np.log2(centre / bound))) for bound in (DARK_HZ, BRIGHT_HZ))
        return Finding(data, _sentence(centre, rolloff, last / first), self.confidence(evidence))


def magnitude_spectra(clip: Clip) -> NDArray[np.float64]:
    """Magnitude spectra `(frames, 1025)` of 44.1 kHz audio, 43 a second."""
    import numpy as np

    from audiorouter.toolbox.frontends.spectra import magnitudes

    spectra = magnitudes(clip.mono(SAMPLE_RATE), window=_FFT, hop=HOP, fft=_FFT)
    return np.asarray(spectra.astype(np.float64) + 1e-10)


def centroid(spectra: NDArray[np.float64], frequencies: NDArray[np.float64]) -> float:
    """Hz at which the mean magnitude spectrum balances."""
    mean = spectra.sum(axis=0)
    return max(1.0, float((mean * frequencies).sum() / mean.sum()))


def _sentence(centre: float, rolloff: float, change: float) -> str:
    if change >= CHANGE:
        course = "It becomes brighter (higher) towards the end."
    elif change <= 1 / CHANGE:
        course = "It becomes darker (duller, lower) towards the end."
    else:
        course = "That does not change."
    if centre < DARK_HZ:
        kind = "dark: dull, muffled and low"
    elif centre > BRIGHT_HZ:
        kind = "bright: shrill, clear and high"
    else:
        kind = "in the middle, neither very bright nor very dark"
    return (
        f"The centre of the spectrum is at {centre:.0f} Hz, and 85% of its energy lie below "
        f"{rolloff:.0f} Hz. {course} The sound is {kind}."
    )
