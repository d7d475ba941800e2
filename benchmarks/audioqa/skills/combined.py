"""Facts of the group `combined`."""

from __future__ import annotations

from audioqa.facts import Maker


def make(maker: Maker) -> None:
    """Find the facts of this group."""
