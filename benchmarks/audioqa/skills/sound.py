"""Facts of the group `sound`."""

from __future__ import annotations

from audioqa.facts import Maker


def make(maker: Maker) -> None:
    """Find the facts of this group."""
