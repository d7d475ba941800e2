"""Measures: when an answer in words is right. Choices are scored by their position instead.

Several right answers may be given; the one that fits best counts. Case, punctuation, width and
ways of writing a word (`audiorouter.scoring.words`) make no difference.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

from audiorouter.errors import UsageError
from audiorouter.machine.installed import absent
from audiorouter.text import unknown

_WORD = re.compile(r"\b\w+\b")
_NO_LETTER = re.compile(
    r"(?<!\w)a(?=[^\S\n]+(?!(?:and|or|is|was)\b)[\"'“‘*]*\w)"
    r"|(?i:(?<!\w)(?:[a-z]\.){2,}|(?<!\w)[a-z]\.[a-z]\b|(?<=[a-z0-9])['’][dmst]\b)"
)
"""Letters that name nothing: an article, parts of "e.g." and "a.m.", of "I'd" and "5's"."""


class Measure(StrEnum):
    """How open-ended answers are scored."""

    CONTAINS = "contains"
    """Right where the words of a right answer stand in it, together and in order."""
    EXACT = "exact"
    """Right where it has the words of a right answer and no others."""
    WER = "wer"
    """For transcripts: the word error rate; right where there is no error."""

    def right(self, answers: Sequence[str], prediction: str) -> bool:
        """Whether a prediction is right by any of the right answers."""
        return any(self._fits(answer, prediction) for answer in answers)

    def _fits(self, answer: str, prediction: str) -> bool:
        from audiorouter.scoring.words import words_of

        wanted, given = words_of(answer), words_of(prediction)
        if not wanted.words:  # nothing but signs, such as "♫"
            return answer.strip() == prediction.strip()
        if self is Measure.EXACT or wanted.words == given.words:
            return wanted.words == given.words
        if re.fullmatch(r"\s*[A-Za-z]\s*", answer):
            given = words_of(_NO_LETTER.sub(" ", prediction))
        return given.hold(wanted)


def find_measure(name: str) -> Measure:
    """The measure called `name`.

    Raises:
        UsageError: there is none, or it needs what is not installed.
    """
    if name not in list(Measure):
        raise UsageError(unknown("measure", name, Measure))
    if name == Measure.WER and absent(["jiwer"]):
        raise UsageError("the measure wer needs jiwer: pip install 'audiorouter[wer]'")
    return Measure(name)


class WordErrors(NamedTuple):
    """Words that were left out, put in or replaced, of so many in the right answer."""

    errors: int
    words: int

    @property
    def rate(self) -> float:
        """Errors a word, 0 … ; it passes 1 where more is put in than there was."""
        return self.errors / self.words if self.words else float(bool(self.errors))


def word_errors(answers: Sequence[str], prediction: str) -> WordErrors:
    """Errors of a prediction against that of the right answers to which it is nearest.

    Characters count as words in scripts that put no spaces between words.

    >>> word_errors(["the cat sat"], "The cat sat down.")
    WordErrors(errors=1, words=3)
    """
    from audiorouter.scoring.words import words_of

    given = words_of(prediction).words
    return min(
        (_errors(words_of(answer).words, given) for answer in answers), key=lambda found: found.rate
    )


def _errors(wanted: Sequence[str], given: Sequence[str]) -> WordErrors:
    if not wanted or not given:
        return WordErrors(max(len(wanted), len(given)), len(wanted))
    import jiwer

    counted = jiwer.process_words(" ".join(wanted), " ".join(given))
    errors = counted.substitutions + counted.deletions + counted.insertions
    return WordErrors(errors, len(wanted))


def string_match(answer: str, prediction: str, choices: Sequence[str]) -> bool:
    """The rule by which the authors of MMAU and MMAR score a prediction.

    Every word of the right answer is in the prediction, and no word that only wrong choices have.
    """
    predicted, wanted = _words(prediction), _words(answer)
    if not predicted:
        return False
    wrong: set[str] = set()
    for choice in choices:
        if (words := _words(choice)) != wanted:
            wrong |= words - wanted
    return wanted <= predicted and predicted.isdisjoint(wrong)


def _words(text: str) -> set[str]:
    return set(_WORD.findall(text.lower()))
