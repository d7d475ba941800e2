"""Commands that plugins add, listed without importing them."""

from __future__ import annotations

import contextlib
import sys
from typing import Any

import typer
from typer.core import TyperGroup


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
        return [*own, *(name for name in _offered() if name not in own)]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command; one of a plugin is imported when it is used, not when it is listed."""
        own = super().get_command(ctx, cmd_name)
        if own is not None:
            return own
        description = _offered().get(cmd_name)
        return None if description is None else _deferred(cmd_name, description)


def _offered() -> dict[str, str]:
    """Commands of plugins with their descriptions, as far as they are known."""
    if "--no-plugins" in sys.argv:
        return {}
    from audiorouter.plugins.snapshots import any_offers, known_snapshot

    if not any_offers("command"):
        return {}
    from audiorouter.plugins.discovery import find_plugins

    found: dict[str, str] = {}
    for plugin in find_plugins():
        snapshot = known_snapshot(plugin)
        for offer in [] if snapshot is None else snapshot.offers:
            if offer.kind == "command":
                found.setdefault(offer.name, offer.about.get("description", ""))
    return found


def _deferred(name: str, description: str) -> Any:
    """A command that becomes the real one when its arguments are read."""
    kind = type(typer.main.get_command(_empty()))

    class Deferred(kind):  # type: ignore[misc, valid-type]
        def make_context(self, *arguments: Any, **named: Any) -> Any:
            return _real(name).make_context(*arguments, **named)

    return Deferred(name, help=description)


def _empty() -> typer.Typer:
    app = typer.Typer()

    @app.command()
    def nothing() -> None:
        """Do nothing."""

    return app


def _real(name: str) -> Any:
    from audiorouter.errors import UsageError
    from audiorouter.plugins.discovery import find_plugins

    for plugin in find_plugins():
        from audiorouter.plugins.snapshots import known_snapshot

        snapshot = known_snapshot(plugin)
        if snapshot and any(o.kind == "command" and o.name == name for o in snapshot.offers):
            try:
                return commands_of(plugin.load())[name]
            except (Exception, SystemExit) as error:  # noqa: BLE001 - a plugin may raise anything
                raise UsageError(f"plugin {plugin.name} {plugin.version}: {error}") from None
    raise UsageError(f"no plugin has a command {name!r}")
