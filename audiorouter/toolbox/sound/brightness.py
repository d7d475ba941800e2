"""Whether a sound is bright or dark: where in the spectrum its energy lies."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from audiorouter.clips import Clip
from audiorouter.toolbox.interface import Domain, Finding, SpanArguments, Tool

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from numpy.typing import NDArray

SAMPLE_RATE = 44_100
DARK_HZ, BRIGHT_HZ = 1200.0, 3000.0
CHANGE = 1.4
"""Factor by which the centre has to move from the first to the last third to be a change."""
_FFT, HOP = 2048, 1024
_AT_ONCE, _WINDOW = 240.0, 120.0
"""Seconds of a clip whose spectra are in memory together, and of a window of a longer one, whose
spectra take 43 MB."""


class Spectrum(NamedTuple):
    """Where the energy of a clip lies, all in Hz."""

    centre: float
    spread: float
    rolloff: float
    """What 85% of the energy lie below."""
    first: float
    """Centre of the first third of what sounds."""
    last: float


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
        "True or false: most of the energy lies below 500 Hz.",
        "The timbre becomes ___ as the sample goes on.",
        "Would you call the radio's tone tinny?",
        "Does this cymbal have a crisp or a dull colour?",
        "Is the tone warm and mellow, or piercing?",
        "Has my microphone lost its highs?",
        "Is it a rumble or a hiss, as far as where its energy sits?",
        "Which of these adjectives suits the tone colour: shrill, neutral or dull?",
    )
    version = "6"
    licence = "Apache-2.0"
    domain = Domain.SOUND
    Arguments = SpanArguments

    def run(self, clip: Clip, arguments: SpanArguments) -> Finding:
        """Measure."""
        if clip.facts.silent:
            return Finding.not_measured("the clip is silent", centroid_hz=None)
        from audiorouter.toolbox.frontends.energy import hardly_heard

        if hardly_heard(clip, SAMPLE_RATE):
            why = f"nearly all of it lies above {SAMPLE_RATE / 2000:.0f} kHz"
            return Finding.not_measured(why, centroid_hz=None)
        centre, spread, rolloff, first, last = measured(clip)
        data = {
            "centroid_hz": round(centre),
            "bandwidth_hz": round(spread),
            "rolloff_85_hz": round(rolloff),
            "first_third_hz": round(first),
            "last_third_hz": round(last),
        }
        # Octaves to where it would be called otherwise.
        evidence = min(abs(math.log2(centre / bound)) for bound in (DARK_HZ, BRIGHT_HZ))
        return Finding(data, _sentence(centre, rolloff, last / first), self.confidence(evidence))


def measured(clip: Clip) -> Spectrum:
    """Measure what sounds of the clip: first how loud its frames are, then the spectra of those.

    A long one is heard twice, since its spectra do not fit into memory.
    """
    import numpy as np

    from audiorouter.toolbox.frontends.windows import parts

    one = magnitude_spectra(clip) if clip.duration <= _AT_ONCE else None

    def spectra() -> Iterator[NDArray[np.float64]]:
        if one is not None:
            yield one
            return
        for _, part in parts(clip, seconds=_WINDOW, longest=_AT_ONCE, context=False):
            yield magnitude_spectra(part)

    loudness = [np.square(each).sum(axis=1) for each in spectra()]
    bar = 1e-3 * max(float(each.max()) for each in loudness)
    count = sum(int((each >= bar).sum()) for each in loudness)
    third, seen = max(1, count // 3), 0
    means = np.zeros((3, _FFT // 2 + 1))  # of all, of the first third, of the last
    power = np.zeros(_FFT // 2 + 1)
    for loud, each in zip(loudness, spectra(), strict=True):
        heard = each[loud >= bar]
        means[0] += heard.sum(axis=0)
        means[1] += heard[: max(0, third - seen)].sum(axis=0)
        means[2] += heard[max(0, count - third - seen) :].sum(axis=0)
        power += np.square(heard).sum(axis=0)
        seen += len(heard)
    frequencies = np.linspace(0, SAMPLE_RATE / 2, _FFT // 2 + 1)
    centre, first, last = (centroid(mean[None], frequencies) for mean in means)
    mean = means[0]
    spread = float(np.sqrt((mean * (frequencies - centre) ** 2).sum() / mean.sum()))
    rolloff = float(frequencies[np.searchsorted(np.cumsum(power), 0.85 * power.sum())])
    return Spectrum(centre, spread, rolloff, first, last)


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
    if round(centre) < DARK_HZ:
        kind = "dark: dull, muffled and low"
    elif round(centre) > BRIGHT_HZ:
        kind = "bright: shrill, clear and high"
    else:
        kind = "in the middle, neither very bright nor very dark"
    return (
        f"The centre of the spectrum is at {centre:.0f} Hz, and 85% of its energy lies below "
        f"{rolloff:.0f} Hz. {course} The sound is {kind}."
    )
