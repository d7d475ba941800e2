"""Plugins: the hooks, and the manager that loads them one at a time."""

from audiorouter.plugins.hookspecs import hookimpl
from audiorouter.plugins.manager import PluginState, Registry, load_registry

__all__ = ["PluginState", "Registry", "hookimpl", "load_registry"]
