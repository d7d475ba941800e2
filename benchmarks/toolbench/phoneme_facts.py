"""Sixty facts about the words of thirty spoken prompts, looked up by hand: phoneme_facts.csv.

The prompts are of the training and validation splits; nothing was chosen on them.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

FACTS = Path(__file__).with_suffix(".csv")
_GROUPS = {"rhyme": "rhyming", "begin alike": "same_first_sound", "end alike": "same_last_sound"}


class Fact(NamedTuple):
    """One row: what is true of one or two words of a prompt, or of all of its words."""

    prompt: str
    said: str
    fact: str
    words: tuple[str, ...]
    truth: str

    def is_told(self, data: Mapping[str, Any]) -> bool | None:
        """Whether a finding of `phonemes` has the fact; None where it lacks one of the words."""
        known = {one["word"].lower(): one for one in data.get("words", [])}
        if any(word not in known for word in self.words):
            return None
        if self.fact in _GROUPS:
            alike = any(set(self.words) <= set(group) for group in data[_GROUPS[self.fact]])
            return alike == (self.truth == "yes")
        if not self.words:
            return bool(data["counts"]["words_with_unstressed"] == int(self.truth))
        word = known[self.words[0]]
        found = {
            "syllables": word["syllables"],
            "phonemes": len(word["phonemes"].split()),
            "stressed syllable": word["stress"].index(1) + 1,
        }[self.fact]
        return bool(found == int(self.truth))


def read_facts() -> list[Fact]:
    """All of them."""
    with FACTS.open(encoding="utf-8", newline="") as stream:
        return [
            Fact(row["prompt"], row["said"], row["fact"], tuple(row["words"].split()), row["truth"])
            for row in csv.DictReader(stream)
        ]
