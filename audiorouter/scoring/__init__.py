"""Scoring: what counts as right, and how sure a share of right answers is."""

from audiorouter.scoring.authors import AuthorsRule, letter_of, letter_or_text
from audiorouter.scoring.clip_counts import FEWEST_CLIPS, ClipCounts, ClipSums
from audiorouter.scoring.measures import (
    Measure,
    WordErrors,
    find_measure,
    string_match,
    word_errors,
)
from audiorouter.scoring.proportions import Proportion, proportion

__all__ = [
    "FEWEST_CLIPS",
    "AuthorsRule",
    "ClipCounts",
    "ClipSums",
    "Measure",
    "Proportion",
    "WordErrors",
    "find_measure",
    "letter_of",
    "letter_or_text",
    "proportion",
    "string_match",
    "word_errors",
]
