"""Facts of the group `sound`."""

from __future__ import annotations

from audioqa.facts import Maker
from audioqa.skills import sound_order
from audioqa.skills.sound_pool import Pool

MODULES = (sound_order,)


def make(maker: Maker) -> None:
    """Find the facts of this group."""
    pool = Pool(maker.material)
    for module in MODULES:
        module.make(maker, pool)
