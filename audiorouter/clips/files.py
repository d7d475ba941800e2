"""Audio files on disk: those below a folder, and whether one is still what it was."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from audiorouter.clips.sources import NO_SOURCES, Sources
from audiorouter.decoding.suffixes import NOT_READ, READ
from audiorouter.errors import ClipError


class FileStamp(NamedTuple):
    """What tells, without reading it, whether a file is still the one that was hashed."""

    size: int
    mtime_ns: int
    inode: int

    @classmethod
    def of(cls, path: Path) -> FileStamp:
        """Stamp of the file at `path`; raises `ClipError` where there is none."""
        try:
            status = path.stat()
        except OSError as error:
            if path.is_symlink():
                target = path.readlink()
                raise ClipError(f"{path}: links to {target}, which cannot be read") from None
            raise ClipError(f"{path}: cannot be read ({error.strerror})") from None
        return cls(status.st_size, status.st_mtime_ns, status.st_ino)


def find_clips(folder: Path, sources: Sources = NO_SOURCES) -> list[Path]:
    """Every audio file below `folder`, by its name's ending, sorted; hidden ones are left out.

    What `sources` decode is audio as well.
    """
    suffixes = READ | sources.keys()
    return sorted(path for path in _visible_files(folder) if path.suffix.lower() in suffixes)


def skipped_files(folder: Path, sources: Sources = NO_SOURCES) -> dict[str, int]:
    """How many files below `folder` are about sound but none that `find_clips` finds, and why.

    >>> skipped_files(Path("songs"))                                     # doctest: +SKIP
    {'.mid (notes, not sound)': 3}
    """
    counts: dict[str, int] = {}
    for path in _visible_files(folder):
        suffix = path.suffix.lower()
        if suffix in NOT_READ and suffix not in sources:
            why = f"{suffix} ({NOT_READ[suffix]})"
            counts[why] = counts.get(why, 0) + 1
    return dict(sorted(counts.items()))


def _visible_files(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*"):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if not hidden and path.is_file():
            yield path
