"""Two sounds at the same time, one on each side."""

from __future__ import annotations

import numpy as np

from audioqa.chances import evenly, others
from audioqa.facts import Maker, Value
from audioqa.lengths import looped
from audioqa.levels import at_loudness
from audioqa.skills.combined_sounds import NOTE, THING, Sounds
from audioqa.sources import RATE

LEFT = "combined/sound_on_left"
KINDS = (THING, NOTE)
LEVEL = -24.0
OTHER_SIDE = (-26.0, -14.0)
"""How much of a sound the other side has, in dB."""


def make(maker: Maker) -> None:
    """Find the facts of this module: two things or two instruments, for 4 to 6 s."""
    rng, sounds = maker.rng(LEFT), Sounds(maker.material)
    wanted = maker.wanted(LEFT)
    on_left = {kind: evenly(sounds.names(kind), wanted, rng) for kind in KINDS if wanted}
    for index in range(wanted):
        kind = KINDS[index % len(KINDS)]
        left = on_left[kind][index // len(KINDS)]
        right = rng.choice(sounds.apart(kind, left))
        seconds = rng.uniform(4, 6)
        both = [sounds.long(kind, name, rng) for name in (left, right)]
        channels = np.zeros((round(seconds * RATE), 2), dtype=np.float32)
        for side, sound in enumerate(both):
            audio = at_loudness(looped(sound.audio, seconds), LEVEL)
            channels[:, side] += audio
            channels[:, 1 - side] += audio * 10 ** (rng.uniform(*OTHER_SIDE) / 20)
        clip = maker.clip(f"two_sides_{index}", [channels])
        answer, other = (Value("{answer}", {"answer": name}) for name in (left, right))
        known = [Value("{answer}", {"answer": name}) for name in sounds.apart(kind, left)]
        wrong = others(rng, answer, [other], known)
        maker.add(LEFT, clip, answer, wrong, [sound.source for sound in both], kind=kind)
