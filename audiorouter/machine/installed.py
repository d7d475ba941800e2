"""Which distributions are installed, without importing them."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

ABSENT = "absent"
PLUGIN_GROUP = "audiorouter"
"""The group of entry points by which plugins are known."""


@lru_cache
def installed_version(distribution: str) -> str:
    """Version of a distribution, or "absent"."""
    from importlib import metadata

    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return ABSENT


def absent(distributions: Iterable[str]) -> list[str]:
    """Those that are not installed."""
    return [name for name in distributions if installed_version(name) == ABSENT]
