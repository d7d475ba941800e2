"""Where somebody speaks: Silero's segments, where YAMNet hears speech as well.

Silero alone takes a phrase of a violin or a horn for speech now and then. On training recordings
YAMNet gives speech 0.08 and more under noise that is 5 dB louder, 0.15 under music of its level,
and less than 0.005 to such phrases.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from audiorouter.clips import Clip
from audiorouter.toolbox.frontends.energy import Segment
from audiorouter.toolbox.frontends.silero import segments, silero, speech_probabilities
from audiorouter.toolbox.frontends.sound_names import class_names
from audiorouter.toolbox.frontends.yamnet import clip_probabilities, yamnet

HEARD = 0.02
"""Probability of speech, over a window, below which YAMNet hears none."""
SUNG = 0.1
"""The same of words that are sung, rapped or chanted, which music is easily taken for."""
WINDOW_PATCHES = 3
_SPEECH = frozenset({
    "Speech", "Child speech, kid speaking", "Conversation", "Narration, monologue", "Babbling",
    "Speech synthesizer", "Shout", "Whispering",
})  # fmt: skip
_SUNG_WORDS = frozenset({"Singing", "Child singing", "Rapping", "Chant"})


def load_networks() -> None:
    """Load what speech is found with."""
    silero()
    yamnet()


def speech_segments(clip: Clip) -> list[Segment]:
    """Stretches of speech in the clip, computed once for all tools that want them."""
    return clip.shared("speech segments", lambda: _segments(clip))


def speech_is_heard(clip: Clip) -> bool:
    """Whether YAMNet hears speech anywhere in the clip, be it faint."""
    return _likeliest(clip, _SPEECH) >= HEARD


def words_may_be_heard(clip: Clip) -> bool:
    """Whether YAMNet hears speech, or singing, rapping or chanting, anywhere in the clip.

    `SUNG` was not measured: no recordings of songs with known words were at hand.
    """
    return speech_is_heard(clip) or _likeliest(clip, _SUNG_WORDS) >= SUNG


def _likeliest(clip: Clip, classes: frozenset[str]) -> float:
    """Probability of the likeliest of the classes, mean over the window where it is highest."""
    each = clip_probabilities(clip)[:, list(_indices(classes))].max(axis=1)
    width = min(WINDOW_PATCHES, len(each))
    return float(np.convolve(each, np.ones(width) / width, mode="valid").max())


def _segments(clip: Clip) -> list[Segment]:
    found = segments(speech_probabilities(clip))
    return found if found and speech_is_heard(clip) else []


@cache
def _indices(classes: frozenset[str]) -> tuple[int, ...]:
    return tuple(index for index, name in enumerate(class_names()) if name in classes)
