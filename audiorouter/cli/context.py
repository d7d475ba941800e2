"""What the root command hands to the others."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from audiorouter.toolbox.availability import Licence

if TYPE_CHECKING:
    from audiorouter.plugins import Registry
    from audiorouter.profiles import Chosen
    from audiorouter.store import Store


@dataclass(frozen=True)
class Settings:
    """The global options."""

    db: Path | None
    plugins: bool
    verbose: int
    plugin_files: tuple[Path, ...] = ()
    """Single files that are plugins."""
    licence: Licence | None = None
    """What tools have to allow; None is what the environment says."""
    profile: str | None = None
    """A profile that was named."""
    file: Path | None = None
    """A file of settings that was named."""
    project: Chosen | None = None
    """What `audiorouter.toml` says, where there is one."""
    used: tuple[str, ...] = ()
    """Which of its settings hold for this command."""
    unusable: str | None = None
    """Why none of them can be used, for the command that goes on without."""

    @property
    def typed(self) -> list[str]:
        """The options again, as they are typed before a command, less how much is shown."""
        values = [
            ("--db", self.db),
            *(("--plugin", file) for file in self.plugin_files),
            ("--licence", None if self.licence is None else self.licence.value),
            ("--profile", self.profile),
            ("--settings", self.file),
        ]
        given = [part for flag, value in values if value is not None for part in (flag, str(value))]
        return given if self.plugins else ["--no-plugins", *given]

    @property
    def origin(self) -> str | None:
        """File and profile from which settings were taken; None where none was."""
        return self.project.label if self.project is not None and self.used else None

    def registry(self, *, listing: bool = False) -> Registry:
        """Everything that is registered; plugins that failed are named on stderr.

        With `listing` plugins that are slow to import are not imported.
        """
        from audiorouter.plugins import load_registry

        registry = load_registry(
            third_party=self.plugins,
            files=self.plugin_files,
            listing=listing,
            licence=self.licence,
        )
        for complaint in registry.complaints:
            print(f"audiorouter: {complaint}", file=sys.stderr)
        return registry

    def engine(self) -> dict[str, Any]:
        """Those of the global options that are the engine's, and what was typed."""
        from audiorouter.machine.credentials import command_without_secrets

        return {
            "store": self.db,
            "plugins": self.plugins,
            "plugin_files": self.plugin_files,
            "licence": self.licence,
            "verbose": self.verbose > 0,
            "settings": self.origin,
            "command": command_without_secrets(["audiorouter", *sys.argv[1:]]),
        }

    def store_path(self) -> Path:
        """Where the store is."""
        from audiorouter.machine.paths import default_store_path

        return self.db or default_store_path()

    def store(self, *, read_only: bool = False) -> Store:
        """The store, opened; with `read_only` it is neither created nor changed."""
        from audiorouter.store import Store

        return Store(self.store_path(), read_only=read_only)

    def store_to_look_at(self) -> Store:
        """The store, brought up to date where it may be written, else only read."""
        from audiorouter.store import Store

        return Store.to_look_at(self.store_path())


def settings_of(context: typer.Context) -> Settings:
    """The global options of this call."""
    settings = context.find_object(Settings)
    assert settings is not None
    return settings
