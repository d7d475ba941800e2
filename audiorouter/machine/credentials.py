"""Keys of servers: from the environment, or from a file that only its owner can read.

They never enter the store, logs or messages.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from audiorouter.errors import UsageError
from audiorouter.machine.called import to_type
from audiorouter.machine.files import locked, make_folder, write_file
from audiorouter.machine.paths import config_dir
from audiorouter.machine.secrets import SHORTEST, speaks_of_secret
from audiorouter.machine.urls import check_url, check_variable, is_usual_https
from audiorouter.validation import read_json

HOSTS = {
    "api.openai.com": "openai",
    "openrouter.ai": "openrouter",
    "generativelanguage.googleapis.com": "gemini",
    "api.mistral.ai": "mistral",
}
"""Names of the keys that known servers want."""
_LONGEST_NAME = 30
"""Characters; what is longer may be a key."""
_LOCK_SECONDS = 20.0
"""How long another process may be at the file."""


_HARMLESS = frozenset({"key", "max_tokens"})
"""Options that name a key, or count tokens."""
_FOLDERS = frozenset({"PWD", "OLDPWD"})
"""Variables that hold the working folder, and no password."""


@dataclass(frozen=True)
class KnownKey:
    """A key by name and where it comes from; never its value."""

    name: str
    source: str


def command_without_secrets(arguments: Sequence[str]) -> str:
    """A command line as it may be kept: what may be a key or a password in it is "…".

    That is the value of an option `NAME=VALUE` that speaks of one, user and password of a URL, and
    whatever a variable of the environment holds that is called like a key or a token.

    >>> command_without_secrets(["batch", "-P", 'extra_body={"token": "x"}', "https://me:x@host/"])
    "batch -P 'extra_body=…' 'https://…@host/'"
    """
    held = [
        value
        for name, value in os.environ.items()
        if speaks_of_secret(name) and name not in _FOLDERS and len(value) >= SHORTEST
    ]
    kept = []
    for argument in arguments:
        name, equals, _ = argument.partition("=")
        if equals and name not in _HARMLESS and speaks_of_secret(argument):
            argument = f"{name}=…"
        argument = re.sub(r"//[^/@\s]+@", "//…@", argument)
        for secret in held:
            argument = argument.replace(secret, "…")
        kept.append(argument)
    return shlex.join(kept)


def keys_path() -> Path:
    """The file of keys."""
    return config_dir() / "keys.json"


def variable(name: str) -> str:
    """The environment variable that goes before the file.

    >>> variable("open-router")
    'OPEN_ROUTER_API_KEY'
    """
    return f"{name.upper().replace('-', '_')}_API_KEY"


def known_keys() -> list[KnownKey]:
    """Every key that would be found, by name."""
    stored = set(_read())
    keys = []
    for name in sorted(stored | set(HOSTS.values())):
        if os.environ.get(variable(name)):
            keys.append(KnownKey(name, f"${variable(name)}"))
        elif name in stored:
            keys.append(KnownKey(name, str(keys_path())))
    return keys


def get_key(name: str) -> str | None:
    """The key called `name`, from the environment or the file."""
    return os.environ.get(variable(name)) or _read().get(name)


def set_key(name: str, value: str) -> None:
    """Keep a key in the file, which nobody but its owner can read.

    Raises:
        UsageError: an empty key, a name that cannot be one, or a file that cannot be written.
    """
    if not name.replace("-", "").replace("_", "").isalnum():
        raise UsageError("the name of a key is made of letters, digits, - and _")
    if len(name) > _LONGEST_NAME:
        raise UsageError(
            f"the name of a key has at most {_LONGEST_NAME} characters; the key itself is asked for"
        )
    if not value.strip():
        raise UsageError("the key is empty")
    with _alone():
        _write(_read() | {name: value.strip()})


def remove_key(name: str) -> None:
    """Forget a key of the file.

    Raises:
        UsageError: there is none of that name.
    """
    with _alone():
        stored = _read()
        if name not in stored:
            raise UsageError(f"{keys_path()} holds no key of that name")
        del stored[name]
        _write(stored)


def key_for(base_url: str | None, name: str | None) -> tuple[str | None, str | None]:
    """Base URL and key of a server.

    A key goes to the server that it belongs to and to no other: one that is named by hand goes
    anywhere, one that is not only to the known host of its name, by https at the usual port.

    Raises:
        UsageError: the URL is none or keeps a secret, the named key is not known, or the server is
            known to want one.
    """
    from_environment = check_variable("OPENAI_BASE_URL") if base_url is None else None
    url = from_environment if base_url is None else check_url(base_url, "--base-url")
    if name is None:
        host = "api.openai.com" if url is None else urlsplit(url).hostname or ""
        wanted = "openai" if from_environment else HOSTS.get(host)
        if url is not None and host in HOSTS and not is_usual_https(url):
            wanted = None
        if wanted is None:
            return url, None
        key = get_key(wanted)
        if key is None and host in HOSTS:
            raise UsageError(
                f"there is no key {wanted!r}: set ${variable(wanted)}, or "
                f"`{to_type('keys', 'set', wanted)}`"
            )
        return url, key
    key = get_key(name)
    if key is None:
        # Not named here: some give the key itself.
        known = ", ".join(known.name for known in known_keys()) or "none"
        raise UsageError(
            f"-P key= takes the name of a key, and what it was given names none (known: {known}): "
            f"`{to_type('keys', 'set', 'NAME')}`, or set $NAME_API_KEY"
        )
    return url, key


def _read() -> dict[str, str]:
    path = keys_path()
    try:
        mode = path.stat().st_mode
        if mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise UsageError(f"{path} can be read by others: chmod 600 {path}")
        return read_json(path, dict[str, str])
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror})") from None


@contextmanager
def _alone() -> Iterator[None]:
    """Between reading and writing no other process changes the file."""
    folder = keys_path().parent
    make_folder(folder, private=True)
    try:
        with locked(folder, seconds=_LOCK_SECONDS):
            yield
    except OSError as error:
        raise UsageError(f"{keys_path()}: cannot be written ({error.strerror})") from None


def _write(keys: dict[str, str]) -> None:
    write_file(keys_path(), json.dumps(keys, indent=1), private=True)
