"""Rows and batches as a notebook shows them: HTML without scripts, with the clip to listen to."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import NamedTuple

from audiorouter.batch.result import BatchResult
from audiorouter.batch.rows import Row
from audiorouter.batch.summary import summarise
from audiorouter.html_pages import render_page

LARGEST_CLIP = 2 << 20
"""Bytes of a file that is put into the notebook, which grows by four thirds of them for each row
that is shown."""
SHOWN_ROWS = 20
_PLAYED = {
    ".wav": "audio/wav",
    ".flac": "audio/flac",
    ".mp3": "audio/mpeg",
    ".ogg": "audio/ogg",
    ".oga": "audio/ogg",
    ".opus": "audio/ogg",
    ".m4a": "audio/mp4",
    ".aac": "audio/aac",
    ".webm": "audio/webm",
}
"""Media types of what browsers play, by the endings of files' names."""


class Player(NamedTuple):
    """What plays a clip: a data URI, or why there is none."""

    uri: str | None = None
    missing: str | None = None


def row_html(row: Row) -> str:
    """Player, question, choices, findings and answer; everything in it is escaped."""
    return render_page(
        "audiorouter.batch", "notebook_row.html.jinja", row=row, player=_player(row.question.path)
    )


def result_html(result: BatchResult) -> str:
    """How many are right, and the first `SHOWN_ROWS` rows."""
    return render_page(
        "audiorouter.batch",
        "notebook_batch.html.jinja",
        summary=summarise(result),
        rows=result.rows[:SHOWN_ROWS],
        more=max(0, len(result.rows) - SHOWN_ROWS),
    )


def _player(path: Path | None) -> Player:
    if path is None:
        return Player()
    kind = _PLAYED.get(path.suffix.lower())
    if kind is None:
        return Player(missing=f"no player: browsers do not play {path.suffix or 'such'} files")
    try:
        if not path.is_file():
            return Player(missing="no player: the file is not there any more")
        with path.open("rb") as file:
            content = file.read(LARGEST_CLIP + 1)
    except OSError as error:
        return Player(missing=f"no player: the file cannot be read ({error.strerror})")
    if len(content) > LARGEST_CLIP:
        return Player(
            missing=f"no player: the file is larger than the {LARGEST_CLIP >> 20} MiB "
            "that are put into a notebook"
        )
    return Player(f"data:{kind};base64,{base64.b64encode(content).decode()}")
