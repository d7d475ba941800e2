"""A folder of files that can be had again, kept below a size: the longest unused ones go."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from audiorouter.machine.files import UNFINISHED, make_folder, write_pieces

MOST_BYTES = 20 << 30
"""Bytes of files that are kept; see `KEPT_SECONDS`."""
KEPT_SECONDS = 24 * 3600.0
"""What was used so recently is kept, however much it is: another process may read it next."""
_UNFINISHED_SECONDS = 3600.0
"""After how long without a new piece a file was left by a process that was killed."""
_BETWEEN = 1 << 30
"""Bytes that are written between two looks at how much there is."""


@dataclass
class BoundedCache:
    """Files by their names in `folder`, of about `most` bytes; names tell contents.

    When a file was last used is kept as its time of access, so that what goes by the time of its
    last change (the store's memo of clips) still knows it.
    """

    folder: Path
    most: int = MOST_BYTES
    kept_seconds: float = KEPT_SECONDS
    _written: int = field(default=_BETWEEN, init=False)
    """Bytes since it was last looked at; at first it is looked at with the first file."""

    def find(self, name: str) -> Path | None:
        """The file of that name where it is there; it counts as used now."""
        path = self.folder / name
        try:
            status = path.stat()
        except OSError:
            return None
        with contextlib.suppress(OSError):  # it is there also where nothing may be changed
            os.utime(path, ns=(time.time_ns(), status.st_mtime_ns))
        return path

    def keep(self, name: str, data: bytes) -> Path:
        """Keep a file; whole or not at all.

        Raises:
            UsageError: the folder cannot be written.
        """
        return self.keep_pieces(name, [data])

    def keep_pieces(self, name: str, pieces: Iterable[bytes]) -> Path:
        """Keep a file that comes piece by piece, of which one is held; whole or not at all.

        Raises:
            UsageError: the folder cannot be written.
        """
        make_folder(self.folder, private=True)
        self._written += write_pieces(self.folder / name, pieces)
        if self._written >= _BETWEEN:
            self._written = 0
            self.trim()
        return self.folder / name

    def drop(self, name: str) -> None:
        """Remove a file, if it is there."""
        with contextlib.suppress(OSError):
            (self.folder / name).unlink()

    def trim(self) -> None:
        """Remove the longest unused files as far as there are too many bytes, and none in use.

        What killed processes have left unfinished goes anyway.
        """
        left = time.time() - _UNFINISHED_SECONDS
        files: list[tuple[float, int, str]] = []
        with os.scandir(self.folder) as entries:
            for entry in entries:
                with contextlib.suppress(OSError):
                    status = entry.stat(follow_symlinks=False)
                    if entry.name.startswith(UNFINISHED) and status.st_mtime < left:
                        Path(entry.path).unlink()
                        continue
                    files.append(
                        (max(status.st_atime, status.st_mtime), status.st_size, entry.path)
                    )
        total = sum(size for _, size, _ in files)
        oldest = time.time() - self.kept_seconds
        for used, size, path in sorted(files):
            if total <= self.most or used > oldest:
                return
            with contextlib.suppress(OSError):
                Path(path).unlink()
            total -= size
