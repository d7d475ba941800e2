"""Whether something repeats, and after how long."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from audiorouter.clips import Clip
from audiorouter.toolbox.interface import Domain, Finding, SpanArguments, Tool
from audiorouter.toolbox.phrases import number_word

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from audiorouter.toolbox.frontends.spectra import FloatArray

FRAME_SECONDS = 0.02
SHORTEST, LONGEST = 0.1, 10.0
"""Periods in s that are looked for."""
CLEAR = 0.35
"""Autocorrelation from which something repeats."""
_MIN_REPEATS = 2.5
_FAINT = 1.0
"""Flux, nepers summed over 40 bands, below which nothing rises audibly."""
_DEVIATIONS, _ALIKE_FRAMES = 4.0, 3
"""Standard deviations that an autocorrelation has to be above that of noise, of which so many
frames in a row are alike."""


class _Period(NamedTuple):
    seconds: float
    strength: float


class Repetition(Tool[SpanArguments]):
    """The first clear peak in the autocorrelation of how the spectrum changes."""

    name = "repetition"
    description = (
        "Tells whether a sound repeats at regular intervals, such as ticking, ringing or "
        "knocking, and how many seconds lie between the repetitions (period, rate)."
    )
    not_for = "Not for the tempo or the beats of music, nor for how often something is heard."
    examples = (
        "Does the sound repeat regularly?",
        "How many seconds lie between the repetitions?",
        "Is the ticking regular or irregular?",
        "At what interval does it recur?",
        "Which of these is the spacing of the sonar pings?",
        "Does the dripping come at even intervals?",
        "The wiper swishes back and forth. With what period?",
        "Are the hammer blows evenly spaced or haphazard?",
        "Is that squeak in the conveyor periodic?",
        "How much time passes from ring to ring of the old telephone?",
        "At what rate does the metal stamp come down, in strokes per second?",
        "Is the knocking on the pipe random or does it follow a fixed rhythm?",
    )
    version = "5"
    licence = "Apache-2.0"
    domain = Domain.SOUND
    Arguments = SpanArguments

    def run(self, clip: Clip, arguments: SpanArguments) -> Finding:
        """Look for a period."""
        from audiorouter.toolbox.frontends import attacks

        nothing = "No interval between sounds is like the others: it is irregular."
        if clip.facts.silent or clip.duration < 2 * SHORTEST:
            short = "the clip is silent, or too short for anything to repeat"
            return Finding.not_measured(short, period_s=None)
        flux = _flux(clip)
        period = _period(flux, clip.duration)
        stands_out = attacks.prominence(clip).max() >= attacks.STANDS_OUT
        if not stands_out and (period is None or period.strength < _by_chance(flux)):
            steady = "nothing stands out from the rest that might repeat"
            return Finding.not_measured(steady, period_s=None)
        if period is None or period.strength < CLEAR:
            strength = 0.0 if period is None else period.strength
            data = {"period_s": None, "regularity": round(strength, 2)}
            return Finding(data, nothing, self.confidence(5 * (CLEAR - strength)))
        rate = 1 / period.seconds
        often = f"{rate:.1f} times a second" if rate >= 1 else f"{60 * rate:.0f} times a minute"
        data = {"period_s": round(period.seconds, 3), "regularity": round(period.strength, 2)}
        text = (
            f"Sounds come evenly, {often}: it is regular. The interval between the repetitions is "
            f"{_interval(period.seconds)}."
        )
        return Finding(data, text, self.confidence(5 * (period.strength - CLEAR)))


def _interval(period: float) -> str:
    halves = round(2 * period)
    if halves < 1 or abs(period - halves / 2) > 0.06:
        return f"{period:.2f} s"
    whole, half = divmod(halves, 2)
    if whole == 0:
        words = "half a second"
    elif half:
        words = f"{number_word(whole)} and a half seconds"
    else:
        words = f"{number_word(whole)} second{'' if whole == 1 else 's'}"
    return f"{period:.2f} s, {words}"


def _flux(clip: Clip) -> NDArray[np.float64]:
    """How much louder the mel bands get from frame to frame (spectral flux), every 20 ms."""
    import numpy as np

    from audiorouter.toolbox.frontends.energy import RATE
    from audiorouter.toolbox.frontends.spectra import magnitudes, mel_filters
    from audiorouter.toolbox.frontends.windows import framewise

    hop = round(FRAME_SECONDS * RATE)
    filters = mel_filters(bands=40, sample_rate=RATE, fft=1024, low=50, high=8000, scale="slaney")

    def level(audio: FloatArray) -> NDArray[np.float64]:
        spectra = magnitudes(audio, window=1024, hop=hop, fft=1024)
        return np.asarray(np.log1p(1e4 * (spectra @ filters).astype(np.float64)))

    bands = framewise(clip, RATE, hop, level)
    rise = np.maximum(0, np.diff(bands, axis=0)).sum(axis=1)
    return np.convolve(rise, np.hanning(7) / np.hanning(7).sum(), mode="same")


def _by_chance(flux: NDArray[np.float64]) -> float:
    """Autocorrelation that the flux of steady sound may reach as well."""
    if flux.max(initial=0.0) < _FAINT:
        return math.inf
    return max(CLEAR, _DEVIATIONS * math.sqrt(_ALIKE_FRAMES / len(flux)))


def _period(flux: NDArray[np.float64], duration: float) -> _Period | None:
    """The shortest period whose autocorrelation comes near the best one."""
    import numpy as np

    if len(flux) < 10:
        return None
    centred = flux - flux.mean()
    spectrum = np.fft.rfft(centred, 2 * len(centred))
    raw = np.fft.irfft(np.abs(spectrum) ** 2)[: len(centred)]
    if raw[0] <= 0:
        return None
    # Unbiased: later lags have fewer products to sum.
    correlation = raw / raw[0] * len(centred) / (len(centred) - np.arange(len(centred)))
    low = round(SHORTEST / FRAME_SECONDS)
    high = min(round(LONGEST / FRAME_SECONDS), int(duration / _MIN_REPEATS / FRAME_SECONDS))
    if high <= low + 1:
        return None
    lags = np.arange(low, high)
    inner = correlation[low:high]
    peaks = lags[
        (inner >= correlation[low - 1 : high - 1]) & (inner > correlation[low + 1 : high + 1])
    ]
    best = float(correlation[peaks].max(initial=0.0))
    if best <= 0:
        return None
    lag = int(peaks[correlation[peaks] >= 0.85 * best][0])
    around = correlation[lag - 1 : lag + 2]
    bend = around[0] - 2 * around[1] + around[2]
    shift = 0.5 * (around[0] - around[2]) / bend if bend else 0.0
    # What comes again once may do so by chance: it has to come again after two periods as well.
    twice = float(correlation[2 * lag - 2 : 2 * lag + 3].max())
    strength = min(1.0, float(correlation[lag]), twice)
    return _Period(float((lag + shift) * FRAME_SECONDS), strength)
