"""Settings of `audiorouter.toml` in the place of options that were not given."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from audiorouter.cli.context import Settings
from audiorouter.errors import UsageError
from audiorouter.machine.called import called_with, to_type

if TYPE_CHECKING:
    from audiorouter.profiles import Chosen, Kind, ProjectFile, Setting

INPUTS = frozenset([
    *("help", "choice", "clips", "output", "limit", "plan", "report", "as_json", "json_file"),
    *("json_summary", "val", "train", "with_tool", "fresh", "retry_failed", "arg", "replace"),
    *("remote", "server_batch", "start"),
    *("shard", "engine", "ray_address", "ray_folder"),
    *("no_plugins", "verbose", "version", "_version", "profile", "settings"),
    *("install_completion", "show_completion"),
])  # fmt: skip
"""Options that say what is asked and what is written, or hold for once: no file sets them."""
NO_FILE = "none"
"""By which `--settings` says that no file is wanted."""
_WITHOUT = frozenset({"profiles", "keys"})
"""Commands that have to work whatever the settings are."""
_TELLS = "doctor"
"""The command that says what is wrong with them, and goes on without."""


def known_settings(root: Any) -> dict[str, Setting]:
    """Everything that a file may set, by name: options of the root and of `SettingsCommand`s."""
    from audiorouter.profiles import Setting

    found: dict[str, Setting] = {}
    helps: dict[str, list[str]] = {}
    for command, option in _options(root):
        earlier = found.get(option.name)
        helps.setdefault(option.name, []).append(option.help or "")
        commands = (*earlier.commands, command) if earlier else (command,) * bool(command)
        found[option.name] = Setting(
            option.name,
            _kind(option),
            _said_most(helps[option.name]),
            commands,
            option.min,
            option.max,
            tuple(map(str, option.type_descriptor.choices or ())),
        )
    return found


def _said_most(helps: list[str]) -> str:
    """What most commands say of an option, or the longest of what as many say."""
    return max(helps, key=lambda one: (helps.count(one), len(one)))


def _options(root: Any) -> Iterator[tuple[str, Any]]:
    """The options that a file may set, each with the words of its command."""
    for words, command in [("", root), *commands_with_settings(root)]:
        for option in command.params:
            if option.param_type_name == "option" and option.name not in INPUTS:
                yield words, option


def commands_with_settings(group: Any, words: str = "") -> Iterator[tuple[str, Any]]:
    """Every command whose options a file may set, with its words."""
    for name, command in group.commands.items():
        if getattr(command, "takes_settings", False):
            yield f"{words} {name}".strip(), command
        elif hasattr(command, "commands"):
            yield from commands_with_settings(command, name)


def _kind(option: Any) -> Kind:
    from audiorouter.profiles import Kind

    if option.name in ("provider_option", "judge_option"):
        return Kind.OPTIONS
    if option.name == "plugin":
        return Kind.PATHS
    kinds = {bool: Kind.FLAG, int: Kind.WHOLE, float: Kind.NUMBER, Path: Kind.PATH}
    return kinds.get(option.type_descriptor.annotation, Kind.TEXT)


def find_project(root: Any, named: Path | None) -> tuple[ProjectFile | None, str | None]:
    """The file of settings, and why there is none where one was found that is not to be used.

    Raises:
        UsageError: it cannot be read or holds what is no setting.
    """
    from audiorouter.profiles import find_file, read_file
    from audiorouter.profiles.trust import why_not_ours

    if str(named) == NO_FILE:
        return None, None
    path = named or find_file()
    if path is None:
        return None, None
    if named is None and (why := why_not_ours(path)) is not None:
        instead = f"`{to_type('--settings', path)} …` uses it all the same"
        return None, f"{path} is not used: {why}; {instead}"
    return read_file(path.absolute(), known_settings(root)), None


def choose(context: Any, *, named: Path | None, profile: str | None) -> Chosen | None:
    """The settings of the file that is found or named; None where there is no file.

    Raises:
        UsageError: the file or the profile is not there or cannot be used.
    """
    from audiorouter.profiles import chosen
    from audiorouter.profiles.choose import PROFILE_VARIABLE

    wanted = profile or os.environ.get(PROFILE_VARIABLE) or None
    if context.invoked_subcommand in _WITHOUT:
        return None
    file, why_not = find_project(context.command, named)
    if file is None and wanted is not None and (profile or str(named) != NO_FILE):
        flag = f"--profile {wanted}" if profile else f"{PROFILE_VARIABLE}={wanted}"
        raise UsageError(f"{flag}: {why_not or _no_file(named)}")
    if why_not is not None:
        print(f"audiorouter: {why_not}", file=sys.stderr)
    return None if file is None else chosen(file, wanted, named=named is not None)


def the_project(root: Any, named: Path | None) -> ProjectFile:
    """The file of settings.

    Raises:
        UsageError: there is none, or it cannot be used.
    """
    file, why_not = find_project(root, named)
    if file is None:
        raise UsageError(why_not or _no_file(named))
    return file


def _no_file(named: Path | None) -> str:
    from audiorouter.profiles import FILE_NAME

    if named is not None:
        return f"--settings {named}: no file is used"
    return f"there is no {FILE_NAME} here or above"


def use_settings(context: Any, chosen: Chosen) -> tuple[list[str], dict[str, str]]:
    """Put settings in the place of those options of a command that were not given.

    The names of what was put there, and what was left out although it is an option, and why.

    Raises:
        UsageError: the file may not say so unless it is trusted, or the value will not do.
    """
    options = {option.name: option for option in context.command.params}
    given = {
        name: _named(value) if name.endswith("_option") else value
        for name, value in context.params.items()
        if name not in INPUTS and was_given(context, name)
    }
    left = chosen.beside(given)
    used = {name: v for name, v in left.values.items() if name in options}
    chosen.refuse_untrusted(used)
    for name, value in used.items():
        context.params[name] = _converted(context, options[name], value, chosen)
    return [*used], {name: why for name, why in left.left_out.items() if name in options}


def take_settings(context: Any) -> None:
    """Take the options of a command that were not given, and the root's, from the project's file.

    One line on stderr says which file and profile were used, and for what.

    Raises:
        UsageError: see `choose` and `use_settings`.
    """
    try:
        _take_settings(context)
    except UsageError as error:
        if context.find_root().invoked_subcommand != _TELLS:
            raise
        context.obj = replace(context.obj, unusable=str(error))


def _take_settings(context: Any) -> None:
    root = context.find_root()
    settings: Settings = root.obj
    named, profile = settings.file, settings.profile
    takes_them = getattr(context.command, "takes_settings", False)
    if takes_them:
        # Its function knows nothing of these two.
        named = context.params.pop("settings") or named
        profile = context.params.pop("profile") or profile
        called_with(replace(settings, file=named, profile=profile).typed)
    chosen = choose(root, named=named, profile=profile)
    if chosen is None:
        return
    if not settings.plugins:
        chosen = chosen.without("plugin")
    used, unused = use_settings(root, chosen)
    if takes_them:
        of_command, unused = use_settings(context, chosen)
        used += of_command
    context.obj = replace(
        settings,
        db=root.params["db"],
        plugin_files=tuple(root.params["plugin"] or ()),
        licence=root.params["licence"],
        project=chosen,
        used=tuple(used),
    )
    if used or unused:
        print(f"audiorouter: settings of {chosen.label}: {_told(used, unused)}", file=sys.stderr)


def _told(used: list[str], unused: dict[str, str]) -> str:
    """Which settings are used, and which are not and why."""
    left_out = [
        f"{', '.join(name for name, other in unused.items() if other == why)} ({why})"
        for why in dict.fromkeys(unused.values())
    ]
    return ", ".join(used or ["none"]) + (f"; left out: {'; '.join(left_out)}" * bool(left_out))


def was_given(context: Any, name: str) -> bool:
    """Whether an option was typed, or is in the environment."""
    source = context.get_parameter_source(name)
    return source is not None and source.name not in ("DEFAULT", "DEFAULT_MAP")


def _named(pairs: list[str]) -> dict[str, str]:
    return {pair.partition("=")[0]: pair.partition("=")[2] for pair in pairs}


def _converted(context: Any, option: Any, value: Any, chosen: Chosen) -> Any:
    """A value as the option itself would give it; options by name are added to those given."""
    if isinstance(value, dict):
        return [
            *(f"{n}={_text(v)}" for n, v in value.items()),
            *(context.params[option.name] or ()),
        ]
    if option.multiple and not isinstance(value, list):
        value = [value]
    try:
        return option.process_value(context, value)
    except Exception as error:
        if not hasattr(error, "format_message"):
            raise
        raise UsageError(f"{chosen.path}: {option.name}: {error.format_message()}") from None


def _text(value: Any) -> str:
    """A value of TOML as it is written after `-P NAME=`."""
    return value if isinstance(value, str) else json.dumps(value)
