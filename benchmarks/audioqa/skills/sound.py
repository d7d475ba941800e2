"""Facts of the group `sound`."""

from __future__ import annotations

from audioqa.facts import Maker
from audioqa.skills import sound_events, sound_level, sound_order, sound_time, sound_tone
from audioqa.skills.sound_pool import Pool

MODULES = (sound_order, sound_events, sound_time, sound_level, sound_tone)


def make(maker: Maker) -> None:
    """Find the facts of this group."""
    pool = Pool(maker.material)
    for module in MODULES:
        module.make(maker, pool)
