"""What plugins registered, by name, and what became of each plugin."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from audiorouter.errors import UsageError
from audiorouter.machine.called import to_type
from audiorouter.plugins.hooks import Hooks
from audiorouter.plugins.snapshots import Offer
from audiorouter.text import unknown
from audiorouter.weights import Weights, find

if TYPE_CHECKING:
    from audiorouter.benchmarks import Benchmark
    from audiorouter.clips import AudioSource
    from audiorouter.providers.interface import Provider
    from audiorouter.routing.interface import RouterFactory
    from audiorouter.toolbox.interface import Tool


@dataclass
class PluginState:
    """One plugin: what it is called, what it registered, and why it failed if it did."""

    name: str
    version: str
    distribution: str | None = None
    stamp: str = ""
    """Changes with its code, see `discovery.FoundPlugin`."""
    registered: list[str] = field(default_factory=list)
    error: str | None = None

    def complain(self, problem: str) -> None:
        """Note one more thing that is wrong with it."""
        self.error = problem if self.error is None else f"{self.error}; {problem}"

    @property
    def remedy(self) -> str:
        """What a user can do about a plugin that failed."""
        gone = f"`{to_type('plugins', 'uninstall', self.distribution)}` removes it, "
        return f"{gone if self.distribution else ''}--no-plugins runs without plugins"


@dataclass
class Registry:
    """Everything that plugins registered, by name."""

    tools: dict[str, Tool[Any]] = field(default_factory=dict)
    providers: dict[str, Provider[Any]] = field(default_factory=dict)
    routers: dict[str, RouterFactory] = field(default_factory=dict)
    sources: dict[str, AudioSource] = field(default_factory=dict)
    """By which files are decoded, by the endings of their names."""
    weights: dict[str, Weights] = field(default_factory=dict)
    benchmarks: dict[str, Benchmark] = field(default_factory=dict)
    """Those of plugins, beside the ones of `audiorouter.benchmarks.BENCHMARKS`."""
    plugins: list[PluginState] = field(default_factory=list)
    unloaded: list[Offer] = field(default_factory=list)
    """What slow plugins would register; in listings only."""
    hooks: Hooks = field(default_factory=Hooks)
    stand_ins: dict[str, Tool[Any]] = field(default_factory=dict)
    """Tools that take the place of the one they are filed under, where that one cannot be used."""
    replaced: dict[str, str] = field(default_factory=dict)
    """Names of tools that a stand-in was chosen for, with the reason."""
    left_out: dict[str, str] = field(default_factory=dict)
    """Names of tools that the licence asked for forbids, with the reason."""

    unmet: list[str] = field(default_factory=list)
    """What variables of the environment name of plugins that is not there, and folders that were
    named for this run and have none."""

    @property
    def complaints(self) -> list[str]:
        """What a user should know of plugins that are not there as they are meant to be."""
        failed = [
            f"plugin {plugin.name} {plugin.version} {plugin.error} ({plugin.remedy})"
            for plugin in self.failures
        ]
        return [*failed, *self.unmet]

    def origin(self, label: str) -> str:
        """Which plugin registered what `PluginState.registered` calls so."""
        for plugin in self.plugins:
            if plugin.version and label in plugin.registered:
                return f"{plugin.name} {plugin.version}"
        return "audiorouter"

    @property
    def failures(self) -> list[PluginState]:
        """The plugins that were left out, wholly or in part."""
        return [plugin for plugin in self.plugins if plugin.error]

    def has(self, offer: Offer) -> bool:
        """Whether something of that kind and name is registered already."""
        tables: dict[str, Mapping[str, object]] = {
            "tool": self.tools,
            "provider": self.providers,
            "router": self.routers,
            "benchmark": self.benchmarks,
        }
        return offer.name in tables.get(offer.kind, {})

    def weights_called(self, names: Sequence[str] | None) -> list[Weights]:
        """Those sets of weights, or all that are not optional.

        Raises:
            WeightsError: there is no such set.
        """
        known = self.weights.values()
        if names:
            return [find(name, known) for name in names]
        return [weights for weights in known if not weights.optional]

    def tool(self, name: str) -> Tool[Any]:
        """The tool called `name`; raises `UsageError` with the names that there are."""
        if name in self.left_out:
            raise UsageError(f"the tool {name} is left out: {self.left_out[name]}")
        if name not in self.tools:
            raise UsageError(unknown("tool", name, self.tools))
        return self.tools[name]
