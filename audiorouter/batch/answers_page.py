"""A page that shows a batch: accuracies, and every question with its findings and its answer."""

from __future__ import annotations

from pathlib import Path

from audiorouter.batch.result import BatchResult
from audiorouter.batch.summary import Summary
from audiorouter.html_pages import render_page
from audiorouter.machine.files import write_file


def write_report(path: Path, result: BatchResult, summary: Summary) -> None:
    """Write one self-contained HTML file.

    Raises:
        UsageError: it cannot be written.
    """
    page = render_page(
        "audiorouter.batch",
        "answers_page.html.jinja",
        title=result.questions.path.name,
        summary=summary,
        accuracies={"all": summary.accuracy, **summary.by_domain, **summary.by_category},
        rows=result.rows,
    )
    write_file(path, page)
