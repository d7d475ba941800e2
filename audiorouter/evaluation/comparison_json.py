"""An evaluation as values of JSON: keys that are there stay, others may be added."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from typing import TYPE_CHECKING, Any

from audiorouter.evaluation.bootstrap import Interval
from audiorouter.evaluation.calibration import Bin
from audiorouter.evaluation.scores import StrategyScore
from audiorouter.evaluation.statistics import significant
from audiorouter.scoring import FEWEST_CLIPS

if TYPE_CHECKING:
    from audiorouter.evaluation.comparison import Evaluation


def evaluation_json(evaluation: Evaluation) -> dict[str, Any]:
    """Everything that `evaluate --json` writes; an interval is `[mean, low, high]`.

    Its bounds are null where fewer than `fewest_clips` clips tell of the value.
    """
    every = evaluation.strategies["all"].seconds
    return {
        "questions": len(evaluation.table),
        "clips": len(set(evaluation.table.clips)),
        "intervals": {
            "level": 0.95,
            "method": "percentile bootstrap",
            "draws": evaluation.bootstrap.draws,
            "over": list(evaluation.drawn),
            "fewest_clips": FEWEST_CLIPS,
        },
        "share_without_signal": round(evaluation.share_without_signal, 4),
        "cost_weight": evaluation.cost_weight,
        "strategies": {
            name: _strategy(score, every) for name, score in evaluation.strategies.items()
        },
        "comparisons": [
            {
                "first": c.first,
                "second": c.second,
                "difference": _interval(c.difference),
                "p_value": significant(c.p_value),
            }
            for c in evaluation.comparisons
        ],
        "cost_quality": _cost_quality(evaluation),
        "contributions": {k: round(v, 4) for k, v in evaluation.contributions.items()},
        "contribution_intervals": {
            tool: _interval(found) for tool, found in evaluation.contribution_intervals.items()
        },
        "by_domain": evaluation.by(evaluation.domain_column),
        "by_category": evaluation.by(evaluation.category_column),
        "left_out": dict(evaluation.problems),
        "provenance": dict(evaluation.provenance),
    }


def strategy_records(evaluation: Evaluation) -> list[dict[str, Any]]:
    """A flat record a strategy; an interval is three fields: `X`, `X_low` and `X_high`."""
    every = evaluation.strategies["all"].seconds
    records = []
    for name, score in evaluation.strategies.items():
        record: dict[str, Any] = {"strategy": name}
        for field, value in _strategy(score, every).items():
            if field == "reliability":
                continue
            if isinstance(value, list):
                record |= zip((field, f"{field}_low", f"{field}_high"), value, strict=True)
            elif not isinstance(value, dict):
                record[field] = value
        records.append(record)
    return records


def _strategy(score: StrategyScore, every: float) -> dict[str, Any]:
    """`every` are the seconds of calling everything."""
    effects, quality = score.effects, score.help_quality
    return {
        "accuracy": _interval(score.accuracy),
        "calls": round(score.calls, 3),
        "tool_seconds": round(score.seconds, 4),
        "share_of_all_seconds": round(score.seconds / every, 4) if every else None,
        "calibration_error": _rounded(score.calibration_error),
        "unanswered": score.unanswered,
        "reliability": _bins(score.reliability),
        **{name: _interval(value) for name, value in effects._asdict().items()},
        "help_estimates": None
        if quality is None
        else {
            "questions": quality.questions,
            "calibration_error": _rounded(quality.calibration_error),
            "auroc": _rounded(quality.auroc),
            "reliability": _bins(quality.bins),
        },
    }


def _bins(bins: Sequence[Bin]) -> list[dict[str, Any]]:
    """A reliability diagram: of each bin its bounds, the mean probability, and what came true."""
    return [
        {
            "from": one.low,
            "to": one.high,
            "probability": round(one.probability, 4),
            "questions": one.events.total,
            "share": [
                _rounded(share if isfinite(share) else None)
                for share in (one.events.rate, one.events.low, one.events.high)
            ],
        }
        for one in bins
    ]


def _cost_quality(evaluation: Evaluation) -> dict[str, Any] | None:
    found = evaluation.cost_quality
    if found is None:
        return None
    return {
        "points": {
            name: [round(value, 4) for value in point]
            for name, point in zip(found.names, found.points, strict=True)
        },
        "hull": [[round(value, 4) for value in point] for point in found.hull],
        "seconds": [found.cheapest, round(found.dearest, 4)],
        "area": _interval(found.area),
    }


def _interval(interval: Interval | None) -> list[float | None] | None:
    return None if interval is None else interval.as_json()


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
