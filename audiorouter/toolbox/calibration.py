"""How often a tool's findings are right, by the evidence behind them.

A tool's evidence is a number of its own, such as a correlation or a margin. `calibration.json` has
for each tool the logistic curve (Platt, "Probabilistic Outputs for Support Vector Machines", 1999)
that `benchmarks/calibrate.py` fitted to the share of right findings on training recordings.
"""

from __future__ import annotations

import json
import math
from functools import cache
from typing import Any, NamedTuple

CURVES = "calibration.json"


class Curve(NamedTuple):
    """Share of right findings as a logistic function of the evidence."""

    slope: float
    intercept: float

    def at(self, evidence: float) -> float:
        """Probability that a finding with that evidence is right.

        >>> Curve(slope=2.0, intercept=0.0).at(0.0)
        0.5
        """
        return round(0.5 * (1 + math.tanh((self.slope * evidence + self.intercept) / 2)), 3)


def curve(tool: str) -> Curve | None:
    """The curve of a tool, by its class; None where it was not calibrated."""
    fitted = _curves().get(tool)
    return None if fitted is None else Curve(fitted["slope"], fitted["intercept"])


@cache
def _curves() -> dict[str, dict[str, Any]]:
    from importlib.resources import files

    text = files(__package__).joinpath(CURVES).read_text(encoding="utf-8")
    curves: dict[str, dict[str, Any]] = json.loads(text)
    return curves
