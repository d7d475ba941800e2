"""Whether a clip has the kind of audio that a tool hears: music by YAMNet, speech by Silero.

Music is singing, an instrument, a drum or a single note as well as a whole piece; speech, animals,
machines, noise and single sine tones are none. `benchmarks/audio_kinds.py` fitted the curve on
training recordings and measures it.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from audiorouter.toolbox.calibration import Curve
from audiorouter.toolbox.frontends.sound_names import class_names

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from audiorouter.clips import Clip

NO_MUSIC, NO_SPEECH = "no music is heard", "no speech is heard"
HEARD = 0.5
"""Probability from which music counts as heard."""
WINDOW_PATCHES = 6
"""Patches over which classes are averaged: 3.4 s, so that music for a while is enough."""
_MUSIC = Curve(slope=1.3, intercept=2.91)
"""Music by the log odds of the strongest class of music in the strongest window."""
_LOWEST = 1e-3
_FIRST_SINGING, _LAST_SINGING = "Singing", "Humming"
_FIRST_MUSIC, _LAST_MUSIC = "Music", "Scary music"
_NOT_PLAYED = frozenset(
    {"Bell", "Church bell", "Bicycle bell", "Wind chime", "Change ringing (campanology)"}
)
"""Classes between them that ring without anybody playing."""


def without_music(clip: Clip) -> str | None:
    """Why a tool for music has nothing to measure in the clip; None where music is heard.

    >>> if (reason := without_music(clip)) is not None:         # doctest: +SKIP
    ...     return Finding.not_measured(reason)
    """
    return NO_MUSIC if clip.facts.silent or music_probability(clip) < HEARD else None


def without_speech(clip: Clip) -> str | None:
    """Why a tool for speech has nothing to measure in the clip; None where somebody speaks."""
    from audiorouter.toolbox.frontends.speech import speech_segments

    return None if speech_segments(clip) else NO_SPEECH


def music_probability(clip: Clip) -> float:
    """How likely music is heard in the clip, at least for some seconds of it, 0…1."""
    from audiorouter.toolbox.frontends.yamnet import clip_probabilities

    return _MUSIC.at(music_evidence(clip_probabilities(clip)))


def music_evidence(probabilities: NDArray[np.float64]) -> float:
    """Log odds of music, from the class probabilities `(patches, 521)` of a clip."""
    import numpy as np

    music = probabilities[:, list(music_classes())]
    width = min(WINDOW_PATCHES, len(music))
    sums = np.cumsum(np.vstack([np.zeros((1, music.shape[1])), music]), axis=0)
    strongest = float(((sums[width:] - sums[:-width]) / width).max())
    bounded = min(max(strongest, _LOWEST), 1 - _LOWEST)
    return float(np.log(bounded / (1 - bounded)))


@cache
def music_classes() -> tuple[int, ...]:
    """Indices of the classes of singing, instruments and kinds of music."""
    names = class_names()
    spans = ((_FIRST_SINGING, _LAST_SINGING), (_FIRST_MUSIC, _LAST_MUSIC))
    return tuple(
        index
        for first, last in spans
        for index in range(names.index(first), names.index(last) + 1)
        if names[index] not in _NOT_PLAYED
    )
