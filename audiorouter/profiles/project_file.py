"""`audiorouter.toml`: found upwards from a folder, read, and checked before anything uses it."""

from __future__ import annotations

import math
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import Any, NoReturn

from audiorouter.errors import UsageError
from audiorouter.json_values import DEEPEST
from audiorouter.machine.called import to_type
from audiorouter.machine.secrets import is_secret_name
from audiorouter.profiles.setting import Kind, Setting
from audiorouter.profiles.shown import one_line
from audiorouter.text import unknown

FILE_NAME = "audiorouter.toml"
PROFILES = "profile"
"""The table of the named profiles."""
_LARGEST = 64 << 10
"""Bytes."""
_LONGEST_LINE = 8_000
"""Characters; what reading a dotted key takes grows with the square of its parts."""
_WHOLE_NUMBERS = range(-(1 << 63), 1 << 63)
"""Those of TOML."""
_NAMES_A_KEY = frozenset({"key", "max_tokens"})
"""Options that sound like secrets and are none: `key` is the name under which one is kept."""
_LONGEST_NAME = 30
"""Characters of the name of a key; what is longer may be the key."""
_LOOKS_LIKE_KEY = re.compile(
    r"(sk|pk|gsk|hf|xai)[-_](?=[\w-]*\d)[\w-]{16,}|AIza[\w-]{30,}|(Bearer|Basic) +\S{8,}"
)
_WITH_PASSWORD = re.compile(r"//[^/@\s]+@")
OPTIONS_BY_THEMSELVES = frozenset({"base_url", "answer"})
"""Options of providers that have a setting of their own."""
_OWN_FOLDER = ("./", "../")


@dataclass(frozen=True)
class ProjectFile:
    """A file of settings as it was read; every value is one that its setting takes."""

    path: Path
    defaults: Mapping[str, Any]
    """Settings of the project: the top of the file."""
    profiles: Mapping[str, Mapping[str, Any]]

    @property
    def tables(self) -> tuple[Mapping[str, Any], ...]:
        """The defaults and every profile."""
        return (self.defaults, *self.profiles.values())

    def profile(self, name: str) -> Mapping[str, Any]:
        """The settings of the profile called `name`.

        Raises:
            UsageError: there is none.
        """
        if name not in self.profiles:
            why = one_line(unknown("profile", name, self.profiles))
            raise UsageError(f"{self.path}: {why}")
        return self.profiles[name]


def find_file(folder: Path | None = None) -> Path | None:
    """The nearest `audiorouter.toml` in a folder, the current one, or those above it."""
    try:
        start = Path.cwd() if folder is None else folder.absolute()
    except OSError:  # the current folder was deleted
        return None
    for above in (start, *start.parents):
        path = above / FILE_NAME
        # What cannot be looked at is not there for us either.
        if os.path.isfile(path):  # noqa: PTH113 - Path.is_file raises where a folder is closed
            return path
    return None


def read_file(path: Path, settings: Mapping[str, Setting]) -> ProjectFile:
    """Read a file of settings, of which these are known; paths in it are made whole.

    Raises:
        UsageError: it cannot be read, or holds what is no setting, a value that its setting does
            not take, or a secret; the message names file, line and what is allowed.
    """
    text = _text_of(path)
    try:
        content = tomllib.loads(text)
    except RecursionError:
        raise UsageError(f"{path}: is no TOML that can be read: it is nested too deeply") from None
    except ValueError as error:  # of TOML, or of a number with thousands of digits
        raise UsageError(f"{path}: is no TOML: {error}") from None
    reading = _Reading(path, text, settings)
    reading.refuse_excess(content)
    reading.refuse_secrets(content)
    profiles = content.pop(PROFILES, {})
    if not isinstance(profiles, dict) or not all(isinstance(v, dict) for v in profiles.values()):
        reading.refuse((PROFILES,), f"profiles are tables: [{PROFILES}.NAME]")
    return ProjectFile(
        path,
        reading.table((), content),
        {name: reading.table((PROFILES, name), table) for name, table in profiles.items()},
    )


def _text_of(path: Path) -> str:
    try:
        if path.exists() and not path.is_file():
            raise UsageError(f"{path}: is no file")
        with path.open("rb") as stream:
            content = stream.read(_LARGEST + 1)
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror})") from None
    if len(content) > _LARGEST:
        raise UsageError(f"{path}: is larger than {_LARGEST >> 10} KiB")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UsageError(f"{path}: is not UTF-8") from None
    for number, line in enumerate(text.splitlines(), start=1):
        if len(line) > _LONGEST_LINE:
            raise UsageError(f"{path}, line {number}: has more than {_LONGEST_LINE:,} characters")
    return text


@dataclass(frozen=True)
class _Reading:
    """A file that is being checked."""

    path: Path
    text: str
    settings: Mapping[str, Setting]

    def table(self, table: tuple[str, ...], values: Mapping[str, Any]) -> dict[str, Any]:
        """The settings of one table."""
        return {name: self._value(table, name, value) for name, value in values.items()}

    def _value(self, table: tuple[str, ...], name: str, value: Any) -> Any:
        setting = self.settings.get(name)
        if setting is None:
            more = "" if table else f", and tables [{PROFILES}.NAME]"
            self.refuse((*table, name), unknown("setting", name, self.settings, more=more))
        if not setting.accepts(value):
            self.refuse((*table, name), f"{name} has to be {setting.allowed}")
        if setting.kind is Kind.OPTIONS:
            self._check_options((*table, name), value)
        return _with_whole_paths(setting.kind, value, self.path.parent)

    def _check_options(self, where: tuple[str, ...], options: Mapping[str, Any]) -> None:
        for name, value in options.items():
            if name in OPTIONS_BY_THEMSELVES and where[-1] == "provider_option":
                self.refuse((*where, name), f"{name} is a setting of its own: {name} = …")
            if any(isinstance(inner, date | datetime | time) for inner in _leaves(value)):
                self.refuse((*where, name), f"{name}: a provider takes no dates: write text")

    def refuse_excess(self, content: Mapping[str, Any]) -> None:
        """Refuse what is nested too deeply, or a number too large, to be handled like all else."""
        values: list[tuple[tuple[str, ...], Any, int]]
        values = [((name,), value, 0) for name, value in content.items()]
        while values:  # no recursion: it may be deeper than Python goes
            where, value, depth = values.pop()
            name = where[-1]
            if depth > DEEPEST:
                self.refuse(where[:1], f"{where[0]} is nested too deeply: more than {DEEPEST} deep")
            if isinstance(value, int) and value not in _WHOLE_NUMBERS:
                self.refuse(where, f"{name}: a whole number has 64 bits at most")
            if isinstance(value, float) and not math.isfinite(value):
                self.refuse(where, f"{name}: a number has to be finite")
            if isinstance(value, dict):
                values += [((*where, n), inner, depth + 1) for n, inner in value.items()]
            elif isinstance(value, list):
                values += [(where, inner, depth + 1) for inner in value]

    def refuse_secrets(self, values: Mapping[str, Any], above: tuple[str, ...] = ()) -> None:
        """Refuse what is a key or a password, by its name or its looks; it is not shown."""
        for name, value in values.items():
            where = (*above, name)
            if isinstance(value, dict):
                self.refuse_secrets(value, where)
            named = is_secret_name(name) and name not in _NAMES_A_KEY
            texts = [leaf for leaf in _leaves(value) if isinstance(leaf, str)]
            if named or any(_is_secret(name, text) for text in texts):
                self.refuse(
                    where,
                    f"{name}: keys and passwords have no place in this file; "
                    f"`{to_type('keys', 'set', 'NAME')}` keeps one, "
                    'and provider_option = {key = "NAME"} says which is sent',
                )

    def refuse(self, where: tuple[str, ...], why: str) -> NoReturn:
        """Say what is wrong with what stands there.

        Raises:
            UsageError: always.
        """
        line = _line_of(self.text, where)
        place = f", line {line}" if line else ""
        table = f" in [{'.'.join(where[:-1])}]" if len(where) > 1 else ""
        raise UsageError(f"{self.path}{place}{one_line(f'{table}: {why}')}")


def _is_secret(name: str, text: str) -> bool:
    if name == "key":
        return len(text) > _LONGEST_NAME or _LOOKS_LIKE_KEY.match(text) is not None
    return bool(_LOOKS_LIKE_KEY.match(text) or _WITH_PASSWORD.search(text))


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        value = [*value.values()]
    if isinstance(value, list):
        for inner in value:
            yield from _leaves(inner)
    else:
        yield value


def _with_whole_paths(kind: Kind, value: Any, folder: Path) -> Any:
    """A value whose paths hold from everywhere: in the file they are relative to its folder.

    Of a text, such as a router's, that is one which begins with `./` or `../`, also behind the name
    of a provider.
    """
    if kind is Kind.PATHS:
        return [_whole(item, folder) for item in value]
    if kind is Kind.PATH:
        return _whole(value, folder)
    if kind is Kind.TEXT:
        before, colon, path = value.rpartition(":")
        if path.startswith(_OWN_FOLDER):
            return f"{before}{colon}{_whole(path, folder)}"
    return value


def _whole(path: str, folder: Path) -> str:
    return os.path.normpath(folder / os.path.expanduser(path))  # noqa: PTH111 - `~` stays without


def _line_of(text: str, where: tuple[str, ...]) -> int | None:
    """The line of a key, or of its table; None where it is written in a way that hides it."""
    found, table = None, ""
    wanted, name = ".".join(where[:-1]), where[-1]
    for number, line in enumerate(text.splitlines(), start=1):
        bare = re.sub(r"[\s\"']", "", line.partition("#")[0])
        if header := re.fullmatch(r"\[+([^\[\]=]+)\]+", bare):
            table = header[1]
            if table == ".".join(where):
                return number
            found = number if table == wanted else found
        path = ".".join(filter(None, [table, bare.partition("=")[0]]))
        if "=" in bare and path == ".".join(where):
            return number
        if "=" in bare and path == wanted and name in bare:
            found = number  # an inline table
    return found
