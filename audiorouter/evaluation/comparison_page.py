"""The evaluation as one HTML page: accuracy against cost, the worth of tools, and the tables."""

from __future__ import annotations

import importlib.util
import io
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from audiorouter.errors import UsageError
from audiorouter.html_pages import render_page
from audiorouter.machine.files import check_file, write_file

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from audiorouter.evaluation.comparison import Evaluation

_NO_PLOTS = "plots need matplotlib: pip install 'audiorouter[plots]'"


def check_report(path: Path, *, unlike: Iterable[Path | None] = ()) -> None:
    """Make sure that the page could be drawn, and written to `path`; better before the work.

    Raises:
        UsageError: it could not.
    """
    check_file(path, unlike=unlike)
    if importlib.util.find_spec("matplotlib") is None:
        raise UsageError(_NO_PLOTS)


def write_evaluation(path: Path, evaluation: Evaluation) -> None:
    """Write the page to `path`.

    Raises:
        UsageError: matplotlib is not installed, or the file cannot be written.
    """
    page = render_page(
        "audiorouter.evaluation",
        "comparison_page.html.jinja",
        evaluation=evaluation,
        cost_quality=_svg(cost_quality(evaluation)),
        contributions=_svg(contributions(evaluation)),
    )
    write_file(path, page)


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
            label=f"{evaluation.label(score.name)} {mean:.0f}%",
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
