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
    tools: Collection[Tool[Any]],
) -> dict[str, Any]:
    """Version, command, settings' file, time (UTC), reasoner, plugins, `tools` that may be called.

    Values of JSON, without keys and passwords; `of_router` has the rest.
    """
    return {
        "version": version("audiorouter"),
        "command": options.command,
        "settings": options.settings,
        "started": datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S"),
        "provider": reasoner.name,
        "reasoner": with_source(reasoner.identity, type(reasoner)),
        "plugins": [
            f"{plugin.name} {plugin.version}" for plugin in registry.plugins if plugin.version
        ],
        "tools": {tool.name: tool.identity for tool in tools},
    }


def of_router(router: Router) -> dict[str, Any]:
    """A router, with a hash of all that decides its routes."""
    decides = with_source(router.identity, type(router))
    return {
        "router": router.name,
        "router_identity": decides,
        "router_hash": cache_key("router", {"identity": decides})[:12],
    }
