"""Intervals as tables show them; what has no bounds is `-`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audiorouter.cli.table import NOTHING

if TYPE_CHECKING:
    from audiorouter.evaluation.bootstrap import Interval
    from audiorouter.scoring import Proportion


def share_range(interval: Interval | Proportion) -> str:
    """The bounds of a share."""
    return f"{interval.low:.1%} … {interval.high:.1%}" if interval.known else NOTHING


def with_range(interval: Interval | None, written: str = ".1%") -> str:
    """A share, and its bounds in brackets where it has any."""
    if interval is None:
        return NOTHING
    mean = format(interval.mean, written)
    return f"{mean} ({share_range(interval)})" if interval.known else mean


def points_range(interval: Interval | None) -> str:
    """The bounds of a difference of shares, in points."""
    if interval is None or not interval.known:
        return NOTHING
    return f"{100 * interval.low:+.1f} … {100 * interval.high:+.1f}"
