"""Loading plugins one at a time: one that fails is reported and left out, and breaks nothing."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import pluggy

from audiorouter.errors import UsageError
from audiorouter.plugins import hookspecs

if TYPE_CHECKING:
    from audiorouter.providers.interface import Provider
    from audiorouter.routing.interface import RouterFactory
    from audiorouter.toolbox.interface import Tool

GROUP = "audiorouter"
ONLY_VARIABLE = "AUDIOROUTER_PLUGINS"
"""Comma-separated names: only these third-party plugins are loaded."""


class Named(Protocol):
    """Anything that is registered under a name."""

    name: Any


NamedT = TypeVar("NamedT", bound=Named)


@dataclass
class PluginState:
    """One plugin: what it is called, what it registered, and why it failed if it did."""

    name: str
    version: str
    registered: list[str] = field(default_factory=list)
    error: str | None = None


@dataclass
class Registry:
    """Everything that plugins registered, by name."""

    tools: dict[str, Tool[Any]] = field(default_factory=dict)
    providers: dict[str, Provider[Any]] = field(default_factory=dict)
    routers: dict[str, RouterFactory] = field(default_factory=dict)
    plugins: list[PluginState] = field(default_factory=list)

    @property
    def failures(self) -> list[PluginState]:
        """The plugins that were left out, wholly or in part."""
        return [plugin for plugin in self.plugins if plugin.error]

    def tool(self, name: str) -> Tool[Any]:
        """The tool called `name`; raises `UsageError` with the names that there are."""
        if name not in self.tools:
            raise UsageError(f"there is no tool {name!r} (known: {', '.join(self.tools)})")
        return self.tools[name]


def load_registry(*, third_party: bool = True) -> Registry:
    """Register the built-ins and, unless told otherwise, every installed plugin."""
    from audiorouter.providers import builtin as builtin_providers
    from audiorouter.routing import builtin as builtin_routers
    from audiorouter.toolbox import builtin as builtin_tools

    loader = _Loader()
    for module in (builtin_tools, builtin_providers, builtin_routers):
        name = module.__name__.removeprefix("audiorouter.").removesuffix(".builtin")
        loader.add(PluginState(f"builtin {name}", ""), _returning(module))
    if third_party:
        for entry_point in _wanted(entry_points(group=GROUP)):
            version = entry_point.dist.version if entry_point.dist else "unknown"
            loader.add(PluginState(entry_point.name, version), entry_point.load)
    return loader.registry


def _returning(module: object) -> Callable[[], object]:
    return lambda: module


def _wanted(found: Iterable[EntryPoint]) -> list[EntryPoint]:
    only = os.environ.get(ONLY_VARIABLE)
    if only is None:
        return list(found)
    names = {name.strip() for name in only.split(",")}
    return [entry_point for entry_point in found if entry_point.name in names]


class _Loader:
    def __init__(self) -> None:
        self.registry = Registry()
        self._manager = pluggy.PluginManager(GROUP)
        self._manager.add_hookspecs(hookspecs)

    def add(self, state: PluginState, load: Callable[[], object]) -> None:
        """Import one plugin and call its hooks; whatever it raises ends up in its state."""
        self.registry.plugins.append(state)
        try:
            plugin = load()
            self._manager.register(plugin, name=state.name)
            self._manager.check_pending()
        except (Exception, SystemExit) as error:  # noqa: BLE001 - a plugin may raise anything
            state.error = f"cannot be loaded: {type(error).__name__}: {error}"
            return
        for hook, kind, table in (
            ("register_tools", "tool", self.registry.tools),
            ("register_providers", "provider", self.registry.providers),
            ("register_routers", "router", self.registry.routers),
        ):
            self._call(state, hook, self._registrar(state, kind, table))

    def _call(self, state: PluginState, hook: str, register: Callable[[Any], None]) -> None:
        for implementation in getattr(self._manager.hook, hook).get_hookimpls():
            if implementation.plugin_name != state.name:
                continue
            try:
                implementation.function(register)
            except (Exception, SystemExit) as error:  # noqa: BLE001 - a plugin may raise anything
                state.error = f"{hook} failed: {type(error).__name__}: {error}"

    @staticmethod
    def _registrar(
        state: PluginState, kind: str, table: dict[str, NamedT]
    ) -> Callable[[NamedT], None]:
        def register(item: NamedT) -> None:
            if item.name in table:
                raise ValueError(f"the name {item.name!r} of this {kind} is taken")
            table[item.name] = item
            state.registered.append(f"{kind} {item.name}")

        return register
