"""What is heard in a part of a clip, read off what is computed of the whole of it."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from audiorouter.clips import Clip
from audiorouter.toolbox.frontends import energy, periodicity, quick_onsets, resemblyzer, yamnet
from audiorouter.toolbox.frontends.noise_like import noise_probability
from audiorouter.toolbox.frontends.speech import speech_segments
from audiorouter.toolbox.frontends.windows import is_long
from audiorouter.toolbox.sound import brightness

VOICED = 0.4
"""Share of the loud frames of a part that have to have a pitch."""
VOICE_SECONDS = 1.0
"""Seconds with a pitch below which speech has none to compare: of less, the medians of two parts of
one voice are 5 semitones and more apart in one case of twenty (six example clips)."""
SILENT_DB = 40.0
"""dB below the clip's loudest part at which a part is silent."""
HEARD = 0.1
"""Mean probability from which a class is kept of a part."""
_UNKNOWN_SPREAD = 0.1
"""Standard deviation of a class's probability, where a single patch does not tell it."""
_VOICE_FRAMES = 200
"""Two seconds of speech: of less, one voice differs from itself as much as from another."""
_MOST_WINDOWS = 12


class Likelihood(NamedTuple):
    """Mean probability over the patches of a part, and the standard error of that mean."""

    mean: float
    error: float


class PartFeatures(NamedTuple):
    """What is heard from `start` to `end` (s)."""

    start: float
    end: float
    level_db: float
    """Root mean square, dBFS."""
    silent: bool
    pitch_hz: float | None
    """Median over the frames that have one; None where few have."""
    spoken: bool
    """Whether most of the frames that have a pitch are of speech."""
    centroid_hz: float
    onsets_per_second: float
    speech: float
    """Share of the part that is speech."""
    classes: dict[str, Likelihood]
    """Of each specific class that is heard."""
    noise: Likelihood
    """Of any class that is noise by its nature."""

    @property
    def seconds(self) -> float:
        """Its length."""
        return self.end - self.start

    def data(self) -> dict[str, Any]:
        """As data of a finding."""
        return {
            "level_dbfs": round(self.level_db, 1),
            "pitch_hz": self.pitch_hz and round(self.pitch_hz, 1),
            "centroid_hz": round(self.centroid_hz),
            "onsets_per_second": round(self.onsets_per_second, 2),
            "speech_share": round(self.speech, 2),
            "classes": {name: round(value.mean, 2) for name, value in self.classes.items()},
        }


def hear_part(clip: Clip, start: float, end: float) -> PartFeatures:
    """Measure the part of the clip from `start` to `end` (s)."""
    loudest = float(np.percentile(energy.envelope(clip), 99.5))
    level = _between(energy.envelope(clip), energy.HOP_SECONDS, start, end)
    onsets = quick_onsets.onset_times(clip)
    patches = _patches(clip, start, end)
    pitch, spoken = _pitch(clip, start, end)
    speech = sum(max(0.0, min(s.end, end) - max(s.start, start)) for s in speech_segments(clip))
    return PartFeatures(
        start,
        end,
        level_db=energy.mean_power(level),
        silent=bool(level.max(initial=-120.0) < loudest - SILENT_DB),
        pitch_hz=pitch,
        spoken=spoken,
        centroid_hz=_centroid(clip, start, end),
        onsets_per_second=float(np.sum((onsets >= start) & (onsets < end)) / (end - start)),
        speech=speech / (end - start),
        classes=_classes(patches),
        noise=_likelihood(noise_probability(patches)),
    )


def voice_distance(clip: Clip, first: PartFeatures, second: PartFeatures) -> float | None:
    """Cosine distance of the voices in two parts; None where either has too little speech."""
    encoder = resemblyzer.voice_encoder()
    voices = []
    for part in (first, second):
        windows = _speech_windows(clip, part)
        if not windows:
            return None
        mean = encoder.embed(windows).mean(axis=0)
        voices.append(mean / np.linalg.norm(mean))
    return float(1 - voices[0] @ voices[1])


def _speech_windows(clip: Clip, part: PartFeatures) -> list[NDArray[np.float32]]:
    """Feature windows of 1.6 s of the part's speech, one after the other."""
    features = clip.shared(
        "voice features",
        lambda: resemblyzer.voice_features(clip),
    )
    step, width = resemblyzer.FRAME_SECONDS, resemblyzer.WINDOW_FRAMES
    spoken = [
        features[int(max(s.start, part.start) / step) : int(min(s.end, part.end) / step)]
        for s in speech_segments(clip)
        if s.end > part.start and s.start < part.end
    ]
    joined = np.concatenate(spoken) if spoken else np.zeros((0, 40), dtype=np.float32)
    if len(joined) < _VOICE_FRAMES:
        return []
    if len(joined) < width:
        return [np.concatenate([joined] * -(-width // len(joined)))[:width]]
    starts = range(0, len(joined) - width + 1, max(width, len(joined) // _MOST_WINDOWS))
    return [joined[first : first + width] for first in starts]


def _pitch(clip: Clip, start: float, end: float) -> tuple[float | None, bool]:
    """Median pitch in Hz of the part, and whether it is that of speech."""
    track = _between(periodicity.pitches(clip), periodicity.HOP_SECONDS, start, end)
    level = _between(energy.envelope(clip), energy.HOP_SECONDS, start, end)
    loud = float(np.mean(level > energy.threshold(energy.envelope(clip)))) if len(level) else 0.0
    voiced = track[~np.isnan(track)]
    times = start + np.flatnonzero(~np.isnan(track)) * periodicity.HOP_SECONDS
    said = sum(int(((times >= s.start) & (times < s.end)).sum()) for s in speech_segments(clip))
    spoken = 2 * said > len(voiced)
    least = VOICE_SECONDS / periodicity.HOP_SECONDS if spoken else 5.0
    if len(voiced) < max(least, VOICED * loud * len(track)):
        return None, spoken
    return float(np.median(voiced)), spoken


def _centroid(clip: Clip, start: float, end: float) -> float:
    if is_long(clip):
        return brightness.measured(clip.part(start, end)).centre
    spectra = clip.shared("magnitude spectra", lambda: brightness.magnitude_spectra(clip))
    part = _between(spectra, brightness.HOP / brightness.SAMPLE_RATE, start, end)
    power = np.square(part).sum(axis=1)
    heard = part[power >= 1e-3 * power.max(initial=0.0)]
    frequencies = np.linspace(0, brightness.SAMPLE_RATE / 2, spectra.shape[1])
    return brightness.centroid(heard, frequencies)


def _patches(clip: Clip, start: float, end: float) -> NDArray[np.float64]:
    """Class probabilities `(patches, 521)` of the part; at least of the patch nearest to it."""
    patches = yamnet.clip_probabilities(clip)
    begins = np.arange(len(patches)) * yamnet.HOP_SECONDS
    inside = (begins >= start) & (begins + yamnet.PATCH_SECONDS <= end)
    if not inside.any():
        middle = (start + end - yamnet.PATCH_SECONDS) / 2
        inside[int(np.abs(begins - middle).argmin())] = True
    return np.asarray(patches[inside])


def _classes(patches: NDArray[np.float64]) -> dict[str, Likelihood]:
    """The specific classes that are heard, the likeliest first."""
    network, mean = yamnet.yamnet(), patches.mean(axis=0)
    kept = np.flatnonzero((mean >= HEARD) & network.specific)
    return {network.classes[i]: _likelihood(patches[:, i]) for i in kept[np.argsort(-mean[kept])]}


def _likelihood(values: NDArray[np.float64]) -> Likelihood:
    spread = float(values.std()) if len(values) > 1 else _UNKNOWN_SPREAD
    return Likelihood(float(values.mean()), spread / len(values) ** 0.5)


def _between(
    frames: NDArray[np.float64], hop: float, start: float, end: float
) -> NDArray[np.float64]:
    """The frames from `start` to `end` (s); at least one where there are any."""
    first = min(int(start / hop), max(0, len(frames) - 1))
    return frames[first : max(first + 1, int(end / hop))]
