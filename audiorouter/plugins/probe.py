"""Run in a child process: import one plugin and print, as JSON, what it would register.

python -m audiorouter.plugins.probe NAME MODULE
"""

from __future__ import annotations

import json
import os
import sys
import time
from dataclasses import asdict
from pathlib import Path

from audiorouter.border import describe
from audiorouter.border.ending import end
from audiorouter.plugins.discovery import FoundPlugin, find_plugins, plugin_in
from audiorouter.plugins.manager import Loader
from audiorouter.plugins.registry import PluginState
from audiorouter.plugins.snapshots import Offer, Snapshot

_PATIENCE_AT_EXIT = 10.0
"""Seconds in which the plugin's threads and exit functions may come to an end."""


def main() -> None:
    """Print what importing the plugin came to; whatever it prints itself goes to stderr."""
    name, module = sys.argv[1:]
    stdout = os.dup(1)
    os.dup2(2, 1)
    plugin = next(
        (found for found in find_plugins() if (found.name, found.module) == (name, module)), None
    ) or plugin_in(Path(module))
    try:
        snapshot = look(plugin)
    except BaseException as error:  # noqa: BLE001 - a plugin may raise anything
        snapshot = Snapshot(crash=f"raised {describe(error)}")
    with os.fdopen(stdout, "w", encoding="utf-8") as stream:
        stream.write(json.dumps(asdict(snapshot)))
    end(0, within=_PATIENCE_AT_EXIT)


def look(plugin_found: FoundPlugin) -> Snapshot:
    """Load a plugin into a registry of its own."""
    import audiorouter.plugins.checks
    import audiorouter.providers
    import audiorouter.routing
    import audiorouter.toolbox  # noqa: F401 - what every plugin imports is not its own time

    loader = Loader()
    state = PluginState(plugin_found.name, plugin_found.version)
    started = time.perf_counter()
    plugin = loader.add(state, plugin_found.load)
    seconds = time.perf_counter() - started
    if plugin_found.distribution is not None:  # a file may be there for others beside it
        loader.complain_of_unregistered()
    registry = loader.registry
    offers = [
        Offer(
            "tool",
            tool.name,
            {
                "domain": tool.domain.value,
                "description": tool.description,
                "licence": " + ".join(dict.fromkeys(tool.licences().values())),
                "ready": tool.missing() or "yes",
            },
        )
        for tool in registry.tools.values()
    ]
    offers += [
        Offer(
            "provider",
            provider.name,
            {"description": provider.description, "ready": provider.missing() or "yes"},
        )
        for provider in registry.providers.values()
    ]
    offers += [
        Offer("router", router.name, {"description": router.description})
        for router in registry.routers.values()
    ]
    offers += [Offer("weights", one.name, weights=one) for one in registry.weights.values()]
    offers += [
        Offer("benchmark", one.name, {"title": one.title, "rule": str(one.rule)})
        for one in registry.benchmarks.values()
    ]
    listed = {offer.label for offer in offers}
    for label in state.registered:
        if label not in listed:
            kind, _, name = label.partition(" ")
            offers.append(Offer(kind, name))
    problem = None
    if plugin is not None and "hook register_commands" in state.registered:
        try:
            offers += commands(plugin)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001 - a plugin may raise anything
            problem = f"register_commands failed: {describe(error)}"
    return Snapshot(offers, seconds, state.error, commands_error=problem)


def commands(plugin: object) -> list[Offer]:
    """The commands that a plugin adds, with the first line of their help."""
    from audiorouter.plugins.commands import commands_of

    return [
        Offer("command", name, {"description": command.get_short_help_str(80)})
        for name, command in commands_of(plugin).items()
    ]


if __name__ == "__main__":
    main()
