"""Where a recording changes: sections that sound different from each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audiorouter.clips import Clip
from audiorouter.toolbox.interface import Domain, Finding, SpanArguments, Tool
from audiorouter.toolbox.phrases import count_of, listing, place, seconds

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from audiorouter.toolbox.frontends.spectra import FloatArray

SAMPLE_RATE = 16_000
FRAME_SECONDS = 0.1
KERNEL_SECONDS = 3.0
"""How much before and after a moment is compared."""
CLEAR = 0.4
"""Novelty 0…1 from which a change counts: 0.5 where the sides differ by as much as their frames."""
_MARGIN = 15.0
"""What the margin of the novelty counts as evidence."""
_MIN_SECONDS = 4.0
_NAMED = 8
_SILENT_DB = 50.0
"""How much quieter than the loudest moment is silence, at either end."""


class Sections(Tool[SpanArguments]):
    """Peaks of Foote's novelty over spectral shape ("Automatic Audio Segmentation", ICME 2000)."""

    name = "sections"
    description = (
        "Finds where the music or scene changes into a new section, by its sound, and how many "
        "different sections there are. Helps with form, and with when something changes."
    )
    not_for = (
        "Not for when single sounds begin (sound_events, onsets), nor for changes of loudness or "
        "tempo alone (dynamics, beat_regularity); a new tune on the same instruments is no section."
    )
    examples = (
        "When does the music change?",
        "How many different sections does the piece have?",
        "Does the character of the recording change?",
        "True or false: the opening material returns at the end.",
        "I have to split this long medley into its tunes by their sound. Where do I cut?",
        "Where's the drop in this dance track?",
        "Does the piece stay the same all through, or break into contrasting blocks?",
        "The documentary's audio moves between locations. Give the transition times.",
        "Does the texture of the track change at any point, and when?",
        "Where does the chorus kick in?",
        "How many parts does the piece fall into?",
    )
    version = "6"
    licence = "Apache-2.0"
    domain = Domain.MUSIC
    Arguments = SpanArguments

    def run(self, clip: Clip, arguments: SpanArguments) -> Finding:
        """Compare what is before and after each moment."""
        first, end = (0, 0) if clip.facts.silent else _sounding(clip)
        if (end - first) * FRAME_SECONDS < _MIN_SECONDS:
            short = "the clip is silent or too short to have sections"
            return Finding.not_measured(short, changes_s=[])
        novelty = _novelty(_shape(clip)[first:end])
        changes = [round((first + frame) * FRAME_SECONDS, 1) for frame in _peaks(novelty)]
        data = {"sections": len(changes) + 1, "changes_s": changes}
        confidence = self.confidence(_MARGIN * _margin(novelty) - 1)
        if not changes:
            nothing = "It is one section: the sound does not change its character."
            return Finding(data, nothing, confidence)
        where = listing([f"{seconds(t)} ({place(t, clip.duration)})" for t in changes[:_NAMED]])
        return Finding(
            data,
            f"{count_of(len(changes) + 1, 'section').capitalize()}: the sound changes at {where}.",
            confidence,
        )


def _sounding(clip: Clip) -> tuple[int, int]:
    """Frames from which on and up to which something sounds: silence at the ends is no section."""
    import numpy as np

    from audiorouter.toolbox.frontends.energy import HOP_SECONDS, envelope

    level = envelope(clip)
    heard = np.flatnonzero(level >= level.max() - _SILENT_DB)
    per_frame = FRAME_SECONDS / HOP_SECONDS
    return int(heard[0] // per_frame), int(heard[-1] // per_frame) + 1


def _shape(clip: Clip) -> NDArray[np.float64]:
    """Twelve cepstral coefficients of the mel spectrum `(frames, 12)`, ten frames a second.

    They tell timbres apart and hardly know which notes are played.
    """
    import numpy as np

    from audiorouter.toolbox.frontends.spectra import magnitudes, mel_filters
    from audiorouter.toolbox.frontends.windows import framewise

    filters = mel_filters(
        bands=40, sample_rate=SAMPLE_RATE, fft=2048, low=40, high=8000, scale="htk"
    )

    def bands(audio: FloatArray) -> NDArray[np.float64]:
        spectrum = magnitudes(audio, window=1600, hop=800, fft=2048)
        return np.asarray(np.square(spectrum.astype(np.float64)) @ filters)

    power = framewise(clip, SAMPLE_RATE, 800, bands)
    pairs = power[: len(power) // 2 * 2].reshape(-1, 2, 40).mean(axis=1)
    level = 10 * np.log10(pairs + 1e-5 * max(1e-12, float(pairs.max())))
    cosines = np.cos(np.pi / 40 * np.outer(np.arange(40) + 0.5, np.arange(1, 13)))
    return np.asarray(level @ cosines)


def _novelty(shape: NDArray[np.float64]) -> NDArray[np.float64]:
    """How unlike the mean shapes before and after each frame are, `(frames,)`.

    Their distance over the spread of single frames about such a mean: as in Fisher's ratio, what
    changes all the time does not count as a change.
    """
    import numpy as np

    width = round(KERNEL_SECONDS / FRAME_SECONDS)
    sums = _cumulative(shape)
    squares = _cumulative(np.square(shape))
    novelty = np.zeros(len(shape))
    for frame in range(width // 2, len(shape) - width // 2):
        low, high = max(0, frame - width), min(len(shape), frame + width)
        before = (sums[frame] - sums[low]) / (frame - low)
        after = (sums[high] - sums[frame]) / (high - frame)
        spread = (
            (squares[frame] - squares[low]) / (frame - low)
            - before**2
            + (squares[high] - squares[frame]) / (high - frame)
            - after**2
        )
        distance = float(np.square(after - before).sum())
        novelty[frame] = distance / (distance + float(np.maximum(0, spread).sum()) + 1e-9)
    return novelty


def _cumulative(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sums of the rows before each row, `(frames + 1, columns)`."""
    import numpy as np

    return np.concatenate([np.zeros((1, values.shape[1])), np.cumsum(values, axis=0)])


def _peaks(novelty: NDArray[np.float64]) -> list[int]:
    """Frames of the clear changes, each the largest within the kernel."""
    return [frame for frame in _highest(novelty) if novelty[frame] >= CLEAR]


def _highest(novelty: NDArray[np.float64]) -> list[int]:
    width = round(KERNEL_SECONDS / FRAME_SECONDS)
    return [
        frame
        for frame in range(len(novelty))
        if novelty[frame] == novelty[max(0, frame - width) : frame + width + 1].max()
    ]


def _margin(novelty: NDArray[np.float64]) -> float:
    """How far the least certain change is from being none, or the other way round, 0…1."""
    return min(abs(float(novelty[frame]) - CLEAR) for frame in _highest(novelty))
