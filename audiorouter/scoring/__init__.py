"""Scoring: what counts as right, and how sure a share of right answers is."""

from audiorouter.scoring.measures import (
    Measure,
    WordErrors,
    find_measure,
    string_match,
    word_errors,
)
from audiorouter.scoring.proportions import Proportion, proportion

__all__ = [
    "Measure",
    "Proportion",
    "WordErrors",
    "find_measure",
    "proportion",
    "string_match",
    "word_errors",
]
