"""The evaluation as one HTML page: accuracy against cost, the worth of tools, and the tables."""

from __future__ import annotations

import html
import importlib.util
import io
from pathlib import Path
from typing import TYPE_CHECKING

from audiorouter.errors import UsageError
from audiorouter.machine.files import check_file, write_file

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from audiorouter.evaluation.comparison import Evaluation

_NO_PLOTS = "plots need matplotlib: pip install 'audiorouter[plots]'"
_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "table{border-collapse:collapse;margin:1rem 0}td,th{padding:.2rem .7rem;text-align:right;"
    "border-bottom:1px solid #ddd}td:first-child,th:first-child{text-align:left}svg{max-width:100%}"
)


def check_report(path: Path) -> None:
    """Make sure that the page could be drawn, and written to `path`; better before the work.

    Raises:
        UsageError: it could not.
    """
    check_file(path)
    if importlib.util.find_spec("matplotlib") is None:
        raise UsageError(_NO_PLOTS)


def write_evaluation(path: Path, evaluation: Evaluation) -> None:
    """Write the page to `path`.

    Raises:
        UsageError: matplotlib is not installed, or the file cannot be written.
    """
    pictures = [_svg(cost_quality(evaluation)), _svg(contributions(evaluation))]
    write_file(path, _page(evaluation, pictures))


def cost_quality(evaluation: Evaluation) -> Figure:
    """Accuracy of each strategy, with its interval, against its seconds of tools a question."""
    figure = _figure(8, 4.8)
    axes = figure.add_subplot()
    points = sorted(evaluation.strategies.values(), key=lambda score: score.seconds)
    for score in points:
        mean, low, high = (100 * value for value in score.accuracy)
        axes.errorbar(
            score.seconds,
            mean,
            yerr=[[mean - low], [high - mean]],
            fmt="o",
            capsize=3,
            label=f"{score.name} {mean:.0f}%",
        )
    # Below a hundredth of the dearest the axis is linear, since calling nothing costs nothing.
    dearest = max(score.seconds for score in points)
    axes.set_xscale("symlog", linthresh=max(dearest / 100, 1e-3))
    axes.legend(fontsize=9, loc="center left", bbox_to_anchor=(1.0, 0.5))
    axes.set_xlabel("seconds of tools a question")
    axes.set_ylabel("accuracy (%), 95% interval")
    axes.set_title(f"Accuracy against cost, {len(evaluation.table)} questions")
    axes.grid(alpha=0.3)
    return figure


def contributions(evaluation: Evaluation) -> Figure:
    """What each tool is worth, in points of accuracy."""
    figure = _figure(8, 4)
    axes = figure.add_subplot()
    worth = sorted(evaluation.contributions.items(), key=lambda item: item[1])
    axes.barh([name for name, _ in worth], [100 * value for _, value in worth])
    axes.set_xlabel("share of the oracle's gain over the direct answer (points)")
    axes.set_title("What each tool is worth (Shapley values)")
    axes.grid(alpha=0.3, axis="x")
    return figure


def _figure(width: float, height: float) -> Figure:
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise UsageError(_NO_PLOTS) from None
    return Figure(figsize=(width, height), layout="constrained")


def _svg(figure: Figure) -> str:
    stream = io.StringIO()
    figure.savefig(stream, format="svg")
    text = stream.getvalue()
    return text[text.index("<svg") :]


def _page(evaluation: Evaluation, pictures: list[str]) -> str:
    rows = [
        [
            name,
            f"{score.accuracy.mean:.1%}",
            f"{score.accuracy.low:.1%} … {score.accuracy.high:.1%}",
            f"{score.calls:.2f}",
            f"{score.seconds:.2f}",
            "-" if score.calibration_error is None else f"{score.calibration_error:.2f}",
            str(score.unanswered),
        ]
        for name, score in evaluation.strategies.items()
    ]
    compared = [
        [
            f"{c.first} less {c.second}",
            f"{100 * c.difference.mean:+.1f}",
            f"{100 * c.difference.low:+.1f} … {100 * c.difference.high:+.1f}",
            f"{c.p_value:.3f}",
        ]
        for c in evaluation.comparisons()
    ]
    names = list(evaluation.strategies)
    groups = [
        [f"{group} ({next(iter(scores.values()))[1]})", *(f"{scores[n][0]:.0%}" for n in names)]
        for column in ("domain", evaluation.category_column)
        for group, scores in evaluation.by(column).items()
    ]
    heads = ["strategy", "accuracy", "95% interval", "calls", "tool s", "ECE", "unanswered"]
    parts = [
        f"<p>{len(evaluation.table)} questions about {len(set(evaluation.table.clips))} clips; "
        f"{evaluation.share_without_signal:.1%} are answered alike by every route.</p>",
        _table(heads, rows),
        *pictures,
        _table(["difference", "points", "95% interval", "p"], compared),
        _table(["group (n)", *names], groups),
    ]
    if evaluation.problems:
        left_out = [[question, why] for question, why in evaluation.problems.items()]
        parts.append(_table(["left out", "why"], left_out))
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Routers side by side</title>'
        f"<style>{_STYLE}</style><h1>Routers side by side</h1>{''.join(parts)}</html>\n"
    )


def _table(heads: list[str], rows: list[list[str]]) -> str:
    head = "".join(f"<th>{html.escape(text)}</th>" for text in heads)
    body = "".join(
        "<tr>" + "".join(f"<td>{html.escape(text)}</td>" for text in row) + "</tr>" for row in rows
    )
    return f"<table><tr>{head}</tr>{body}</table>"
