"""What made a run's answers, as the run and everything that is written of it say it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from audiorouter.machine.source_code import with_source
from audiorouter.store import cache_key
from audiorouter.toolbox.interface import Tool

if TYPE_CHECKING:
    from audiorouter.batch.options import EngineOptions
    from audiorouter.plugins import Registry
    from audiorouter.providers.interface import Reasoner
    from audiorouter.routing.interface import Router


def provenance(
    options: EngineOptions,
    registry: Registry,
    reasoner: Reasoner,
    router: Router,
    tools: Collection[Tool[Any]],
) -> dict[str, Any]:
    """Version, command, time (UTC), reasoner, router with a hash of all that decides its routes,
    plugins, and the `tools` that it may call, as values of JSON.

    Keys and passwords are not in it.
    """
    decides = with_source(router.identity, type(router))
    return {
        "version": version("audiorouter"),
        "command": options.command,
        "started": datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S"),
        "provider": reasoner.name,
        "reasoner": with_source(reasoner.identity, type(reasoner)),
        "router": router.name,
        "router_identity": decides,
        "router_hash": cache_key("router", {"identity": decides})[:12],
        "plugins": [
            f"{plugin.name} {plugin.version}" for plugin in registry.plugins if plugin.version
        ],
        "tools": {tool.name: tool.identity for tool in tools},
    }
