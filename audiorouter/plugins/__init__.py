"""Plugins: the hooks, and the manager that loads them one at a time. Imported when first used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from audiorouter.plugins.hookspecs import hookimpl
    from audiorouter.plugins.manager import load_registry, with_tools
    from audiorouter.plugins.registry import PluginState, Registry

__all__ = ["PluginState", "Registry", "hookimpl", "load_registry", "with_tools"]


def __getattr__(name: str) -> Any:
    if name == "hookimpl":
        from audiorouter.plugins.hookspecs import hookimpl

        return hookimpl
    if name in ("PluginState", "Registry"):
        from audiorouter.plugins import registry

        return getattr(registry, name)
    if name in __all__:
        from audiorouter.plugins import manager

        return getattr(manager, name)
    raise AttributeError(f"module 'audiorouter.plugins' has no attribute {name!r}")
