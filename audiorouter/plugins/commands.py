"""Commands that plugins add, listed without importing them."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup

from audiorouter.border import describe
from audiorouter.errors import UsageError
from audiorouter.machine.shown_text import as_it_is

if TYPE_CHECKING:
    from audiorouter.plugins.discovery import FoundPlugin


def commands_of(plugin: Any) -> dict[str, Any]:
    """The commands that a loaded plugin adds, by name."""
    scratch = typer.Typer()

    @scratch.callback()
    def root() -> None:
        """Keep a single command a command of a group."""

    with contextlib.redirect_stdout(sys.stderr):
        plugin.register_commands(scratch)
    group = typer.main.get_command(scratch)
    return dict(getattr(group, "commands", {}))


class PluginGroup(TyperGroup):
    """The root group: built-in commands first, then those that are known of plugins."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Names of all commands; nothing is imported for them."""
        own = super().list_commands(ctx)
        return [*own, *(name for name in _offered(ctx) if name not in own)]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command; one of a plugin is imported when it is used, not when it is listed."""
        own = super().get_command(ctx, cmd_name)
        if own is not None:
            return own
        offered = _offered(ctx).get(cmd_name)
        return None if offered is None else _Deferred(cmd_name, offered)


class _Deferred(TyperCommand):
    """A command of a plugin; it becomes the real one when its arguments are read."""

    def __init__(self, name: str, offered: _Offered):
        super().__init__(name, help=offered.description)
        self._plugin = offered.plugin

    def make_context(self, *arguments: Any, **named: Any) -> Any:
        """The real command's context; the plugin is imported for it, and prints as it likes.

        Where a shell asks for completions it is not imported, and has no options to complete.
        """
        if named.get("resilient_parsing"):
            return super().make_context(*arguments, **named)
        context = self._real().make_context(*arguments, **named)
        context.with_resource(contextlib.redirect_stdout(as_it_is(sys.stdout)))
        context.with_resource(contextlib.redirect_stderr(as_it_is(sys.stderr)))
        return context

    def _real(self) -> Any:
        from audiorouter.plugins.manager import Loader
        from audiorouter.plugins.registry import PluginState

        state = PluginState(self._plugin.name, self._plugin.version, self._plugin.distribution)
        plugin = Loader().add(state, self._plugin.load)
        if plugin is not None:
            try:
                return commands_of(plugin)[str(self.name)]
            except KeyboardInterrupt:
                raise
            except BaseException as error:  # noqa: BLE001 - a plugin may raise anything
                state.complain(f"register_commands failed: {describe(error)}")
        raise UsageError(f"plugin {state.name} {state.version} {state.error} ({state.remedy})")


class _Offered(NamedTuple):
    """A plugin that has a command, and the command's description."""

    plugin: FoundPlugin
    description: str


def _offered(context: Any) -> dict[str, _Offered]:
    """Commands of plugins by name, as far as they are known; nothing is imported for them.

    Those of a file that is named on the command line are looked at in a child process, once, but
    not where a shell asks for completions (`resilient_parsing`).
    """
    files: list[Path] = context.params.get("plugin") or []
    installed = "--no-plugins" not in sys.argv
    if not files and not installed:
        return {}
    from audiorouter.plugins.snapshots import any_offers, known_snapshot, snapshot_of

    if not files and not any_offers("command"):
        return {}
    from audiorouter.plugins.discovery import files_of, find_plugins

    run = () if context.resilient_parsing else files_of(files)
    named = {str(path.absolute()) for path in run}
    offered: dict[str, _Offered] = {}
    for plugin in find_plugins(files, installed=installed):
        snapshot = snapshot_of(plugin) if plugin.module in named else known_snapshot(plugin)
        for offer in [] if snapshot is None else snapshot.offers:
            if offer.kind == "command":
                offered.setdefault(offer.name, _Offered(plugin, offer.about.get("description", "")))
    return offered
