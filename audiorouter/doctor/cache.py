"""The folder of weights and what is made of them: writable, with room."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from audiorouter.doctor.checks import Check, Subject, ok, problem, warning
from audiorouter.errors import UsageError
from audiorouter.machine.called import to_type
from audiorouter.machine.files import check_folder
from audiorouter.machine.installed import absent
from audiorouter.machine.mounts import network_file_system
from audiorouter.machine.paths import cache_dir
from audiorouter.toolbox.frontends.librosa_ready import compiled_folder

ROOM = 2 << 30
"""Bytes that fetching and converting all weights takes at once, with some to spare."""


def cache(_subject: Subject) -> Iterator[Check]:
    """Whether it can be written, how much room there is, and whether librosa was compiled."""
    folder = cache_dir()
    try:
        check_folder(folder)
    except UsageError as error:
        yield problem(str(error), "make it writable, or choose another folder: $AUDIOROUTER_CACHE")
        return
    there = next(one for one in (folder, *folder.absolute().parents) if one.exists())
    free = shutil.disk_usage(there).free
    found = f"{folder}: can be written, {free / 1e9:.1f} GB free"
    if free < ROOM:
        yield warning(found, "make room, or choose a folder on another disk: $AUDIOROUTER_CACHE")
    else:
        yield ok(found)
    if (kind := network_file_system(folder)) is not None:
        slow = f"it is on a network file system ({kind}): models load slowly from there"
        yield warning(slow, "choose a folder on a disk of this machine: $AUDIOROUTER_CACHE")
    if not absent(["librosa"]) and not _has_files(compiled_folder()):
        yield warning(
            "librosa has not been compiled yet: the first tool that uses it takes a minute or two",
            f"`{to_type('models', 'pull')}` does it now",
        )


def _has_files(folder: Path) -> bool:
    return folder.is_dir() and any(os.scandir(folder))
