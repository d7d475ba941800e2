"""What a file of settings may do that nobody named: which of it has to be trusted first.

A folder may have come with a repository, an archive or a share. So a file that was merely found
counts only if nobody else can write it, and what in it runs code, names another computer or moves
the store only once its user has said so.
"""

from __future__ import annotations

import grp
import hashlib
import json
import os
import pwd
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from audiorouter.errors import UsageError
from audiorouter.machine.files import locked, make_folder, write_file
from audiorouter.machine.paths import config_dir
from audiorouter.profiles.project_file import ProjectFile
from audiorouter.text import path_text
from audiorouter.validation import read_json

_ALWAYS = frozenset([
    *("plugin", "base_url", "provider_option", "judge", "judge_option", "track", "db"),
])  # fmt: skip
_WHERE_TRUE = frozenset({"allow_outside", "verbatim"})
"""Flags that give up a protection."""
_LOCAL_PROVIDER = "cascade"
_LOCAL_ROUTER = "tools"
"""The one router that takes an argument and goes nowhere with it."""
_LOCK_SECONDS = 20.0


def reaching(values: Mapping[str, Any]) -> dict[str, Any]:
    """Those settings that run code, name another computer, or change what is read and kept where.

    >>> reaching({"provider": "openai:gpt-audio", "workers": 2, "router": "rules"})
    {'provider': 'openai:gpt-audio'}
    """
    return {name: value for name, value in values.items() if _reaches(name, value)}


def _reaches(name: str, value: Any) -> bool:
    if name == "provider":
        return bool(value != _LOCAL_PROVIDER)
    if name == "router":
        kind, colon, _ = str(value).partition(":")
        return bool(colon) and kind != _LOCAL_ROUTER
    return name in _ALWAYS or (name in _WHERE_TRUE and bool(value))


def why_not_ours(path: Path) -> str | None:
    """Why somebody else decides what is in a file; None where nobody else does.

    It and its folder have to belong to the user or to root, and nobody else may write them; a group
    that is the user's alone is nobody else. Where it is a link, that holds for the link and its
    folder as well. Folders further up must not be open to everybody.
    """
    try:
        for place in dict.fromkeys([path.absolute(), Path(os.path.realpath(path))]):
            folder = Path(os.path.realpath(place.parent))
            for part in (place, folder):
                if (why := _why_others(part)) is not None:
                    return why
            for above in folder.parents:
                mode = above.stat().st_mode
                if mode & stat.S_IWOTH and not mode & stat.S_ISVTX:
                    return f"others can write {above}"
    except OSError as error:
        return f"{path} cannot be looked at ({error.strerror})"
    return None


def _why_others(place: Path) -> str | None:
    status = place.lstat()
    if status.st_uid not in (os.geteuid(), 0):
        return f"{place} belongs to another user"
    mode = status.st_mode
    if stat.S_ISLNK(mode) or (stat.S_ISDIR(mode) and mode & stat.S_ISVTX):
        return None  # in such as /tmp others can write, and replace nothing of ours
    if mode & stat.S_IWOTH or (mode & stat.S_IWGRP and not _own_group(status.st_gid)):
        return f"others can write {place}"
    return None


def _own_group(group: int) -> bool:
    """Whether a group is the one that many systems make for each user."""
    try:
        user, of = pwd.getpwuid(os.geteuid()), grp.getgrgid(group)
    except KeyError:
        return False
    return of.gr_name == user.pw_name and set(of.gr_mem) <= {user.pw_name}


def is_trusted(file: ProjectFile) -> bool:
    """Whether everything in the file that reaches out was trusted as it is now.

    Raises:
        UsageError: the list of what is trusted is damaged.
    """
    return _trusted().get(_name(file)) == _mark(file)


def trust(file: ProjectFile) -> None:
    """Trust what reaches out in the file, until that changes.

    Raises:
        UsageError: that cannot be kept.
    """
    make_folder(config_dir(), private=True)
    try:
        with locked(config_dir(), seconds=_LOCK_SECONDS):
            kept = _trusted() | {_name(file): _mark(file)}
            write_file(_list(), json.dumps(kept, indent=1), private=True)
    except OSError as error:
        raise UsageError(f"{_list()}: cannot be written ({error.strerror})") from None


def _list() -> Path:
    return config_dir() / "trusted.json"


def _trusted() -> dict[str, str]:
    try:
        return read_json(_list(), dict[str, str])
    except FileNotFoundError:
        return {}


def _name(file: ProjectFile) -> str:
    return path_text(os.path.realpath(file.path))


def _mark(file: ProjectFile) -> str:
    """Of all that reaches out in the file; limits may change without being trusted anew."""
    out = [reaching(file.defaults), {n: reaching(v) for n, v in file.profiles.items()}]
    return hashlib.sha256(json.dumps(out, sort_keys=True).encode()).hexdigest()
