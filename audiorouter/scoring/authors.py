"""How the authors of benchmarks score a reply, as they wrote it: in addition to our own scoring.

The rules are kept as they are, with what is odd about them, so that figures can be compared.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

LETTERS = "ABCD"
_ANNOUNCEMENT = "The correct answer is:"


class AuthorsRule(StrEnum):
    """Whose rule scores a reply."""

    STRING_MATCH = "string-match"
    """MMAU and MMAR: see `audiorouter.scoring.string_match`."""
    LETTER = "letter"
    """AIR-Bench: see `letter_of`."""
    LETTER_OR_TEXT = "letter-or-text"
    """MuChoMusic: see `letter_or_text`."""
    EXACT = "exact"
    """Open-ended: the answer has the words of a right one and no others."""
    CHOICE = "choice"
    """The choice that the reply names, however it is read."""

    @property
    def in_words(self) -> str:
        """What it counts as right, in one line."""
        return _IN_WORDS[self]


_IN_WORDS = {
    AuthorsRule.STRING_MATCH: "every word of the right choice, and none that only wrong ones have",
    AuthorsRule.LETTER: "the first letter, or the last but one; replies with neither do not count",
    AuthorsRule.LETTER_OR_TEXT: "the only one of the letters A to D in the reply, or else the "
    "first choice whose text stands in it",
    AuthorsRule.EXACT: "the words of a right answer and no others",
    AuthorsRule.CHOICE: "the choice that the reply names",
}


def letter_of(reply: str) -> str | None:
    """The letter that AIR-Bench reads (`score_foundation.py`); None leaves the reply uncounted.

    >>> letter_of("B. a dog"), letter_of("The answer is C."), letter_of("a dog")
    ('B', 'C', None)
    """
    text = reply.strip().replace("\n", "")
    if text == "None":
        return None
    for place in (text[:1], text[-2:-1]):
        if place and place in LETTERS:
            return place
    return None


def letter_or_text(reply: str, choices: Sequence[str]) -> int | None:
    """Position of the choice that MuChoMusic reads (`scoring.py`); None is a wrong answer.

    >>> letter_or_text("(B) a dog", ["a cat", "a dog"]), letter_or_text("A Dog", ["a cat", "a dog"])
    (1, 1)
    """
    text = reply.split(_ANNOUNCEMENT)[-1].strip()
    letters = [letter for letter in LETTERS if letter in text]
    if len(letters) == 1:
        return LETTERS.index(letters[0])
    lowered = text.lower()
    return next((i for i, choice in enumerate(choices) if choice.lower().strip() in lowered), None)
