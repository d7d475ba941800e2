"""Data sets that are folders: which files hold the rows of the split that is asked for.

A data set is named by its folder, with `:SPLIT` behind where it has several.
"""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath

from audiorouter.errors import QuestionFileError
from audiorouter.machine.called import to_type
from audiorouter.questions.files.dataset_splits import (
    Splits,
    find_splits,
    is_metadata,
    shards_expected,
    usual_name,
)

_FEW = 3
"""How many of several files a message names."""


def shards_of(path: Path) -> tuple[Path, ...]:
    """The files whose rows `path` names: itself, or those of a data set, in their order.

    Raises:
        QuestionFileError: the data set has no such split, several and none is named, or no rows.
    """
    folder, split = _folder_and_split(path)
    if folder is None:
        return (path,)
    return tuple(folder / name for name in files_of_split(_splits(folder), split, str(folder)))


def is_dataset(path: Path) -> bool:
    """Whether it names a folder, or a split in one."""
    return _folder_and_split(path)[0] is not None


def files_of_split(splits: Splits, split: str | None, whose: str) -> tuple[str, ...]:
    """The files of a split; where none is named, of the only one.

    Raises:
        QuestionFileError: there is no such split, several and none is named, or no rows at all.
    """
    if not splits:
        raise QuestionFileError(
            f"{whose}: no table of questions is in this folder: name one, as in "
            f"`{to_type('batch', 'CLIPS', 'questions.csv')}`"
        )
    known = ", ".join(name or "(without a name)" for name in splits)
    if split is None and len(splits) > 1:
        raise QuestionFileError(
            f"{whose}: the data set has the splits {known}: name one, as in "
            f"{whose}:{next(filter(None, splits))}"
        )
    wanted = next(iter(splits)) if split is None else split
    if wanted not in splits and usual_name(wanted) in splits:
        wanted = usual_name(wanted)
    if wanted not in splits:
        raise QuestionFileError(f"{whose}: there is no split {wanted!r} in it (known: {known})")
    files = splits[wanted]
    folders = {PurePosixPath(name).parent for name in files}
    # Sets of other questions, or about other clips: put together they would be one by accident.
    if len(folders) > 1 or (len(files) > 1 and any(map(is_metadata, files))):
        raise QuestionFileError(
            f"{whose}: tables that may not belong together are in it ({', '.join(files[:_FEW])}"
            f"{' …' if len(files) > _FEW else ''}): name one of them, or its folder"
        )
    if (expected := shards_expected(files)) not in (None, len(files)):
        raise QuestionFileError(
            f"{whose}: {len(files)} of the {expected} files of which its rows are: fetch the others"
        )
    return files


def _folder_and_split(path: Path) -> tuple[Path | None, str | None]:
    """The folder that is a data set, and its split, if any is named; no folder for a file."""
    if path.is_dir():
        return path, None
    folder, colon, split = path.name.rpartition(":")
    if colon and split and not os.path.lexists(path) and path.with_name(folder or ".").is_dir():
        return path.with_name(folder), split
    return None, None


def _splits(folder: Path) -> Splits:
    return find_splits(_names(folder))


def _names(folder: Path) -> list[str]:
    return [
        (Path(where) / name).relative_to(folder).as_posix()
        for where, _, names in os.walk(folder)
        for name in names
    ]
