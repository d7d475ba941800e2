"""How much noise and how much reverberation there is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audiorouter.clips import Clip
from audiorouter.toolbox.interface import Domain, Finding, SpanArguments, Tool

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from audiorouter.toolbox.frontends.spectra import FloatArray

CLEAN_DB, NOISY_DB = 22.0, 12.0
"""Signal-to-noise ratio above which a recording is called clean, and below which noisy."""
_NEVER_PAUSES_DB = -4.0
"""Ratio up to which noise cannot be told from a sound that goes on."""
REVERBERANT_S = 0.35
"""Decay time from which sounds are said to ring on."""
_RATE, _HOP = 16_000, 256
_QUIET_TO_MEAN = 1.6
"""Mean power of a steady noise over the tenth quantile of its short-term power in a mel band."""
_LEAST_SIGNAL = 1e-3
"""In powers of the noise."""
_LEAST_HEARD = 0.5
"""Seconds of anything but silence from which noise can be told."""
_STANDS_OUT_DB = 3.0
"""Level above what never stops from which there is something beside a steady tone."""
_STEADY = 1.1
"""Median over the tenth quantile of the power in mel bands, those with the most of it counting the
most, below which it is a tone's and no noise's: that of noise is 1.3 and more."""
_MIN_DECAYS = 3
_DROP_DB = 15.0


class Noise(Tool[SpanArguments]):
    """Mean level of the clip above the noise that never stops; steepness of the decays."""

    name = "noise"
    description = (
        "Measures background noise and reverberation: signal-to-noise ratio (SNR) in dB, level of "
        "the noise floor, whether the recording is clean or noisy, dry or echoing."
    )
    not_for = (
        "Not for what the noise is, nor for sounds that never pause, such as music or an engine: "
        "they are taken for noise, or, a steady tone, not measured."
    )
    examples = (
        "Is the recording noisy or clean?",
        "What is the signal-to-noise ratio?",
        "Is there a lot of echo or reverberation?",
        "How loud is the background noise?",
        "Was this taken in a tiled hall or in a padded booth?",
        "I treated my walls with foam. Is the reverb gone from this test?",
        "Would you say the hand claps were made in a cathedral?",
        "Estimate the SNR of the interview.",
        "The acoustics of the place are rather ___ (dry or reverberant).",
        "True or false: the signal stands out at least 20 dB from the background.",
        "How clean is this bird recording for my archive, as a ratio?",
        "How long does the echo of each clap linger?",
    )
    version = "11"
    licence = "Apache-2.0"
    domain = Domain.SOUND
    Arguments = SpanArguments

    def run(self, clip: Clip, arguments: SpanArguments) -> Finding:
        """Measure."""
        import numpy as np

        from audiorouter.toolbox.frontends.energy import MADE_SILENT_DBFS, envelope, hardly_heard

        if clip.facts.silent or clip.duration < 0.5:
            return Finding.not_measured("the clip is silent or too short to tell its noise")
        if hardly_heard(clip, _RATE):
            return Finding.not_measured("nearly all of it lies above 8 kHz")
        power = _mel_power(clip)
        # Silence that was put there says nothing of the rest.
        power = power[power.sum(axis=1) >= 10 ** (MADE_SILENT_DBFS / 10)]
        if len(power) * _HOP / _RATE < _LEAST_HEARD:
            return Finding.not_measured("too little of the clip is not silent to tell its noise")
        total, floor = _levels(power)
        if total - floor < _STANDS_OUT_DB and _is_a_tone(power):
            return Finding.not_measured("a steady tone hides what noise there is")
        # What is heard is signal and noise together.
        signal = max(_LEAST_SIGNAL, 10 ** ((total - floor) / 10) - 1)
        ratio = float(np.clip(10 * np.log10(signal), -5.0, 70.0))
        if ratio <= _NEVER_PAUSES_DB:
            return Finding(
                {"snr_db": round(ratio, 1), "noise_floor_dbfs": round(floor, 1), "decay_s": None},
                f"Nothing stands out from what goes on all the time, at {floor:.0f} dBFS: the "
                "recording is all noise, or a sound that never pauses.",
                # Its curve was fitted to speech in noise, of which this is the noisiest.
                self.confidence(abs(ratio - NOISY_DB) / 5),
            )
        decay = _decay_seconds(envelope(clip))
        data = {
            "snr_db": round(ratio, 1),
            "noise_floor_dbfs": round(floor, 1),
            "decay_s": None if decay is None else round(decay, 2),
        }
        said = round(ratio)
        kind = "clean" if said >= CLEAN_DB else "noisy" if said < NOISY_DB else "somewhat noisy"
        slow = decay is not None and round(decay, 2) >= REVERBERANT_S
        room = "" if decay is None else (
            f" Sounds die away {'slowly, with reverberation' if slow else 'fast'} ({decay:.2f} s)."
        )  # fmt: skip
        return Finding(
            data,
            f"The recording is {kind}: the signal-to-noise ratio is about {said} dB, "
            f"the background noise at {floor:.0f} dBFS.{room}",
            self.confidence(min(abs(ratio - CLEAN_DB), abs(ratio - NOISY_DB)) / 5),
        )


def _mel_power(clip: Clip) -> NDArray[np.float64]:
    """Mean square in each of 32 mel bands up to 8 kHz, every 16 ms, `(frames, 32)`."""
    import numpy as np

    from audiorouter.toolbox.frontends.spectra import magnitudes, mel_filters
    from audiorouter.toolbox.frontends.windows import framewise

    filters = mel_filters(bands=32, sample_rate=_RATE, fft=512, low=50, high=8000, scale="htk")

    def bands(audio: FloatArray) -> NDArray[np.float64]:
        spectrum = magnitudes(audio, window=512, hop=_HOP, fft=512)
        return np.asarray(np.square(spectrum.astype(np.float64)) @ filters)

    power = framewise(clip, _RATE, _HOP, bands)
    # Sum over a Hann window of 512 of the squared magnitudes, to mean square.
    return power * (2 / (512 * 192))


def _level(power: NDArray[np.float64]) -> float:
    """Mean level of frames, dBFS, by their power in mel bands `(frames, 32)`."""
    import numpy as np

    return float(10 * np.log10(max(1e-12, power.sum(axis=1).mean())))


def _is_a_tone(power: NDArray[np.float64]) -> bool:
    """Whether what never stops, in the bands that have the most of it, does not waver either."""
    import numpy as np

    quiet, middle = np.quantile(power, [0.1, 0.5], axis=0)
    return bool((middle * quiet).sum() < _STEADY * np.square(quiet).sum())


def _levels(power: NDArray[np.float64]) -> tuple[float, float]:
    """Mean level and that of the noise beneath it, dBFS, by the power in mel bands.

    Noise is what each band does not go below for long (its quietest tenth: minimum statistics,
    Martin, 2001), so that it is found between the harmonics of a voice as well.
    """
    import numpy as np

    level = _level(power)
    # Of a sound that wavers less than noise does it would be more than there is.
    return level, min(level, _level(np.quantile(power, [0.1], axis=0) * _QUIET_TO_MEAN))


def _decay_seconds(level: NDArray[np.float64]) -> float | None:
    """Time of a fall by 60 dB, from the median slope of the free decays; None without decays."""
    import numpy as np
    from scipy.ndimage import uniform_filter1d

    from audiorouter.toolbox.frontends.energy import HOP_SECONDS, MADE_SILENT_DBFS

    smooth = uniform_filter1d(level, 5, mode="nearest")
    slopes = []
    start = 0
    for index in range(1, len(smooth)):
        if smooth[index] >= smooth[index - 1] or index == len(smooth) - 1:
            drop = smooth[start] - smooth[index - 1]
            if drop >= _DROP_DB and smooth[index - 1] > MADE_SILENT_DBFS:
                slopes.append(drop / ((index - 1 - start) * HOP_SECONDS))
            start = index
    if len(slopes) < _MIN_DECAYS:
        return None
    return float(60 / np.median(slopes))
