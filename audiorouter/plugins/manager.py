"""Loading plugins one at a time: one that fails is reported and left out, and breaks nothing.

A plugin that was never seen before is imported in a child process first (`probe`): what kills that
one is never imported here. What the child saw is kept, so that listing commands need not import
plugins that are slow to import.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from inspect import isabstract, iscoroutine, isfunction, isroutine
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, NoReturn, Protocol, TypeVar

import pluggy

from audiorouter.border import describe
from audiorouter.errors import UsageError
from audiorouter.machine.installed import PLUGIN_GROUP
from audiorouter.machine.signals import left_alone
from audiorouter.plugins import hookspecs
from audiorouter.plugins.discovery import FoundPlugin, find_plugins, unmet_variables
from audiorouter.plugins.hooks import call_alone
from audiorouter.plugins.registry import PluginState, Registry
from audiorouter.plugins.snapshots import Offer, Snapshot, snapshot_again, snapshot_of
from audiorouter.toolbox.availability import Licence, choose
from audiorouter.weights import Weights

if TYPE_CHECKING:
    from audiorouter.benchmarks import Benchmark
    from audiorouter.clips import AudioSource
    from audiorouter.providers.interface import Provider
    from audiorouter.routing.interface import RouterFactory
    from audiorouter.toolbox.interface import Tool

SLOW_IMPORT = 0.1
"""Seconds of importing beyond which a listing does without the import."""


class Named(Protocol):
    """Anything that is registered under a name."""

    @property
    def name(self) -> str:
        """The name."""


NamedT = TypeVar("NamedT", bound=Named)


def load_registry(
    *,
    third_party: bool = True,
    files: Sequence[Path] = (),
    listing: bool = False,
    licence: Licence | None = None,
) -> Registry:
    """Register the built-ins and, unless told otherwise, every installed plugin; and `files`, each
    of which is a plugin.

    With `listing` a plugin that is slow to import is not imported; what it offers is `unloaded`.
    Tools are those that `licence` allows (default: what the environment says), see `choose`.
    """
    from audiorouter.plugins.builtin import providers, routers, tools, weights

    loader = Loader()
    for module in (weights, tools, providers, routers):
        name = module.__name__.rpartition(".")[-1]
        loader.add(PluginState(f"builtin {name}", ""), _returning(module), builtin=True)
    found = find_plugins(files, installed=third_party)
    states = [_add_found(loader, plugin, listing=listing) for plugin in found]
    loader.complain_of_unregistered()
    loader.registry.unmet = [
        *_empty_places([plugin.named for plugin in found], states),
        *(unmet_variables() if third_party else []),
    ]
    return settled(loader.registry, licence or Licence.of_environment())


def with_tools(registry: Registry, tools: Iterable[Tool[Any]], licence: Licence) -> Registry:
    """The registry with further tools, which no plugin brings; the one given stays as it is.

    Raises:
        UsageError: one cannot be used, has a name that is taken, or a licence that is not allowed.
    """
    loader = Loader()
    loader.registry = replace(registry, tools=dict(registry.tools), weights=dict(registry.weights))
    for tool in tools:
        _checks()["register_tools"](tool)
        if tool.stands_in_for is not None:
            raise UsageError(f"{tool.name}: only the tool of a plugin can stand in for another one")
        if licence is Licence.COMMERCIAL and (why := tool.not_commercial()) is not None:
            raise UsageError(f"the tool {tool.name} is not allowed: {why} (licence commercial)")
        loader.enter_tool(tool)
    return loader.registry


def settled(registry: Registry, licence: Licence) -> Registry:
    """The registry with the tools that are installed and allowed, or their stand-ins."""
    choice = choose(registry.tools, registry.stand_ins, licence)
    registry.tools = choice.tools
    registry.replaced, registry.left_out = choice.replaced, choice.left_out
    return registry


def _add_found(loader: Loader, plugin: FoundPlugin, *, listing: bool) -> PluginState:
    state = PluginState(plugin.name, plugin.version, plugin.distribution, plugin.stamp)
    snapshot: Snapshot = snapshot_of(plugin)
    if listing and snapshot.seconds > SLOW_IMPORT and snapshot.lacking:
        snapshot = snapshot_again(plugin)  # what it lacked may have come
    if snapshot.crash is not None:
        state.error = f"is left out: importing it {snapshot.crash}"
        loader.registry.plugins.append(state)
    elif listing and snapshot.seconds > SLOW_IMPORT:
        state.error = snapshot.error
        loader.registry.plugins.append(state)
        for offer in snapshot.offers:
            loader.add_unloaded(state, offer)
    else:
        loader.add(state, plugin.load)
    if snapshot.commands_error is not None:
        state.complain(snapshot.commands_error)
    return state


def _empty_places(places: Sequence[Path | None], states: Sequence[PluginState]) -> list[str]:
    """Which folders that were named register nothing, each in a sentence; a file is told so itself.

    `places` are what was named, plugin by plugin; a module of a folder may be there for others.
    """
    why = "no function with @hookimpl above it calls register"
    said = []
    for place in dict.fromkeys(place for place in places if place is not None):
        of_it = [state for where, state in zip(places, states, strict=True) if where == place]
        if any(state.registered or state.error is not None for state in of_it):
            continue
        if place.is_dir():
            said.append(f"--plugin {place}: nothing in this folder registers anything: {why}")
        else:
            of_it[0].complain(f"registers nothing: {why}")
    return said


def _taken(kind: str, name: str) -> str:
    return f"the name {name!r} of this {kind} is taken"


def _returning(module: object) -> Callable[[], object]:
    return lambda: module


class Loader:
    """Fills a registry, plugin by plugin."""

    def __init__(self) -> None:
        self.registry = Registry()
        self._unregistered: list[tuple[PluginState, type[Tool[Any]]]] = []
        self._manager = pluggy.PluginManager(PLUGIN_GROUP)
        self._manager.add_hookspecs(hookspecs)

    def add(
        self, state: PluginState, load: Callable[[], object], *, builtin: bool = False
    ) -> object | None:
        """Import one plugin and call its hooks; whatever it raises ends up in its state.

        What it registers is checked, unless it is `builtin`: tests check that.
        """
        self.registry.plugins.append(state)
        plugin = None
        with _reported(state, "cannot be loaded"):
            plugin = load()
            _check_version(plugin)
            self._manager.register(plugin, name=state.name)
            self._manager.check_pending()
        if state.error is not None:
            return None
        checks = {} if builtin else _checks()
        for hook, enter in (
            ("register_weights", self._enter_weights),
            ("register_providers", self._enter_provider),
            ("register_routers", self._enter_router),
            ("register_tools", self.enter_tool),
            ("register_audio_sources", self._enter_source),
            ("register_benchmarks", self._enter_benchmark),
        ):
            register = _registrar(state, hook, checks.get(hook, _unchecked), enter)
            for implementation in self._of(state, hook):
                with _reported(state, f"{hook} failed"):
                    before = len(state.registered)
                    given = call_alone(implementation, register=register)
                    if given is not None and len(state.registered) == before:
                        _refuse_given(given)
        for hook in ("prepare_request", "judge_answer", "answered"):
            for implementation in self._of(state, hook):
                label = f"{state.name} {state.version}"
                self.registry.hooks.add(hook, label, implementation, stamp=state.stamp)
                state.registered.append(f"hook {hook}")
        if self._of(state, "register_commands"):
            state.registered.append("hook register_commands")
        if state.error is None:
            with _reported(state, "cannot be looked at"):
                hooks = {caller.name for caller in self._manager.get_hookcallers(plugin) or ()}
                if (forgotten := _forgotten(plugin, hooks)) is not None:
                    state.complain(forgotten)
                elif not hooks and (tool := _tool_of(plugin)) is not None:
                    self._unregistered.append((state, tool))
        return plugin

    def complain_of_unregistered(self) -> None:
        """Say of modules without a hook which tool nobody registers: one beside it may."""
        registry = self.registry
        tools = [*registry.tools.values(), *registry.stand_ins.values()]
        unloaded = {offer.name for offer in registry.unloaded if offer.kind == "tool"}
        for state, kind in self._unregistered:
            with _reported(state, "cannot be looked at"):
                if kind.name not in unloaded and not any(isinstance(tool, kind) for tool in tools):
                    state.complain(
                        "registers nothing: below @hookimpl, register_tools(register) has to call "
                        f"register({kind.__name__}())"
                    )

    def add_unloaded(self, state: PluginState, offer: Offer) -> None:
        """Enter what a plugin would register, without importing it."""
        if offer.weights is not None:
            with _reported(state, "register_weights"):
                state.registered += self._enter_weights(offer.weights)
        elif self.registry.has(offer):
            state.complain(_taken(offer.kind, offer.name))
        else:
            state.registered.append(offer.label)
            self.registry.unloaded.append(offer)

    def _of(self, state: PluginState, hook: str) -> list[pluggy.HookImpl]:
        """The plugin's implementations of a hook; a wrapper, with nothing to wrap, is none."""
        plain = []
        for implementation in getattr(self._manager.hook, hook).get_hookimpls():
            if implementation.plugin_name != state.name:
                continue
            if implementation.wrapper or implementation.hookwrapper:
                state.complain(f"{hook} is a wrapper: write a plain function in its place")
            else:
                plain.append(implementation)
        return plain

    def _enter_provider(self, provider: Provider[Any]) -> list[str]:
        return [_entered(self.registry.providers, "provider", provider)]

    def _enter_router(self, factory: RouterFactory) -> list[str]:
        return [_entered(self.registry.routers, "router", factory)]

    def enter_tool(self, tool: Tool[Any]) -> list[str]:
        """Register a tool and its own weights; what was entered, as lists call it.

        Raises:
            UsageError: a name is taken.
        """
        own = [weights for weights in tool.weights if isinstance(weights, Weights)]
        for weights in own:
            self._check_free(weights)
        place = tool.stands_in_for
        if place is None:
            label = _entered(self.registry.tools, "tool", tool)
        elif place in self.registry.stand_ins:
            raise UsageError(f"another tool stands in for {place!r} already")
        else:
            self.registry.stand_ins[place] = tool
            label = f"stand-in for {place}"
        return [label, *(name for weights in own for name in self._enter_weights(weights))]

    def _enter_benchmark(self, benchmark: Benchmark) -> list[str]:
        # Ours are imported where somebody brings another one: lists are to come at once.
        from audiorouter.benchmarks import BENCHMARKS

        if benchmark.name in {ours.name for ours in BENCHMARKS}:
            raise UsageError(_taken("benchmark", benchmark.name))
        return [_entered(self.registry.benchmarks, "benchmark", benchmark)]

    def _enter_weights(self, weights: Weights) -> list[str]:
        self._check_free(weights)
        if weights.name in self.registry.weights:
            return []  # the same: tools may share a set
        self.registry.weights[weights.name] = weights
        return [f"weights {weights.name}"]

    def _check_free(self, weights: Weights) -> None:
        if self.registry.weights.get(weights.name, weights) != weights:
            raise UsageError(f"the name {weights.name!r} of these weights is taken by other ones")

    def _enter_source(self, source: AudioSource) -> list[str]:
        suffixes = list(source.suffixes)
        taken = [s for i, s in enumerate(suffixes) if s in {*self.registry.sources, *suffixes[:i]}]
        if taken:
            raise UsageError(f"files {taken[0]} are decoded by another plugin already")
        self.registry.sources |= dict.fromkeys(suffixes, source)
        return [f"files {suffix}" for suffix in suffixes]


def _refuse_given(given: object) -> NoReturn:
    """Refuse what a hook gave back instead of registering it: a list, or what it is to wait for."""
    if iscoroutine(given):
        given.close()  # or Python says that nobody waited for it
    raise UsageError(
        f"it has to call register(…); what it gives back, {type(given).__name__}, is not looked at"
    )


def _forgotten(plugin: object, hooks: Collection[str]) -> str | None:
    """What a plugin with those hooks means to be one besides, of which pluggy says nothing."""
    for name, spec in vars(hookspecs).items():
        own = getattr(plugin, name, None)
        if isfunction(spec) and isroutine(own) and name not in hooks and _is_of(own, plugin):
            return f"{name} is no hook: write @hookimpl above it"
    return None


def _tool_of(plugin: object) -> type[Tool[Any]] | None:
    """A tool that a module defines; one without a name is what others derive theirs from."""
    if not isinstance(plugin, ModuleType):
        return None
    from audiorouter.toolbox.interface import Tool

    for item in vars(plugin).values():
        if not (isinstance(item, type) and _is_of(item, plugin) and issubclass(item, Tool)):
            continue
        if not isabstract(item) and hasattr(item, "name"):
            return item
    return None


def _is_of(item: Any, plugin: object) -> bool:
    """Whether the plugin itself defines it."""
    return not isinstance(plugin, ModuleType) or item.__module__ == plugin.__name__


def _checks() -> dict[str, Callable[[object], None]]:
    # Imported where there is something to check: lists are to come at once.
    from audiorouter.plugins.checks import CHECKS

    return CHECKS


def _unchecked(_item: object) -> None:
    return


def _registrar(
    state: PluginState,
    hook: str,
    check: Callable[[object], None],
    enter: Callable[[Any], list[str]],
) -> Callable[[Any], None]:
    """What a plugin is given to register by. What is wrong with one thing costs that one alone."""

    def register(item: Any) -> None:
        with _reported(state, hook):
            check(item)
            state.registered += enter(item)

    return register


def _entered(table: dict[str, NamedT], kind: str, item: NamedT) -> str:
    if item.name in table:
        raise UsageError(_taken(kind, item.name))
    table[item.name] = item
    return f"{kind} {item.name}"


@contextlib.contextmanager
def _reported(state: PluginState, what: str) -> Iterator[None]:
    """Note in the state whatever the plugin raises; what it prints goes to stderr.

    Signals are listened to as before, whatever it makes of them.

    Only an interruption gets through: it may well be the user's.
    """
    try:
        with contextlib.redirect_stdout(sys.stderr), left_alone():
            yield
    except KeyboardInterrupt:
        raise
    except UsageError as error:
        state.complain(f"{what}: {error}")
    except BaseException as error:  # noqa: BLE001 - a plugin may raise anything
        state.complain(f"{what}: {describe(error)}")


def _check_version(plugin: object) -> None:
    wanted = getattr(plugin, "audiorouter_api", hookspecs.API_VERSION)
    if not isinstance(wanted, int) or wanted > hookspecs.API_VERSION:
        raise UsageError(
            f"it was written for version {wanted} of the hooks, this AudioRouter has "
            f"{hookspecs.API_VERSION}: upgrade AudioRouter"
        )
