"""The store: where it is, whose, of which version, and whether it can be written."""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Iterator
from pathlib import Path

from audiorouter.doctor.checks import Check, Subject, ok, problem, warning
from audiorouter.errors import UsageError
from audiorouter.machine.called import to_type
from audiorouter.machine.files import check_folder
from audiorouter.machine.mounts import network_file_system
from audiorouter.store.database import LATEST_MIGRATION, Store
from audiorouter.store.whose import Whose, last_migration, whose_file
from audiorouter.text import counted

_ELSEWHERE = "choose another file by --db or $AUDIOROUTER_DB"


def store(subject: Subject) -> Iterator[Check]:
    """The file of the store; it is neither made nor changed."""
    path = subject.store
    if (kind := network_file_system(path)) is not None:
        yield warning(
            f"{path} is on a network file system ({kind}): it is kept without a write-ahead log, "
            "which is slower, and one machine at a time should use it",
            f"{_ELSEWHERE}, on a disk of this machine",
        )
    try:
        check_folder(path.parent)
    except UsageError as error:
        yield problem(f"{path}: {error}", _ELSEWHERE)
        return
    if path.exists() and not path.is_file():
        kind = "a folder" if path.is_dir() else "a named pipe, a device or a socket"
        yield problem(f"{path}: is {kind}, and the store is a file", _ELSEWHERE)
        return
    if not path.exists() or not path.stat().st_size:
        yield ok(f"{path}: none yet; the first run makes it")
        return
    yield from _existing(path)


def _existing(path: Path) -> Iterator[Check]:
    if not os.access(path, os.R_OK | os.W_OK):
        yield problem(f"{path}: cannot be read and written", f"chmod u+rw it, or {_ELSEWHERE}")
        return
    try:
        found, migration = whose_file(path, LATEST_MIGRATION), last_migration(path)
    except (OSError, sqlite3.Error) as error:
        yield problem(f"{path}: cannot be read as a store: {error}", _ELSEWHERE)
        return
    if found is Whose.NEWER:
        newer = f"{path}: a later version of AudioRouter has written it ({migration})"
        yield problem(newer, f"pip install --upgrade audiorouter, or {_ELSEWHERE}")
        return
    if found is Whose.ANOTHERS:
        yield problem(f"{path}: it is the database of another program", _ELSEWHERE)
        return
    with Store(path, read_only=True) as opened:
        kept = opened.stats()
    counts = [
        counted(kept.tool_calls, "tool call"),
        counted(kept.answers, "answer"),
        counted(kept.runs, "run"),
    ]
    yield ok(f"{path}: {kept.bytes / 1e6:.1f} MB, {', '.join(counts)}")
    if migration != LATEST_MIGRATION:
        yield ok(
            f"it is at {migration} and is brought to {LATEST_MIGRATION} when it is next written",
            f"`{to_type('store', 'backup', 'FILE')}` first: a way back to an earlier version",
        )
    if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        others = "others on this machine may read or write it; it holds what was said in your clips"
        yield warning(others, f"chmod 600 {path}, unless it is shared on purpose")
