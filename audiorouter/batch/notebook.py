"""Batches as a notebook shows them: HTML without scripts. Rows are shown by the viewer."""

from __future__ import annotations

from audiorouter.batch.result import BatchResult
from audiorouter.batch.summary import summarise
from audiorouter.html_pages import render_page

SHOWN_ROWS = 20


def result_html(result: BatchResult) -> str:
    """How many are right, and the first `SHOWN_ROWS` rows."""
    return render_page(
        "audiorouter.batch",
        "notebook_batch.html.jinja",
        summary=summarise(result),
        rows=result.rows[:SHOWN_ROWS],
        more=max(0, len(result.rows) - SHOWN_ROWS),
    )
