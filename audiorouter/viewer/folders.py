"""A report's folder: known for one before anything in it is replaced, and replaced as a whole."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from audiorouter.errors import UsageError
from audiorouter.viewer.scripts import HANDED, index_name

_UNDER_WAY = r"(?:\.(?:new|old)-\w+/)?"
_OURS = re.compile(
    rf"{_UNDER_WAY}(?:index\.html|app\.css|(?:app|vendor)/[\w.-]+"
    r"|data/(?:index|rows-\d{4,})\.js|data/clips/[0-9a-f]{40}\.js)"
)


def is_report(folder: Path) -> bool:
    """Whether a folder holds a report and nothing else, be it one that was never finished."""
    known = False
    for path in folder.rglob("*"):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink() or (not path.is_dir() and not _OURS.fullmatch(name)):
            return False
        if name.endswith(index_name()):
            known = known or _begins_as_ours(path)
    return known


def _begins_as_ours(path: Path) -> bool:
    with path.open(encoding="utf-8", errors="replace") as file:
        return file.read(len(HANDED)) == HANDED


@contextmanager
def replacing(folder: Path) -> Iterator[Path]:
    """Gives a new folder inside, whose content takes the place of the report that is there.

    Until then that one is whole; where the work fails it stays.

    Raises:
        UsageError: nothing can be written or replaced there.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        new, old = (
            Path(tempfile.mkdtemp(dir=folder, prefix=f".{kind}-")) for kind in ("new", "old")
        )
    except OSError as error:
        raise UsageError(f"{folder}: cannot be written ({error.strerror})") from None
    try:
        yield new
        for entry in [path for path in folder.iterdir() if path not in (new, old)]:
            entry.rename(old / entry.name)
        for entry in list(new.iterdir()):
            entry.rename(folder / entry.name)
        shutil.rmtree(old, ignore_errors=True)
    except OSError as error:
        raise UsageError(f"{folder}: cannot be written ({error.strerror})") from None
    finally:
        shutil.rmtree(new, ignore_errors=True)
        with suppress(OSError):
            old.rmdir()  # what could not be replaced stays in it
