"""Tempo, beats, metre, key and chords by librosa alone.

They take the places of madmom's where madmom is not installed, or where its models may not be used
because their licence forbids commercial use. docs/tools.md says how much worse they are. There is
none for `beat_regularity`: librosa's beats keep one tempo, and told changes no better than a guess.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from audiorouter.toolbox.music.chords import Chords
from audiorouter.toolbox.music.harmony import Key
from audiorouter.toolbox.music.rhythm import BeatTimes, Meter, Tempo

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from audiorouter.clips import Clip
    from audiorouter.toolbox.frontends.beats import Beats
    from audiorouter.weights import Weights


class _Librosa:
    """What these tools share; it stands before the tool whose words they use."""

    version: ClassVar[str] = "librosa-12"
    licence: ClassVar[str] = "ISC"
    packages: ClassVar[tuple[str, ...]] = ("librosa",)
    extra: ClassVar[str | None] = "music-open"
    weights: ClassVar[tuple[str | Weights, ...]] = ("yamnet",)

    def load(self) -> None:
        """Import librosa and let it compile, and load the network that hears music."""
        from audiorouter.toolbox.frontends.librosa_ready import librosa_ready
        from audiorouter.toolbox.frontends.yamnet import yamnet

        librosa_ready()
        yamnet()

    @staticmethod
    def beats(clip: Clip) -> Beats:
        """Beats by dynamic programming."""
        from audiorouter.toolbox.frontends.librosa_features import librosa_beats

        return librosa_beats(clip)

    @staticmethod
    def chroma(clip: Clip) -> NDArray[np.float64]:
        """Chroma of the constant-Q transform."""
        from audiorouter.toolbox.frontends.librosa_features import librosa_chroma

        return librosa_chroma(clip)

    @staticmethod
    def triads(clip: Clip) -> list[tuple[float, float, str]]:
        """Triads by templates."""
        from audiorouter.toolbox.frontends.librosa_features import librosa_chords

        return librosa_chords(clip)


class OpenTempo(_Librosa, Tempo):
    """Distances of the beats that librosa tracks by dynamic programming (Ellis, 2007)."""

    stands_in_for = "tempo"


class OpenBeats(_Librosa, BeatTimes):
    """The beats that librosa tracks by dynamic programming (Ellis, 2007)."""

    stands_in_for = "beats"


class OpenMeter(_Librosa, Meter):
    """Bars by the strongest onsets at librosa's beats; 6/8 by how the beats divide."""

    stands_in_for = "meter"


class _LibrosaHarmony(_Librosa):
    """The same for key and chords, which tell from a single line by Basic Pitch."""

    weights: ClassVar[tuple[str | Weights, ...]] = (*_Librosa.weights, "basic-pitch")

    def load(self) -> None:
        """Let librosa compile, and load the networks."""
        from audiorouter.toolbox.frontends.basic_pitch import network

        super().load()
        network()


class OpenKey(_LibrosaHarmony, Key):
    """The same profiles on librosa's chroma of the constant-Q transform."""

    stands_in_for = "key"


class OpenChords(_LibrosaHarmony, Chords):
    """Chords by templates; triads by librosa as well."""

    stands_in_for = "chords"
