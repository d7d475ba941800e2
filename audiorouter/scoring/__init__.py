"""Scoring: what counts as right, and how sure a share of right answers is."""

from audiorouter.scoring.measures import Measure, WordErrors, string_match, word_errors
from audiorouter.scoring.proportions import Proportion, proportion

__all__ = ["Measure", "Proportion", "WordErrors", "proportion", "string_match", "word_errors"]
