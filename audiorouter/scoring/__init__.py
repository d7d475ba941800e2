"""Scoring: what counts as right, and how sure a share of right answers is."""

from audiorouter.scoring.authors import AuthorsRule, letter_of, letter_or_text
from audiorouter.scoring.measures import (
    Measure,
    WordErrors,
    find_measure,
    string_match,
    word_errors,
)
from audiorouter.scoring.proportions import Proportion, proportion

__all__ = [
    "AuthorsRule",
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
