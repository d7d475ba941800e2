"""Whose layout a questions file has, which decides what its answers file adds."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from audiorouter.csv_cells import are_answers


class Layout(StrEnum):
    """Whose file layout it is; it decides what the answers file adds."""

    OURS = "ours"
    MMAU = "mmau"
    MMAR = "mmar"


CLIP_COLUMNS = {"audio_id": Layout.MMAU, "audio_path": Layout.MMAR}
"""The column that names clips in those of others."""
AUTHORS_FIELD = {Layout.MMAU: "model_output", Layout.MMAR: "answer_prediction"}
"""The field that the authors' own scorer reads."""


def layout_of(clip: str | None, names: Sequence[str]) -> Layout:
    """That of a file whose column `clip` names clips.

    Answers of ours have a column `audio` besides, which comes after that of the authors.
    """
    found = CLIP_COLUMNS.get(clip or "", Layout.OURS)
    if found is not Layout.OURS or not are_answers(names):
        return found
    for name in names[: names.index("audio")] if "audio" in names else ():
        theirs = CLIP_COLUMNS.get(name)
        if theirs is not None and AUTHORS_FIELD[theirs] in names:
            return theirs
    return Layout.OURS
