"""Plugins: which are loaded, which are refused and why."""

from __future__ import annotations

from collections.abc import Iterator

from audiorouter.doctor.checks import Check, Subject, ok, warning


def plugins(subject: Subject) -> Iterator[Check]:
    """Every plugin that is not built in, and what names plugins which are not there."""
    others = [plugin for plugin in subject.registry.plugins if plugin.version]
    for plugin in others:
        named = f"{plugin.name} {plugin.version}"
        if plugin.error is not None:
            yield warning(f"{named} {plugin.error}", plugin.remedy)
        else:
            yield ok(f"{named}: {', '.join(plugin.registered) or 'registers nothing'}")
    if not others:
        yield ok("none is loaded")
    for said in subject.registry.unmet:
        yield warning(said, "mend what names it, or leave that out")
