"""Rows as the text of a file of answers, made at once."""

from collections.abc import Sequence
from pathlib import Path

from audiorouter.batch.answers_file.answer_files import as_record, render_records
from audiorouter.batch.rows import Row
from audiorouter.questions import Layout


def render(
    suffix: str, layout: Layout, rows: Sequence[Row], fields: Sequence[str] = (), **options: bool
) -> str:
    return render_records(suffix, [as_record(layout, row, fields) for row in rows], **options)


def write_answers(path: Path, layout: Layout, rows: Sequence[Row], **options: bool) -> None:
    path.write_text(render(path.suffix, layout, rows, **options), encoding="utf-8")
