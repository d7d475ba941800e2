"""Data sets that are folders: which files hold the rows of the split that is asked for.

A data set is named by its folder, with `:SPLIT` behind where it has several.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from audiorouter.csv_cells import are_answers
from audiorouter.errors import QuestionFileError
from audiorouter.machine.called import to_type
from audiorouter.questions.files.dataset_splits import (
    Splits,
    find_splits,
    is_one_table,
    parts_there,
    usual_name,
)

_FEW = 3
"""How many of several files a message names."""
_OF_ANSWERS = (".csv", ".jsonl", ".json")
_HEAD_BYTES = 1 << 16


def shards_of(path: Path) -> tuple[Path, ...]:
    """The files whose rows `path` names: itself, or those of a data set, in their order.

    Answers that a batch wrote into the folder of a data set are no part of it.

    Raises:
        QuestionFileError: the data set has no such split, several and none is named, or no rows.
    """
    folder, split = _folder_and_split(path)
    if folder is None:
        return (path,)
    names = (
        path.relative_to(folder).as_posix() for path in _files(folder) if not is_answers_file(path)
    )
    files = files_of_split(find_splits(names), split, str(folder))
    return tuple(folder / name for name in files)


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
    # Sets of other questions, or about other clips: put together they would be one by accident.
    if not is_one_table(files):
        raise QuestionFileError(
            f"{whose}: tables that may not belong together are in it ({', '.join(files[:_FEW])}"
            f"{' …' if len(files) > _FEW else ''}): name one of them, or its folder"
        )
    if (parts := parts_there(files)) is not None:
        there, expected = parts
        if there < expected:
            raise QuestionFileError(
                f"{whose}: {there} of the {expected} files of which its rows are: fetch the others"
            )
        if there < len(files):
            raise QuestionFileError(
                f"{whose}: a part of it is there twice ({', '.join(files[:_FEW])} …): remove one"
            )
    return files


def _folder_and_split(path: Path) -> tuple[Path | None, str | None]:
    """The folder that is a data set, and its split, if any is named; no folder for a file."""
    if path.is_dir():
        return path, None
    folder, colon, split = path.name.rpartition(":")
    if colon and split and not os.path.lexists(path) and (path.parent / folder).is_dir():
        return path.parent / folder, split
    return None, None


def _files(folder: Path) -> Iterator[Path]:
    return (Path(where) / name for where, _, names in os.walk(folder) for name in names)


def is_answers_file(path: Path) -> bool:
    """Whether it is an answers file of ours, by the columns in its beginning, or about to be."""
    if path.suffix.lower() not in _OF_ANSWERS or not path.is_file():
        return False
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD_BYTES)
    except OSError:
        return False  # reading it says why
    return not head or are_answers(re.findall(r"\w+", head.decode(errors="replace")))
