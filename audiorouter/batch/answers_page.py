"""A page that shows a batch: accuracies, and every question with its findings and its answer."""

from __future__ import annotations

from html import escape
from pathlib import Path

from audiorouter.batch.rows import Row
from audiorouter.batch.run import BatchResult
from audiorouter.batch.summary import Summary
from audiorouter.machine.files import write_file
from audiorouter.scoring import Proportion

_STYLE = """
body{font:15px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem;color:#222}
table{border-collapse:collapse;margin:1rem 0;width:100%}td,th{padding:.35rem .6rem;text-align:left;
border-bottom:1px solid #ddd;vertical-align:top}.right{color:#176b2c}.wrong{color:#b3261e}
.finding{color:#555;font-size:.9em}.bar{background:#dde7f3;height:.8em;display:inline-block}
.error{color:#b3261e;font-size:.9em}"""


def write_report(path: Path, result: BatchResult, summary: Summary) -> None:
    """Write one self-contained HTML file.

    Raises:
        UsageError: it cannot be written.
    """
    accuracies = {"all": summary.accuracy, **summary.by_domain, **summary.by_category}
    page = f"""<!doctype html><html lang="en"><meta charset="utf-8"><title>AudioRouter batch</title>
<style>{_STYLE}</style><h1>{escape(result.questions.path.name)}</h1>
<p>{summary.answered} of {summary.questions} questions answered by {escape(summary.provider)} with
router {escape(summary.router)} in {summary.seconds:.1f} s; {summary.tool_calls} tool calls run,
{summary.tool_calls_cached} from the store; {summary.failed} rows with errors.</p>
{_accuracy_table(accuracies)}
<table><tr><th>clip</th><th>question</th><th>findings</th><th>answer</th></tr>
{"".join(_row(row) for row in result.rows)}</table></html>
"""
    write_file(path, page)


def _accuracy_table(groups: dict[str, Proportion]) -> str:
    lines = "".join(
        f"<tr><td>{escape(name)}</td><td>{p.right} / {p.total}</td><td>{p.rate:.1%}</td>"
        f"<td>{p.low:.1%} … {p.high:.1%}</td>"
        f'<td><span class="bar" style="width:{p.rate * 12:.1f}rem"></span></td></tr>'
        for name, p in groups.items()
        if p.total
    )
    head = "<tr><th></th><th>right</th><th>accuracy</th><th>95% interval</th><th></th></tr>"
    return f"<table>{head}{lines}</table>" if lines else ""


def _row(row: Row) -> str:
    question = row.question
    choices = "".join(
        f"<br>{'<b>' if i == question.gold_index else ''}{escape(choice)}"
        f"{'</b>' if i == question.gold_index else ''}"
        for i, choice in enumerate(question.choices)
    )
    findings = "".join(
        f'<div class="finding"><b>{escape(r.call.label)}</b> '
        f"{escape(r.finding.text if r.finding else r.error or '')}</div>"
        for r in row.results
    )
    mark = {True: "right", False: "wrong", None: ""}[row.correct]
    sure = "" if row.confidence is None else f" ({row.confidence:.2f})"
    complaint = f'<div class="error">{escape(row.complaint)}</div>' if row.complaint else ""
    return (
        f"<tr><td>{escape(question.audio)}</td><td>{escape(question.text)}{choices}</td>"
        f'<td>{findings}</td><td class="{mark}">{escape(row.prediction or "no answer")}{sure}'
        f"{complaint}</td></tr>\n"
    )
