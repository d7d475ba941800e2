"""A row as a notebook shows it: the viewer's own row, in a frame that holds all it needs."""

from __future__ import annotations

import html
from collections.abc import Mapping
from contextlib import closing
from importlib import resources

from audiorouter.batch.past.past_rows import PastRow
from audiorouter.batch.rows import Row
from audiorouter.errors import ClipError
from audiorouter.text import encodable
from audiorouter.viewer.clip_worker import ClipWorker
from audiorouter.viewer.one_file import one_file
from audiorouter.viewer.rows import CallDetails, Values, shown
from audiorouter.viewer.scripts import script
from audiorouter.viewer.sound import missing, played

LARGEST_CLIP = 2 << 20
"""Bytes of sound that are put into the notebook, which grows by four thirds of them for each row
that is shown."""
LONGEST_CLIP = 600.0
"""Seconds of a clip that is looked into at all."""
LOWEST, HIGHEST = 400, 800
"""Height of the frame, in pixels of CSS; a reader may draw it larger."""


def row_html(row: Row) -> str:
    """Player with waveform, lanes, choices with their probabilities, route, findings and answer.

    It is a frame without access to the notebook around it, whose scripts are the viewer's and whose
    data are text: whatever a file says, it is shown and not run. About 200 kB, and the sound.
    """
    past = PastRow.answered(row)
    values = shown(past, past.clip, _RowDetails(row))
    data = [
        script("index", {"runs": [{"name": "this row"}], "part_size": 1}),
        script("rows", 0, [values]),
    ]
    if past.clip is not None:
        data.append(script("clip", past.clip, _sound(row)))
    page = one_file(resources.files("audiorouter.viewer"), data, name="notebook_row.html")
    title = html.escape(encodable(f"Question {past.id}: {past.question[:100]}"), quote=True)
    return (
        f'<iframe sandbox="allow-scripts" title="{title}" srcdoc="{html.escape(page, quote=True)}" '
        f'style="width:100%;height:{_height(values)}px;border:0;resize:vertical"></iframe>'
    )


class _RowDetails:
    """What a row that was just answered knows; what it would be without findings is in the store
    alone."""

    def __init__(self, row: Row):
        self._row = row

    def duration(self, _row: PastRow) -> float | None:
        """Length of the clip in s."""
        return self._row.duration

    def call(self, _row: PastRow, label: str, text: str | None) -> CallDetails | None:
        """The call that found this."""
        for result in self._row.results:
            finding = result.finding
            if finding is not None and (result.call.label, finding.text) == (label, text):
                return CallDetails(result.seconds, finding.data)
        return None

    def asked(self, _row: PastRow) -> None:
        """Not known."""

    def before(self, _row: PastRow) -> None:
        """Not known."""

    def usage(self, _row: PastRow) -> Mapping[str, float] | None:
        """What a server said that the answer took."""
        return None if self._row.answer is None else self._row.answer.usage


def _sound(row: Row) -> Values:
    """The clip, as long as it is the one that was asked about, and not too large."""
    path, facts = row.question.path, row.facts
    assert path is not None and facts is not None
    if facts.duration > LONGEST_CLIP:
        return missing(f"The clip is longer than {LONGEST_CLIP / 60:g} minutes.")
    with closing(ClipWorker(row.sources)) as worker:
        try:
            if not path.is_file() or worker.facts(path).audio_hash != facts.audio_hash:
                return missing("The clip's file has changed since, or is not there any more.")
        except (OSError, ClipError) as error:
            return missing(f"The clip cannot be read: {error}")
        return played(path, facts.sample_rate, lambda: worker.samples(path), most=LARGEST_CLIP)


def _height(row: Values) -> int:
    """About what the row takes."""
    lanes = sum(len(call["lanes"]) for call in row["calls"])
    texts = sum(60 + 20 * (len(call["text"] or "") // 100) for call in row["calls"])
    return min(max(400 + 24 * lanes + 34 * len(row["choices"]) + texts, LOWEST), HIGHEST)
