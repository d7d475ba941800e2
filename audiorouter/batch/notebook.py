"""Batches as a notebook shows them: HTML without scripts. Rows are shown by the viewer."""

from __future__ import annotations

from pkgutil import resolve_name

from audiorouter.batch.result import BatchResult
from audiorouter.batch.rows import Row
from audiorouter.batch.summary import summarise
from audiorouter.html_pages import render_page

SHOWN_ROWS = 20
ROWS_SHOWN_BY = "audiorouter.viewer.notebook:row_html"
"""Found by its name when a row is shown: it stands above the batch, as all that looks at rows."""


def row_html(row: Row) -> str:
    """The viewer's row, see `ROWS_SHOWN_BY`."""
    return str(resolve_name(ROWS_SHOWN_BY)(row))


def result_html(result: BatchResult) -> str:
    """How many are right, and the first `SHOWN_ROWS` rows."""
    return render_page(
        "audiorouter.batch",
        "notebook_batch.html.jinja",
        summary=summarise(result),
        rows=result.rows[:SHOWN_ROWS],
        more=max(0, len(result.rows) - SHOWN_ROWS),
    )
