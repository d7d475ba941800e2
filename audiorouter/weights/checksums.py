"""Whether a file holds the bytes that it should: read once, then known by its status."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from audiorouter.errors import UsageError
from audiorouter.machine.files import write_whole
from audiorouter.machine.paths import cache_dir
from audiorouter.validation import read_json
from audiorouter.weights.interface import WeightFile

_CHUNK = 1 << 20


def is_intact(path: Path, file: WeightFile, *, rehash: bool = False) -> bool:
    """Whether `path` holds the bytes of `file`.

    A file is read once; after that its size and its times of change vouch for it, unless `rehash`.
    """
    try:
        return _is_intact(path, file, rehash=rehash)
    except OSError:  # what cannot be read is not intact
        return False


def _is_intact(path: Path, file: WeightFile, *, rehash: bool) -> bool:
    status = path.stat()
    if status.st_size != file.size:
        return False
    # The second time is the system's own: nobody sets it back, as `touch` and `cp -p` do the first.
    stamp = f"{file.sha256} {status.st_size} {status.st_mtime_ns} {status.st_ctime_ns}"
    memo = _memo_path()
    known = _read_memo(memo)
    if not rehash and known.get(str(path)) == stamp:
        return True
    if sha256_of(path) != file.sha256:
        return False
    _write_memo(memo, {**known, str(path): stamp})
    return True


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, hex."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _memo_path() -> Path:
    return cache_dir() / "verified.json"


def _read_memo(path: Path) -> Mapping[str, str]:
    """What is kept: read once for all files of weights, and again when it is another file.

    A wrong one vouches for nothing that has changed: the status of each file is compared with it.
    """
    try:
        status = path.stat()
    except OSError:
        return {}
    return _content(path, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)


@lru_cache(maxsize=1)
def _content(path: Path, *_status: int) -> Mapping[str, str]:
    """What stands in it; a file that is damaged in any way is as good as none."""
    try:
        return read_json(path, dict[str, str])
    except (OSError, UsageError):
        return {}


def _write_memo(path: Path, memo: dict[str, str]) -> None:
    """Losing the memo costs a hash, so a failure to write it is not worth an error."""
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, json.dumps(memo, indent=1))
