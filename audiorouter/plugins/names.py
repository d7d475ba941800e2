"""Names that a shell completes; no code of a plugin is run for them."""

from __future__ import annotations

from collections.abc import Iterable

from audiorouter.plugins.discovery import find_plugins
from audiorouter.plugins.manager import load_registry
from audiorouter.plugins.snapshots import known_snapshot


def names_of(kind: str) -> list[str]:
    """Our own, and what plugins offered when they were last looked at.

    `kind` is that of an `Offer`: tool, provider, router, weights or benchmark.
    """
    registry = load_registry(third_party=False, listing=True)
    tables: dict[str, Iterable[str]] = {
        "tool": registry.tools,
        "provider": registry.providers,
        "router": registry.routers,
        "weights": registry.weights,
        "benchmark": (),  # ours are no plugin's
    }
    snapshots = map(known_snapshot, find_plugins())
    theirs = [
        offer.name
        for snapshot in snapshots
        if snapshot is not None
        for offer in snapshot.offers
        if offer.kind == kind
    ]
    return [*dict.fromkeys([*tables[kind], *theirs])]


def plugin_names() -> list[str]:
    """Every plugin that is installed."""
    return [plugin.name for plugin in find_plugins()]
