"""What a benchmark's authors would count right of a batch, in addition to our own scoring."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from audiorouter.batch.rows import Row
from audiorouter.providers.prompt import labels
from audiorouter.questions.cell_values import choice_letter
from audiorouter.scoring import (
    AuthorsRule,
    ClipCounts,
    Measure,
    Proportion,
    letter_of,
    letter_or_text,
)


@dataclass(frozen=True)
class AuthorsScore:
    """The share that is right by the rule of a benchmark's authors."""

    benchmark: str
    rule: AuthorsRule
    share: Proportion
    left_out: int
    """Replies that the rule does not count, neither as right nor as wrong."""


class AuthorsTally:
    """Rows counted by the rule of a benchmark's authors, those that were come to."""

    def __init__(self, benchmark: str, rule: AuthorsRule):
        self._benchmark = benchmark
        self._rule = rule
        self._counts = ClipCounts()
        self._left_out = 0

    def add(self, row: Row) -> None:
        """Score a row, if it has a right answer."""
        if row.left or not _has_gold(row):
            return
        right = _judged(row, self._rule)
        self._left_out += right is None
        self._counts.add(row.question.audio, right)

    @property
    def score(self) -> AuthorsScore:
        """The share so far."""
        share = self._counts.proportion
        return AuthorsScore(self._benchmark, self._rule, share, self._left_out)


def authors_score(benchmark: str, rule: AuthorsRule, rows: Iterable[Row]) -> AuthorsScore:
    """Score the rows that have a right answer and were come to."""
    tally = AuthorsTally(benchmark, rule)
    for row in rows:
        tally.add(row)
    return tally.score


def _has_gold(row: Row) -> bool:
    """Whether it counts; choices that could not be read are wrong, as in `Row.matches_string`."""
    question = row.question
    known = not question.closed or question.unread_choices
    return question.gold_index is not None or (known and bool(question.answers))


def _judged(row: Row, rule: AuthorsRule) -> bool | None:
    """Right or wrong, None where it does not count."""
    question, gold = row.question, row.question.gold_index
    if question.unread_choices:
        return False
    if rule is AuthorsRule.EXACT or gold is None:
        reply = None if row.answer is None else row.answer.text
        return reply is not None and Measure.EXACT.right(question.answers, reply)
    if rule is AuthorsRule.STRING_MATCH:
        return bool(row.matches_string)
    if rule is AuthorsRule.CHOICE:
        return row.answer is not None and row.answer.index in question.gold_indices
    reply = _reply(row)
    if rule is AuthorsRule.LETTER:
        letter = letter_of(reply)
        return None if letter is None else letter == choice_letter(gold)
    return letter_or_text(reply, question.choices) == gold


def _reply(row: Row) -> str:
    """What the authors' scorer would be given: the reply as it was written.

    Where a choice was taken by probabilities, or the choices were called by numbers, it is the
    letter of the choice.
    """
    if row.answer is None:
        return ""
    index = row.answer.index
    by_letter = labels(row.question.choices)[0] == "A"
    if index is not None and (row.answer.probabilities is not None or not by_letter):
        return choice_letter(index)
    return row.answer.text
