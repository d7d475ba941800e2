"""The hooks. A plugin implements any of them in a module named by an `audiorouter` entry point."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pluggy

if TYPE_CHECKING:
    from audiorouter.providers.interface import Provider
    from audiorouter.routing.interface import RouterFactory
    from audiorouter.toolbox.interface import Tool

hookspec = pluggy.HookspecMarker("audiorouter")
hookimpl = pluggy.HookimplMarker("audiorouter")


@hookspec
def register_tools(register: Callable[[Tool[Any]], None]) -> None:
    """Call `register(tool)` for each tool that the plugin brings."""


@hookspec
def register_providers(register: Callable[[Provider[Any]], None]) -> None:
    """Call `register(provider)` for each provider of reasoners that the plugin brings."""


@hookspec
def register_routers(register: Callable[[RouterFactory], None]) -> None:
    """Call `register(factory)` for each routing strategy that the plugin brings."""
