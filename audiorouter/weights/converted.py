"""What is made of weights once and loaded from then on: a folder that says what is in it.

The files of the source are known by their SHA-256 beforehand; those that were made of them are
hashed when they are made, and a manifest beside them holds what came out. What is loaded later is
what was hashed then, or it is made again.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable
from pathlib import Path

from audiorouter.border import describe
from audiorouter.errors import UsageError, WeightsError
from audiorouter.machine.files import locked, make_folder
from audiorouter.validation import read_json
from audiorouter.weights.checksums import is_intact, sha256_of
from audiorouter.weights.interface import State, WeightFile, Weights

MANIFEST = "manifest.json"
_FOLDER = "converted"


def folder_in(folder: Path) -> Path:
    """Where that is kept which `Weights.convert` made of the files in `folder`."""
    return folder / _FOLDER


def ready(
    weights: Weights, folder: Path, report: Callable[[str], None], *, rehash: bool = False
) -> Path:
    """The folder of what `weights` in `folder` are converted into, converted where it is not there
    or not what was made; `rehash` reads it all to find out.

    Raises:
        WeightsError: they cannot be converted.
    """
    assert weights.convert is not None
    function, target = weights.convert, folder_in(folder)
    module, name = function.split(":")

    def write(into: Path) -> None:
        report(f"{weights.name}: converting (once)")
        try:
            getattr(importlib.import_module(module), name)(folder, into)
        except (Exception, SystemExit) as error:
            why = f"{weights.name}: {function} could not convert the files: {describe(error)}"
            raise WeightsError(why) from error

    try:
        make(target, write, rehash=rehash)
    except OSError as error:
        raise WeightsError(f"{weights.name}: cannot be converted into {target}: {error}") from None
    return target


def make(target: Path, write: Callable[[Path], None], *, rehash: bool = False) -> None:
    """See that `target` holds what `write` once wrote into the folder that it is given.

    It is asked to write where there is nothing, or what is there is not what it wrote. Of several
    processes one does it, and the others wait.

    Raises:
        OSError: the folder cannot be written.
    """
    if state(target, rehash=rehash) is State.READY:
        return
    import tempfile

    make_folder(target.parent)
    with locked(target.parent):
        if state(target, rehash=rehash) is State.READY:  # another process was first
            return
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".convert-") as scratch:
            made = Path(scratch) / "made"
            made.mkdir()
            write(made)
            _write_manifest(made)
            if target.exists():
                target.replace(Path(scratch) / "former")
            made.replace(target)


def state(folder: Path, *, rehash: bool = False) -> State:
    """Whether a folder holds the files that its manifest names, intact, and no others."""
    if not folder.is_dir():
        return State.MISSING
    try:
        named = read_json(folder / MANIFEST, list[WeightFile])
        same = {file.name for file in named} == set(_names(folder))
    except (OSError, UsageError):
        return State.DAMAGED
    intact = same and all(is_intact(folder / file.name, file, rehash=rehash) for file in named)
    return State.READY if intact else State.DAMAGED


def _write_manifest(folder: Path) -> None:
    files = [
        {"name": name, "size": (folder / name).stat().st_size, "sha256": sha256_of(folder / name)}
        for name in _names(folder)
    ]
    (folder / MANIFEST).write_text(json.dumps(files, indent=1) + "\n", encoding="utf-8")


def _names(folder: Path) -> list[str]:
    """Its files other than the manifest, as paths from there."""
    files = (path for path in folder.rglob("*") if not path.is_dir())
    return sorted(str(path.relative_to(folder)) for path in files if path != folder / MANIFEST)
